#include <gtest/gtest.h>

#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/name.h"

namespace antiphon::blobs {
namespace {

TEST(StoreUrl, ReadsFoldersBucketsAndParameters) {
  const auto folder = parse_store_url("file:///data/my%20voices/?name=one&locale=sw");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->path, "/data/my voices");
  EXPECT_EQ(folder->query.at("name"), "one");
  EXPECT_EQ(folder->without_query(), "file:///data/my voices");

  const auto bucket =
      parse_store_url("s3://voices-2026/team/a/?endpoint=http%3A%2F%2F127.0.0.1:9000&region=eu-north-1");
  ASSERT_TRUE(bucket);
  EXPECT_EQ(bucket->host, "voices-2026");
  EXPECT_EQ(bucket->path, "team/a");
  EXPECT_EQ(bucket->query.at("endpoint"), "http://127.0.0.1:9000");
  EXPECT_EQ(bucket->without_query(), "s3://voices-2026/team/a");
  EXPECT_EQ(parse_store_url("s3://voices-2026")->without_query(), "s3://voices-2026");
  EXPECT_EQ(parse_store_url("s3://voices-2026/?endpoint=http://h:1")->query.at("endpoint"), "http://h:1");
}

TEST(StoreUrl, RefusesWhatIsNone) {
  const std::pair<const char*, std::string> rows[] = {
      {"a plain path", "/data/voices"},
      {"another scheme", "ftp://host/x"},
      {"a host in a file URL", "file://host/x"},
      {"a file URL without path", "file://"},
      {"no bucket", "s3:///prefix"},
      {"a short bucket", "s3://ab/x"},
      {"a bucket with a blank", "s3://my bucket/x"},
      {"a bucket with two dots", "s3://my..bucket"},
      {"dots in the prefix", "s3://bucket/a/../b"},
      {"an empty component", "s3://bucket/a//b"},
      {"half an escape", "file:///a%2"},
      {"no hex", "file:///a%zz"},
      {"a NUL", "file:///a%00b"},
      {"a repeated parameter", "file:///a?x=1&x=2"},
      {"a fragment", "file:///a#b"},
      {"too long", "file:///" + std::string(9000, 'a')},
  };
  for (const auto& [name, url] : rows) {
    SCOPED_TRACE(name);
    const auto parsed = parse_store_url(url);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage);
  }
}

TEST(ObjectName, OnlyPlainRelativePathsPass) {
  for (const std::string good : {"a", "sw/16VAHQ3ZDK8QKMHETNY0DKA6Z7/x.webm", "...", ".hidden", "a b/\xff"}) {
    EXPECT_TRUE(check_name(good)) << good;
  }
  for (const std::string& bad : {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"),
                                 std::string("."), std::string(".."), std::string("a/../b"), std::string("a/."),
                                 std::string("a\0b", 3), std::string(1025, 'a'), std::string(256, 'a')}) {
    const auto checked = check_name(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().kind, ErrorKind::kInvalidInput);
  }
}

}  // namespace
}  // namespace antiphon::blobs
