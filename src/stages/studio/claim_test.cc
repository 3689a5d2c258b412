#include "stages/studio/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/studio/studio.h"

namespace antiphon::studio {
namespace {

using ::testing::HasSubstr;

const Claim kClaim{"https://studio-1.example.org:8443", "0b5e7c1a-0000-4000-8000-000000000001", "voices.studio.0",
                   true};

TEST(ClaimTest, IsWrittenAsTheDocumentSays) {
  EXPECT_EQ(to_string(kClaim),
            R"({"peer":"https://studio-1.example.org:8443","token":"0b5e7c1a-0000-4000-8000-000000000001",)"
            R"("writer":"voices.studio.0","released":true})");
}

TEST(ClaimTest, ComesBackAsItWent) {
  const auto read = read_claim(to_string(kClaim));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, kClaim);
}

TEST(ClaimTest, FieldsOfALaterVersionAreIgnored) {
  std::string text = to_string(kClaim);
  text.back() = ',';
  EXPECT_EQ(*read_claim(text + R"("epoch":7})"), kClaim);
}

struct BadClaim {
  const char* name;
  std::string text;
  const char* says;
};
class BadClaims : public ::testing::TestWithParam<BadClaim> {};
TEST_P(BadClaims, AreRefusedByTheFieldThatIsWrong) {
  const auto read = read_claim(GetParam().text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().says));
}
std::string claim_with(const char* peer, const char* token, const char* writer, const char* released) {
  return std::string(R"({"peer":)") + peer + R"(,"token":)" + token + R"(,"writer":)" + writer + R"(,"released":)" +
         released + "}";
}
constexpr const char* kPeer = R"("http://a:1")";
constexpr const char* kToken = R"("0b5e7c1a-0000-4000-8000-000000000001")";
INSTANTIATE_TEST_SUITE_P(
    Named, BadClaims,
    ::testing::Values(BadClaim{"empty", "", "JSON"}, BadClaim{"another_programs", "sarama-1.2", "JSON"},
                      BadClaim{"an_array", "[]", "JSON"}, BadClaim{"cut_off", R"({"peer":"http://a)", "JSON"},
                      BadClaim{"too_long", std::string(kClaimBytesMax + 1, ' '), "4096"},
                      BadClaim{"no_peer", claim_with("null", kToken, R"("w")", "false"), "peer"},
                      BadClaim{"peer_with_a_path", claim_with(R"("http://a/b")", kToken, R"("w")", "false"), "peer"},
                      BadClaim{"token_is_no_uuid", claim_with(kPeer, R"("7")", R"("w")", "false"), "token"},
                      BadClaim{"writer_is_a_number", claim_with(kPeer, kToken, "7", "false"), "writer"},
                      BadClaim{"released_is_a_text", claim_with(kPeer, kToken, R"("w")", R"("no")"), "released"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(PeerUrlTest, IsASchemeAHostAndAPort) {
  for (const char* good : {"http://localhost", "http://10.0.0.7:8080", "https://a.example.org:443", "http://[::1]:8080",
                           "https://[fd00::7]"}) {
    EXPECT_TRUE(is_peer_url(good)) << good;
  }
  for (const char* bad :
       {"", "localhost:8080", "ftp://a", "http://", "http://:80", "http://a:", "http://a:0", "http://a:70000",
        "http://a:80/", "http://a?x", "http://u:p@a", "http://a b", "http://[::1", "http://[]:80", "http://[::1]x:80",
        "http://[a/b]:80", "http://a\n", "http://::1:80", "HTTP://a"}) {
    EXPECT_FALSE(is_peer_url(bad)) << bad;
  }
}

TEST(PeerUrlTest, FollowsFromTheAddressUnlessGiven) {
  StudioSettings settings;
  settings.kafka.bootstrap = "127.0.0.1:9092";
  EXPECT_EQ(settings.peer_url(8081), "http://127.0.0.1:8081");
  settings.tls_certificate = settings.tls_key = "x.pem";
  settings.http_host = "::1";
  EXPECT_EQ(settings.peer_url(8443), "https://[::1]:8443");
  for (const char* all : {"0.0.0.0", "::", ""}) {
    settings.http_host = all;
    EXPECT_TRUE(is_peer_url(settings.peer_url(80))) << settings.peer_url(80);
    EXPECT_THAT(settings.peer_url(80), ::testing::Not(HasSubstr("0.0.0.0")));
  }
  settings.peer = "https://studio-1.example.org";
  EXPECT_EQ(settings.peer_url(80), "https://studio-1.example.org");
  EXPECT_TRUE(settings.validate());
  settings.peer += "/";
  const auto valid = settings.validate();
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(valid.error().message, HasSubstr("peer"));
}

}  // namespace
}  // namespace antiphon::studio
