#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/lan/certificate.h"
#include "cli/up/data_lock.h"
#include "cli/up/up_settings.h"

namespace antiphon::cli {
namespace {

bool has(const ChildSpec& spec, const std::string& flag, const std::string& value) {
  for (std::size_t i = 0; i + 1 < spec.argv.size(); ++i) {
    if (spec.argv[i] == flag && spec.argv[i + 1] == value) return true;
  }
  return false;
}

TEST(UpSettings, ChildrenGetWhatTheyNeed) {
  UpSettings settings;
  settings.data = "/d";
  settings.corpora = {"file:///c"};
  ASSERT_TRUE(settings.complete());
  EXPECT_TRUE(has(select_child(settings), "--corpus", "file:///c"));
  EXPECT_TRUE(has(broker_child(settings), "--data", "/d/broker"));
  ASSERT_EQ(archive_children(settings).size(), 1U);
  for (const ChildSpec& stage : {studio_child(settings), select_child(settings), archive_children(settings)[0]})
    EXPECT_TRUE(has(stage, "--slot", "0")) << stage.name;
  EXPECT_TRUE(has(archive_children(settings)[0], "--archive", "file:///d/archive"));
}

TEST(UpSettings, ChildrenAreToldEveryBrokerTheNamedOneFirst) {
  const std::map<std::int32_t, std::string> brokers{{1, "a:9092"}, {2, "b:9092"}, {3, "bb:9092"}};
  EXPECT_EQ(with_all_brokers("b:9092", brokers), "b:9092,a:9092,bb:9092");
  EXPECT_EQ(with_all_brokers("kafka:9092", brokers), "kafka:9092,a:9092,b:9092,bb:9092");
  EXPECT_EQ(with_all_brokers("a:9092", {}), "a:9092");
}

TEST(UpSettings, MistakesAreUsageErrors) {
  UpSettings bad_url;
  bad_url.corpora = {"ftp://x"};
  EXPECT_FALSE(bad_url.complete());
  UpSettings bad_name;
  bad_name.kafka.name_space = "Voices_1";
  EXPECT_FALSE(bad_name.complete());
  UpSettings both;
  both.lan = true;
  both.tls = "a,b";
  EXPECT_FALSE(both.complete());
}

TEST(Slot, IsTheFoldersOwnAndTheSameAfterARestart) {
  std::string pattern = "/tmp/antiphon-slot-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  PosixFileSystem fs;
  SystemRandom random;
  const auto first = slot_of_folder(fs, random, folder);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 8U);
  EXPECT_EQ(*slot_of_folder(fs, random, folder), *first);
  EXPECT_TRUE(fs.remove_tree(folder));
}

TEST(DataLock, ASecondOneWaitsAndThenNamesTheFirst) {
  std::string pattern = "/tmp/antiphon-lock-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  const StopSource stop;
  {
    const auto first = DataLock::take(folder, std::chrono::milliseconds(0), stop.token());
    ASSERT_TRUE(first);
    const auto second = DataLock::take(folder, std::chrono::milliseconds(30), stop.token());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::kConfig);
    EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  }
  EXPECT_TRUE(DataLock::take(folder, std::chrono::milliseconds(0), stop.token()));
}

TEST(Certificate, CoversTheAddressesItWasMadeForAndNoOthers) {
  const auto made = make_certificate({"192.168.1.7", "127.0.0.1"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(certificate_covers(made->certificate_pem, {"192.168.1.7"}));
  EXPECT_FALSE(certificate_covers(made->certificate_pem, {"192.168.1.8"}));
  EXPECT_FALSE(certificate_covers("junk", {}));
}

}  // namespace
}  // namespace antiphon::cli
