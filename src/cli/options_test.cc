#include "cli/options.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace antiphon::cli {
namespace {

class OptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/antiphon-options-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.add("bootstrap", bootstrap_, "where Kafka is");
    options_.add("takes", takes_, "how many")->check(CLI::Range(1, 10));
    options_.add("corpus", corpora_, "which");
  }
  void TearDown() override { ::unsetenv("ANTIPHON_TAKES"); }

  std::string file(const std::string& text) const {
    const std::string path = folder_ + "/a.toml";
    std::ofstream(path) << text;
    return path;
  }

  std::string folder_;
  Options options_{"select", "test"};
  std::string bootstrap_ = "default:1";
  int takes_ = 1;
  std::vector<std::string> corpora_;
};

TEST_F(OptionsTest, TheCommandLineComesBeforeTheEnvironmentBeforeTheFile) {
  ::setenv("ANTIPHON_TAKES", "3", 1);
  const auto path = file("bootstrap = 'file:1'\n[select]\ntakes = 2\ncorpus = ['a', 'b']\n[studio]\nhttp = 'x'\n");
  ASSERT_FALSE(options_.parse({"--config", path, "--bootstrap", "line:1"}));
  EXPECT_EQ(bootstrap_, "line:1");
  EXPECT_EQ(takes_, 3);
  EXPECT_EQ(corpora_, (std::vector<std::string>{"a", "b"}));
}

TEST_F(OptionsTest, MistakesInTheFileEndTheStart) {
  const struct {
    const char* name;
    const char* text;
  } rows[] = {{"unknown key of ours", "[select]\ntake = 2\n"},
              {"unknown shared key", "tekes = 2\n"},
              {"unknown table", "[selct]\ntakes = 2\n"},
              {"value out of range", "[select]\ntakes = 11\n"},
              {"value of another kind", "[select]\ntakes = 'many'\n"},
              {"no TOML", "takes = \n"}};
  for (const auto& row : rows) {
    Options options("select", "test");
    int takes = 1;
    options.add("takes", takes, "how many")->check(CLI::Range(1, 10));
    EXPECT_EQ(options.parse({"--config", file(row.text)}), std::optional<int>(78)) << row.name;
  }
}

TEST_F(OptionsTest, AnUnknownFlagIsAUsageError) { EXPECT_EQ(options_.parse({"--nonsense"}), std::optional<int>(64)); }

}  // namespace
}  // namespace antiphon::cli
