// The S3 store over a scripted HTTP client: what it asks, how often, and what it makes of the answers.
#include "adapters/blobs/s3/s3_store.h"

#include <gtest/gtest.h>

#include <deque>

#include "adapters/blobs/s3/list_xml.h"

namespace antiphon::blobs::s3 {
namespace {

struct Seen {
  std::string method;
  std::string url;
  Headers headers;
  std::string body;
};

class ScriptedHttp final : public HttpClient {
 public:
  explicit ScriptedHttp(std::vector<Seen>& seen, std::deque<Result<HttpAnswer>>& script)
      : seen_(seen), script_(script) {}
  Result<HttpAnswer> perform(const HttpRequest& request) override {
    seen_.push_back({request.method, request.url, request.headers, std::string(as_text(request.body))});
    if (script_.empty()) return make_error(ErrorKind::kInternal, "the script is over");
    auto answer = std::move(script_.front());
    script_.pop_front();
    return answer;
  }

 private:
  std::vector<Seen>& seen_;
  std::deque<Result<HttpAnswer>>& script_;
};

class S3StoreTest : public testing::Test {
 protected:
  S3StoreTest() {
    settings_.base_url = "http://s3.test:9000";
    settings_.host = "s3.test:9000";
    settings_.bucket = "voices";
    settings_.prefix = "team a";
    settings_.region = "eu-north-1";
    settings_.credentials = {"ACCESS", "SECRETSECRET", ""};
    settings_.shown = "s3://voices/team a";
    settings_.retry_delay_min = std::chrono::milliseconds(0);
    settings_.retry_delay_max = std::chrono::milliseconds(0);
  }
  S3Store& store() {
    if (!store_) {
      store_ = std::make_unique<S3Store>(settings_, std::make_unique<ScriptedHttp>(seen_, script_),
                                         std::make_unique<ManualClock>(), std::make_unique<SeededRandom>(1));
    }
    return *store_;
  }
  void answer(int status, const std::string& body = "", Headers headers = {}) {
    script_.emplace_back(HttpAnswer{status, std::move(headers), to_bytes(body)});
  }
  void no_answer() { script_.emplace_back(make_error(ErrorKind::kUnavailable, "refused")); }
  static std::string error_xml(const std::string& code) { return "<Error><Code>" + code + "</Code></Error>"; }

  S3Settings settings_;
  std::vector<Seen> seen_;
  std::deque<Result<HttpAnswer>> script_;
  std::unique_ptr<S3Store> store_;
};

TEST_F(S3StoreTest, APutIsConditionalAndCarriesItsMetadata) {
  answer(200);
  PutOptions options;
  options.content_type = "audio/webm";
  options.user = {{"sha256", "abc"}};
  ASSERT_TRUE(store().put("sw/r.webm", as_bytes("voice"), options));
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_EQ(seen_[0].method, "PUT");
  EXPECT_EQ(seen_[0].url, "http://s3.test:9000/voices/team%20a/sw/r.webm");
  EXPECT_EQ(seen_[0].body, "voice");
  EXPECT_EQ(seen_[0].headers.at("if-none-match"), "*");
  EXPECT_EQ(seen_[0].headers.at("x-amz-meta-sha256"), "abc");
  EXPECT_EQ(seen_[0].headers.at("content-type"), "audio/webm");
  EXPECT_TRUE(seen_[0].headers.at("authorization").starts_with("AWS4-HMAC-SHA256 Credential=ACCESS/"));
}

TEST_F(S3StoreTest, TheSessionTokenIsSentAndSigned) {
  settings_.credentials.session_token = "TOKEN";
  answer(204);
  ASSERT_TRUE(store().remove("a"));
  EXPECT_EQ(seen_[0].headers.at("x-amz-security-token"), "TOKEN");
  EXPECT_NE(seen_[0].headers.at("authorization").find(";x-amz-security-token"), std::string::npos);
}

TEST_F(S3StoreTest, RetriesWhatIsWorthItAndThenSaysThatTheServerIsAway) {
  no_answer();
  answer(503, error_xml("SlowDown"));
  answer(500);
  answer(200);
  EXPECT_TRUE(store().put("a", as_bytes("x"), {}));
  EXPECT_EQ(seen_.size(), 4u);

  for (int i = 0; i < 4; ++i) answer(503, error_xml("SlowDown"));
  const auto put = store().put("a", as_bytes("x"), {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(put.error().message.find("503 SlowDown"), std::string::npos);
  EXPECT_EQ(seen_.size(), 8u);
}

TEST_F(S3StoreTest, AnswersBecomeErrorsThatSayWhatToDo) {
  struct Row {
    const char* name;
    int status;
    std::string body;
    Headers headers;
    ErrorKind kind;
    const char* says;
  };
  const Row rows[] = {
      {"an unknown key", 403, error_xml("InvalidAccessKeyId"), {}, ErrorKind::kPermission, "AWS_ACCESS_KEY_ID"},
      {"a wrong secret", 403, error_xml("SignatureDoesNotMatch"), {}, ErrorKind::kPermission, "AWS_SECRET_ACCESS_KEY"},
      {"missing rights",
       403,
       error_xml("AccessDenied"),
       {},
       ErrorKind::kPermission,
       "right to list, get, put and delete"},
      {"a clock that is off", 403, error_xml("RequestTimeTooSkewed"), {}, ErrorKind::kPermission, "clock"},
      {"an old token", 403, error_xml("ExpiredToken"), {}, ErrorKind::kPermission, "AWS_SESSION_TOKEN"},
      {"a missing bucket", 404, error_xml("NoSuchBucket"), {}, ErrorKind::kConfig, "make it, or correct the URL"},
      {"another region",
       301,
       error_xml("PermanentRedirect"),
       {{"x-amz-bucket-region", "af-south-1"}},
       ErrorKind::kConfig,
       "?region=af-south-1"},
      {"a taken name", 412, error_xml("PreconditionFailed"), {}, ErrorKind::kAlreadyExists, ""},
      {"a key too long", 400, error_xml("KeyTooLongError"), {}, ErrorKind::kInvalidInput, "too long"},
      {"another complaint", 400, error_xml("InvalidArgument"), {}, ErrorKind::kConfig, "400 InvalidArgument"},
      {"no S3 at all", 405, "<html/>", {}, ErrorKind::kConfig, "is http://s3.test:9000 an S3 endpoint?"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    answer(row.status, row.body, row.headers);
    const auto put = store().put("a", as_bytes("x"), {});
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().kind, row.kind);
    EXPECT_NE(put.error().message.find(row.says), std::string::npos) << put.error().message;
    EXPECT_EQ(put.error().message.find("SECRETSECRET"), std::string::npos);
    EXPECT_EQ(put.error().message.find("Signature="), std::string::npos);
  }
}

TEST_F(S3StoreTest, ARangeIsAskedForTheVersionAndTheEndIsNoError) {
  answer(206, "3456");
  Bytes out(4);
  EXPECT_EQ(*store().read_at("t", "etag1", 3, out), 4u);
  EXPECT_EQ(seen_[0].headers.at("range"), "bytes=3-6");
  EXPECT_EQ(seen_[0].headers.at("if-match"), "\"etag1\"");
  answer(416, error_xml("InvalidRange"));
  EXPECT_EQ(*store().read_at("t", "etag1", 100, out), 0u);
  answer(412, error_xml("PreconditionFailed"));
  EXPECT_EQ(store().read_at("t", "etag1", 3, out).error().kind, ErrorKind::kConflict);
  answer(404, error_xml("NoSuchKey"));
  EXPECT_EQ(store().read_at("t", "", 3, out).error().kind, ErrorKind::kNotFound);
  answer(200, "0123456789");
  EXPECT_EQ(store().read_at("t", "", 3, out).error().kind, ErrorKind::kConfig);
}

TEST_F(S3StoreTest, AListingGoesOverPagesAndPassesOverWhatIsNoName) {
  const auto page = [](const std::string& keys, const std::string& next) {
    return "<ListBucketResult><IsTruncated>" + std::string(next.empty() ? "false" : "true") + "</IsTruncated>" +
           (next.empty() ? "" : "<NextContinuationToken>" + next + "</NextContinuationToken>") + keys +
           "</ListBucketResult>";
  };
  const auto key = [](const std::string& name) {
    return "<Contents><Key>team a/" + name + "</Key><Size>7</Size><ETag>e</ETag></Contents>";
  };
  answer(200, page(key("a") + key("folder/") + key(".antiphon-probe/x") + key("b"), "T1"));
  answer(200, page(key("c"), ""));
  std::vector<std::string> names;
  ASSERT_TRUE(store().list("", [&](const BlobInfo& info) {
    names.push_back(info.name);
    return true;
  }));
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(seen_[0].url, "http://s3.test:9000/voices?encoding-type=url&list-type=2&prefix=team%20a%2F");
  EXPECT_NE(seen_[1].url.find("continuation-token=T1"), std::string::npos);
  answer(200, page(key("a"), "T1"));
  answer(200, page(key("a"), "T1"));
  EXPECT_EQ(store().list("", [](const BlobInfo&) { return true; }).error().kind, ErrorKind::kCorrupt);
}

TEST_F(S3StoreTest, AProbeForReadingWritesNothing) {
  answer(200, "<ListBucketResult/>");
  EXPECT_TRUE(store().probe(Use::kRead));
  EXPECT_EQ(seen_.size(), 1u);
  answer(200, "<html/>");
  EXPECT_EQ(store().probe(Use::kRead).error().kind, ErrorKind::kConfig);
}

TEST_F(S3StoreTest, WhereConditionsAreIgnoredEachPutAsksFirst) {
  answer(200, "<ListBucketResult/>");  // reachable
  answer(200, "<ListBucketResult/>");  // no leftovers
  answer(200);                         // the probe object
  answer(200);                         // ... a second time, though it is there
  answer(204);                         // removed
  ASSERT_TRUE(store().probe(Use::kWrite));
  EXPECT_FALSE(store().conditions_honoured());
  EXPECT_EQ(seen_[4].method, "DELETE");
  answer(200);  // HEAD: taken
  EXPECT_EQ(store().put("a", as_bytes("x"), {}).error().kind, ErrorKind::kAlreadyExists);
  answer(404);  // HEAD: free
  answer(200);
  EXPECT_TRUE(store().put("b", as_bytes("x"), {}));
  EXPECT_EQ(seen_.back().method, "PUT");
  EXPECT_FALSE(seen_.back().headers.contains("if-none-match"));
}

TEST_F(S3StoreTest, NothingThatCouldEndAHeaderIsSent) {
  PutOptions options;
  options.content_type = "audio/webm\r\nx-evil: 1";
  EXPECT_EQ(store().put("a", {}, options).error().kind, ErrorKind::kInvalidInput);
  options.content_type = "audio/webm";
  options.user = {{"sha256", "a\nb"}};
  EXPECT_EQ(store().put("a", {}, options).error().kind, ErrorKind::kInvalidInput);
  options.user = {{"a: b", "c"}};
  EXPECT_EQ(store().put("a", {}, options).error().kind, ErrorKind::kInvalidInput);
  EXPECT_EQ(store().put("../a", {}, {}).error().kind, ErrorKind::kInvalidInput);
  EXPECT_TRUE(seen_.empty());
}

}  // namespace
}  // namespace antiphon::blobs::s3
