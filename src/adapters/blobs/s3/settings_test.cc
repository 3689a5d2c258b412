#include "adapters/blobs/s3/settings.h"

#include <gtest/gtest.h>

#include <map>

namespace antiphon::blobs::s3 {
namespace {

const std::map<std::string, std::string> kKeys = {{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "SK"}};

Result<S3Settings> settings(const std::string& url, std::map<std::string, std::string> variables = {}) {
  variables.insert(kKeys.begin(), kKeys.end());
  return settings_from(*parse_store_url(url), [&](const char* name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  });
}

TEST(S3Settings, PutTheBucketIntoThePathForEndpointsOfOnesOwnAndIntoTheHostAtAws) {
  const auto own = settings("s3://voices/a/b?endpoint=http://127.0.0.1:9000/&region=eu-north-1");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->base_url, "http://127.0.0.1:9000");
  EXPECT_EQ(own->host, "127.0.0.1:9000");
  EXPECT_TRUE(own->bucket_in_path);
  EXPECT_EQ(own->prefix, "a/b");
  EXPECT_EQ(own->region, "eu-north-1");

  const auto aws = settings("s3://voices", {{"AWS_REGION", "af-south-1"}});
  ASSERT_TRUE(aws);
  EXPECT_EQ(aws->base_url, "https://voices.s3.af-south-1.amazonaws.com");
  EXPECT_EQ(aws->host, "voices.s3.af-south-1.amazonaws.com");
  EXPECT_FALSE(aws->bucket_in_path);

  const auto dotted = settings("s3://voices.example.org");
  ASSERT_TRUE(dotted);
  EXPECT_EQ(dotted->base_url, "https://s3.us-east-1.amazonaws.com");
  EXPECT_TRUE(dotted->bucket_in_path);
}

TEST(S3Settings, TakeFromTheEnvironmentWhatTheUrlDoesNotSay) {
  EXPECT_EQ(settings("s3://voices", {{"AWS_ENDPOINT_URL", "http://h:1"}})->base_url, "http://h:1");
  EXPECT_EQ(
      settings("s3://voices", {{"AWS_ENDPOINT_URL", "http://h:1"}, {"AWS_ENDPOINT_URL_S3", "http://i:2"}})->base_url,
      "http://i:2");
  EXPECT_EQ(settings("s3://voices?endpoint=http://j:3", {{"AWS_ENDPOINT_URL", "http://h:1"}})->base_url, "http://j:3");
  EXPECT_EQ(settings("s3://voices", {{"AWS_SESSION_TOKEN", "T"}})->credentials.session_token, "T");
  EXPECT_EQ(settings("s3://voices?endpoint=http://h:80")->host, "h");
  EXPECT_EQ(settings("s3://voices?endpoint=https://h:443")->host, "h");
}

TEST(S3Settings, RefuseWhatCannotWorkAndNeverShowAKey) {
  EXPECT_EQ(settings("s3://voices?endpoint=ftp://h").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(settings("s3://voices?endpoint=http://h/path").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(settings("s3://voices?endpoint=http://user@h").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(settings("s3://voices?region=eu%0anorth").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(settings("s3://voices", {{"AWS_ACCESS_KEY_ID", ""}}).error().kind, ErrorKind::kConfig);
  const auto copied_badly = settings("s3://voices", {{"AWS_SECRET_ACCESS_KEY", "SECRET\n"}});
  ASSERT_FALSE(copied_badly);
  EXPECT_EQ(copied_badly.error().message.find("SECRET\n"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::blobs::s3
