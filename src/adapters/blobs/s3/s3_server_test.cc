// The S3 store against a real server: tests/s3/radosgw.py starts one, makes the bucket `voices` and says where it is.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <thread>

#include "adapters/blobs/s3/http.h"
#include "adapters/blobs/s3/s3_store.h"

namespace antiphon::blobs::s3 {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What open_store makes, with some variables replaced.
std::unique_ptr<BlobStore> open(const std::string& path, const std::map<std::string, std::string>& instead = {},
                                int attempts = 4) {
  const auto url = parse_store_url("s3://" + path + "?endpoint=" + variable("S3_TEST_ENDPOINT"));
  auto settings = settings_from(*url, [&](const char* name) -> std::optional<std::string> {
    const auto it = instead.find(name);
    return it != instead.end() ? it->second : variable(name);
  });
  if (!settings) {
    ADD_FAILURE() << settings.error().message;
    return nullptr;
  }
  settings->attempts_max = attempts;
  return std::make_unique<S3Store>(*settings, std::make_unique<CurlClient>(), std::make_unique<SystemClock>(),
                                   std::make_unique<SystemRandom>());
}

// A prefix of its own a test.
std::string fresh_prefix() {
  static int count = 0;
  return "voices/t" + std::to_string(++count);
}

std::vector<std::string> names(BlobStore& store, const std::string& prefix = "") {
  std::vector<std::string> found;
  const auto listed = store.list(prefix, [&](const BlobInfo& info) {
    found.push_back(info.name);
    return true;
  });
  EXPECT_TRUE(listed) << listed.error().message;
  return found;
}

void control(const std::string& verb) {
  CurlClient http;
  HttpRequest request;
  request.method = "GET";
  request.url = variable("S3_TEST_CONTROL") + verb;
  const auto answer = http.perform(request);
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->status, 200);
}

class S3Server : public testing::Test {
 protected:
  void SetUp() override {
    if (variable("S3_TEST_ENDPOINT").empty()) GTEST_SKIP() << "run by tests/s3/radosgw.py";
  }
};

TEST_F(S3Server, KeepsWhatWasPutByteForByteWithItsMetadata) {
  auto store = open(fresh_prefix());
  ASSERT_TRUE(store->probe(Use::kWrite));
  std::string bytes(70'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  PutOptions options;
  options.content_type = "audio/webm";
  options.user = {{"sha256", "0123abcd"}};
  ASSERT_TRUE(store->put("sw/P/r.webm", as_bytes(bytes), options));
  const auto metadata = store->head("sw/P/r.webm");
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_EQ(metadata->info.size, bytes.size());
  EXPECT_EQ(metadata->user.at("sha256"), "0123abcd");
  EXPECT_EQ(as_text(*store->read("sw/P/r.webm", 100'000)), bytes);
  EXPECT_EQ(store->read("sw/P/r.webm", 69'999).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(names(*store), std::vector<std::string>{"sw/P/r.webm"});
}

TEST_F(S3Server, RefusesASecondConditionalPutAndTakesAPlainOne) {
  auto store = open(fresh_prefix());
  ASSERT_TRUE(store->probe(Use::kWrite));
  EXPECT_TRUE(static_cast<S3Store&>(*store).conditions_honoured());
  ASSERT_TRUE(store->put("a", as_bytes("one"), {}));
  EXPECT_EQ(store->put("a", as_bytes("two"), {}).error().kind, ErrorKind::kAlreadyExists);
  PutOptions replace;
  replace.only_if_absent = false;
  ASSERT_TRUE(store->put("a", as_bytes("three"), replace));
  EXPECT_EQ(as_text(*store->read("a", 10)), "three");
}

TEST_F(S3Server, OfManyWritersOfOneNameExactlyOneWins) {
  auto store = open(fresh_prefix());
  std::atomic<int> won{0};
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back([&, i] {
        const auto put = store->put("a", as_bytes(std::to_string(i)), {});
        if (put) ++won;
        if (!put && put.error().kind == ErrorKind::kAlreadyExists) ++taken;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(taken, 7);
}

TEST_F(S3Server, SignsEveryNameThatAFileCanHave) {
  auto store = open(fresh_prefix());
  std::set<std::string> wanted = {"a b",  "a+b",   "a%20b",     "ሀ/ለ.txt", "q?x=1&y", "~-._", "!*'();:@&=$,[]",
                                  "a..b", "#hash", "\"quote\"", "a//b"};
  wanted.erase("a//b");  // no name
  for (const auto& name : wanted) {
    ASSERT_TRUE(store->put(name, as_bytes(name), {})) << name;
    EXPECT_EQ(as_text(*store->read(name, 100)), name);
    EXPECT_EQ(store->head(name)->info.size, name.size()) << name;
  }
  const auto found = names(*store);
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), wanted);
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  for (const auto& name : wanted) EXPECT_TRUE(store->remove(name)) << name;
  EXPECT_TRUE(names(*store).empty());
}

TEST_F(S3Server, ListsMoreThanAPageInByteOrderAndByPrefix) {
  auto store = open(fresh_prefix());
  std::atomic<int> next{0};
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 8; ++w) {
      writers.emplace_back([&] {
        for (int i = next++; i < 1205; i = next++) {
          EXPECT_TRUE(store->put(fmt::format("k/{:05}", i), {}, {}));
        }
      });
    }
  }
  const auto all = names(*store);
  EXPECT_EQ(all.size(), 1205u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(names(*store, "k/0000").size(), 10u);
  int seen = 0;
  EXPECT_TRUE(store->list("", [&](const BlobInfo&) { return ++seen < 3; }));
  EXPECT_EQ(seen, 3);
}

TEST_F(S3Server, ReadsRangesOfTheVersionAskedFor) {
  auto store = open(fresh_prefix());
  ASSERT_TRUE(store->put("t", as_bytes("0123456789"), {}));
  ASSERT_TRUE(store->put("empty", {}, {}));
  std::string version;
  ASSERT_TRUE(store->list("t", [&](const BlobInfo& info) {
    version = info.version;
    return true;
  }));
  EXPECT_EQ(version, store->head("t")->info.version);
  Bytes out(4);
  EXPECT_EQ(*store->read_at("t", version, 3, out), 4u);
  EXPECT_EQ(as_text(out), "3456");
  EXPECT_EQ(*store->read_at("t", version, 8, out), 2u);
  EXPECT_EQ(*store->read_at("t", version, 10, out), 0u);
  EXPECT_EQ(*store->read_at("empty", "", 0, out), 0u);
  PutOptions replace;
  replace.only_if_absent = false;
  ASSERT_TRUE(store->put("t", as_bytes("abcdefghij"), replace));
  EXPECT_EQ(store->read_at("t", version, 3, out).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(store->read_at("never", "", 3, out).error().kind, ErrorKind::kNotFound);
}

TEST_F(S3Server, SaysWhatIsWrongWithKeysAndBuckets) {
  const std::string secret = variable("AWS_SECRET_ACCESS_KEY");
  const auto wrong_secret = open("voices", {{"AWS_SECRET_ACCESS_KEY", "wrong"}})->probe(Use::kRead);
  ASSERT_FALSE(wrong_secret);
  EXPECT_EQ(wrong_secret.error().kind, ErrorKind::kPermission) << wrong_secret.error().message;
  EXPECT_NE(wrong_secret.error().message.find("AWS_SECRET_ACCESS_KEY"), std::string::npos)
      << wrong_secret.error().message;
  const auto unknown_key = open("voices", {{"AWS_ACCESS_KEY_ID", "NOBODY"}})->put("a", {}, {});
  ASSERT_FALSE(unknown_key);
  EXPECT_EQ(unknown_key.error().kind, ErrorKind::kPermission) << unknown_key.error().message;
  const auto no_bucket = open("there-is-none")->probe(Use::kWrite);
  ASSERT_FALSE(no_bucket);
  EXPECT_EQ(no_bucket.error().kind, ErrorKind::kConfig) << no_bucket.error().message;
  EXPECT_NE(no_bucket.error().message.find("make it"), std::string::npos);
  for (const auto* error : {&wrong_secret.error(), &unknown_key.error(), &no_bucket.error()}) {
    EXPECT_EQ(error->message.find(secret), std::string::npos);
  }
}

TEST_F(S3Server, ProbeObjectsOfADeadProcessAreRemovedAndNeverListed) {
  const std::string prefix = fresh_prefix();
  auto store = open(prefix);
  ASSERT_TRUE(store->put(".antiphon-probe/left", {}, {}));
  EXPECT_TRUE(names(*store).empty());
  ASSERT_TRUE(store->probe(Use::kWrite));
  EXPECT_EQ(store->head(".antiphon-probe/left").error().kind, ErrorKind::kNotFound);
}

TEST_F(S3Server, AServerThatDiesIsAwayAndAnsweredAgainWhenBack) {
  auto store = open(fresh_prefix(), {}, 2);
  ASSERT_TRUE(store->put("before", as_bytes("x"), {}));
  ASSERT_NO_FATAL_FAILURE(control("/kill"));
  const auto put = store->put("during", as_bytes("x"), {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, ErrorKind::kUnavailable);
  ASSERT_NO_FATAL_FAILURE(control("/start"));
  // On a kept connection that is dead by now.
  EXPECT_TRUE(store->put("after", as_bytes("x"), {}));
  EXPECT_EQ(names(*store), (std::vector<std::string>{"after", "before"}));
}

}  // namespace
}  // namespace antiphon::blobs::s3
