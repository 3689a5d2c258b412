#include "kafka/broker/auth/scram.h"

#include <gtest/gtest.h>

#include "kafka/broker/auth/testing/scram_client.h"

namespace antiphon::kafka::broker {
namespace {

ScramCredential credential_of(ScramHash hash, std::string_view password, std::string_view salt64, int iterations) {
  Bytes salt = *from_base64(salt64, kScramSaltBytesMax);
  const Bytes salted = salted_password(hash, password, salt, iterations);
  return ScramCredential::of_salted(hash, std::move(salt), iterations, salted);
}

std::string text_of(const Result<Bytes>& answer) {
  return answer ? std::string(as_text(*answer)) : answer.error().message;
}

TEST(Scram, TheExampleOfRfc7677IsAnsweredToTheByte) {
  ScramServer server(ScramHash::kSha256, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", [](std::string_view user) {
    EXPECT_EQ(user, "user");
    return credential_of(ScramHash::kSha256, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==", 4096);
  });
  EXPECT_EQ(text_of(server.step(as_bytes("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"))),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  EXPECT_EQ(text_of(server.step(as_bytes("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                         "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))),
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_TRUE(server.done());
  EXPECT_EQ(server.user(), "user");
}

// RFC 4231, test case 2.
TEST(Scram, HmacIsThatOfRfc4231) {
  const auto mac = [](ScramHash hash) {
    return to_hex(hmac(hash, as_bytes("Jefe"), as_bytes("what do ya want for nothing?")));
  };
  EXPECT_EQ(mac(ScramHash::kSha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      mac(ScramHash::kSha512),
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a"
      "6b4b636e070a38bce737");
}

class ScramExchange : public ::testing::TestWithParam<ScramHash> {
 protected:
  ScramServer server(std::string_view password = "pencil") {
    return {GetParam(), "server-nonce", [hash = GetParam(), password](std::string_view) {
              return credential_of(hash, password, "W22ZaJ0SNY7soEsUEjb6gQ==", 4096);
            }};
  }
};

TEST_P(ScramExchange, TheRightPasswordIsTakenAndTheServerProvesThatItKnowsIt) {
  ScramServer s = server();
  testing::ScramClient client(GetParam(), "a=b,c", "pencil");
  const auto first = s.step(as_bytes(client.first()));
  ASSERT_TRUE(first);
  const auto last = s.step(as_bytes(client.final_for(as_text(*first))));
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(as_text(*last), client.expected_signature());
  EXPECT_EQ(s.user(), "a=b,c");
  EXPECT_FALSE(s.step(as_bytes("n,,n=a,r=b")));
  EXPECT_FALSE(s.done());
}

// librdkafka 2.0.2; Kafka's own server takes it.
TEST_P(ScramExchange, AClientThatSaysItsPartOfTheNonceTwiceIsTaken) {
  ScramServer s = server();
  testing::ScramClient client(GetParam(), "user", "pencil");
  const auto first = s.step(as_bytes(client.first()));
  ASSERT_TRUE(first);
  const auto last = s.step(as_bytes(client.final_for(as_text(*first), "client-nonce")));
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(as_text(*last), client.expected_signature());
}

TEST_P(ScramExchange, AWrongPasswordIsRefused) {
  ScramServer s = server();
  testing::ScramClient client(GetParam(), "user", "pencil2");
  const auto first = s.step(as_bytes(client.first()));
  const auto last = s.step(as_bytes(client.final_for(as_text(*first))));
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().kind, ErrorKind::kPermission);
  EXPECT_FALSE(s.done());
}

INSTANTIATE_TEST_SUITE_P(BothHashes, ScramExchange, ::testing::Values(ScramHash::kSha256, ScramHash::kSha512));

TEST(Scram, FirstMessagesThatAreNotTaken) {
  const struct {
    const char* name;
    std::string message;
    bool taken;
  } rows[] = {
      {"good", "n,,n=u,r=x", true},
      {"the client would bind", "y,,n=u,r=x", true},
      {"it acts for itself", "n,a=u,n=u,r=x", true},
      {"an extension", "n,,n=u,r=x,e=1", true},
      {"empty", "", false},
      {"channel binding", "p=tls-unique,,n=u,r=x", false},
      {"acts for another", "n,a=v,n=u,r=x", false},
      {"no name", "n,,r=x", false},
      {"an empty name", "n,,n=,r=x", false},
      {"a bad escape", "n,,n=u=2,r=x", false},
      {"another bad escape", "n,,n=u=41,r=x", false},
      {"no nonce", "n,,n=u", false},
      {"an empty nonce", "n,,n=u,r=", false},
      {"a nonce with a space", "n,,n=u,r=x y", false},
      {"an extension that must be known", "n,,m=1,n=u,r=x", false},
      {"a delegation token", "n,,n=u,r=x,tokenauth=true", false},
      {"a control character in the name", std::string("n,,n=u\n,r=x"), false},
      {"a name that is too long", "n,,n=" + std::string(kUserNameBytesMax + 1, 'u') + ",r=x", false},
      {"a message that is too long", "n,,n=u,r=x,e=" + std::string(5000, 'e'), false},
  };
  for (const auto& row : rows) {
    ScramServer server(ScramHash::kSha256, "s", [](std::string_view) {
      return credential_of(ScramHash::kSha256, "p", "W22ZaJ0SNY7soEsUEjb6gQ==", 4096);
    });
    EXPECT_EQ(server.step(as_bytes(row.message)).has_value(), row.taken) << row.name;
  }
}

TEST(Scram, FinalMessagesThatAreNotTaken) {
  const std::string proof(44, 'A');
  const struct {
    const char* name;
    std::string message;
    ErrorKind kind;
  } rows[] = {
      {"a proof that does not fit", "c=biws,r=xs,p=" + proof.substr(0, 43) + "=", ErrorKind::kPermission},
      {"no proof", "c=biws,r=xs", ErrorKind::kInvalidInput},
      {"a short proof", "c=biws,r=xs,p=AAAA", ErrorKind::kInvalidInput},
      {"a proof that is no base64", "c=biws,r=xs,p=" + std::string(43, '!') + "=", ErrorKind::kInvalidInput},
      {"another binding", "c=eSws,r=xs,p=" + proof.substr(0, 43) + "=", ErrorKind::kInvalidInput},
      {"another nonce", "c=biws,r=xt,p=" + proof.substr(0, 43) + "=", ErrorKind::kInvalidInput},
      {"the client's nonce alone", "c=biws,r=x,p=" + proof.substr(0, 43) + "=", ErrorKind::kInvalidInput},
      {"empty", "", ErrorKind::kInvalidInput},
  };
  for (const auto& row : rows) {
    ScramServer server(ScramHash::kSha256, "s", [](std::string_view) {
      return credential_of(ScramHash::kSha256, "p", "W22ZaJ0SNY7soEsUEjb6gQ==", 4096);
    });
    ASSERT_TRUE(server.step(as_bytes("n,,n=u,r=x")));
    const auto answer = server.step(as_bytes(row.message));
    ASSERT_FALSE(answer) << row.name;
    EXPECT_EQ(answer.error().kind, row.kind) << row.name;
  }
}

TEST(Base64, IsReadStrictly) {
  for (const auto* text : {"", "QQ==", "QUI=", "QUJD"}) EXPECT_EQ(to_base64(*from_base64(text, 3)), text);
  for (const auto* text : {"Q", "QQ", "QQ=", "====", "Q===", "QU JD", "QUJD\n", "QUJDRA=="})
    EXPECT_FALSE(from_base64(text, 3)) << text;
}

}  // namespace
}  // namespace antiphon::kafka::broker
