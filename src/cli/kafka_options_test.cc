#include "cli/kafka_options.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/up/client_config.h"
#include "kafka/broker/auth/users.h"

namespace antiphon::cli {
namespace {

using Properties = std::map<std::string, std::string>;

class KafkaProperties : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/antiphon-kafka-options-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override {
    ::unsetenv("ANTIPHON_KAFKA_PASSWORD");
    std::filesystem::remove_all(folder_);
  }
  std::string file(const std::string& text) const {
    const std::string path = folder_ + "/client.properties";
    std::ofstream(path) << text;
    return path;
  }
  std::string folder_;
};

TEST_F(KafkaProperties, TheFileComesBeforeThePropertiesBeforeTheEnvironmentsPassword) {
  KafkaOptions options;
  options.config = file("# a comment\n security.protocol = SASL_SSL \r\n\nsasl.password=a=b\nclient.rack=1");
  options.properties = {"client.rack=2"};
  EXPECT_EQ(*options.all_properties(),
            (Properties{{"security.protocol", "SASL_SSL"}, {"sasl.password", "a=b"}, {"client.rack", "2"}}));
  ::setenv("ANTIPHON_KAFKA_PASSWORD", "from outside", 1);
  EXPECT_EQ(options.all_properties()->at("sasl.password"), "from outside");
}

TEST_F(KafkaProperties, ALineThatIsNoneIsToldByItsNumberAndNotByItsWords) {
  KafkaOptions options;
  options.config = file("a=b\nhunter2\n");
  const auto all = options.all_properties();
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().kind, ErrorKind::kConfig);
  EXPECT_NE(all.error().message.find(":2:"), std::string::npos);
  EXPECT_EQ(all.error().message.find("hunter2"), std::string::npos);
}

TEST_F(KafkaProperties, APasswordOnTheCommandLineIsRefused) {
  for (const auto& arguments :
       {Arguments{"--kafka-property", "sasl.password=x"}, Arguments{"--kafka-property=ssl.key.password=x"}}) {
    Options options("select", "test");
    KafkaOptions kafka;
    kafka.add_to(options);
    EXPECT_EQ(options.parse(arguments), std::optional<int>(64));
  }
}

TEST_F(KafkaProperties, UpGivesItsStagesAUserByAFileThatOnlyItsOwnerReads) {
  PosixFileSystem files;
  UpSettings settings;
  settings.data = folder_;
  settings.security.sasl = "PLAIN,SCRAM-SHA-256";
  settings.security.tls = "cert.pem,key.pem";
  ASSERT_TRUE(prepare_client_config(files, settings));
  struct stat info {};
  ASSERT_EQ(::stat(settings.kafka.config.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const Properties first = *settings.kafka.all_properties();
  EXPECT_EQ(first.at("security.protocol"), "SASL_SSL");
  EXPECT_EQ(first.at("sasl.mechanism"), "SCRAM-SHA-256");
  SystemRandom random;
  auto users = *kafka::broker::UserStore::open(files, kafka::broker::users_file(folder_ + "/broker"), random);
  EXPECT_TRUE(users.check_password(kStageUser, first.at("sasl.password")));
  for (const auto& argument : studio_child(settings).argv)
    EXPECT_EQ(argument.find(first.at("sasl.password")), std::string::npos);

  UpSettings again = settings;
  again.kafka.config.clear();
  ASSERT_TRUE(prepare_client_config(files, again));
  EXPECT_EQ(again.kafka.all_properties()->at("sasl.password"), first.at("sasl.password")) << "a restart keeps it";
}

TEST_F(KafkaProperties, AnOpenBrokerNeedsNoFile) {
  PosixFileSystem files;
  UpSettings settings;
  settings.data = folder_;
  ASSERT_TRUE(prepare_client_config(files, settings));
  EXPECT_EQ(settings.kafka.config, "");
}

}  // namespace
}  // namespace antiphon::cli
