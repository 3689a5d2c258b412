// Who is asked who they are, by the request core: what is answered when, and what is not.
#include <gtest/gtest.h>

#include "kafka/broker/auth/testing/scram_client.h"
#include "kafka/broker/auth/users.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using E = wire::ErrorCode;
using testing::CoreDriver;

class SaslCore : public ::testing::Test {
 protected:
  void start(std::vector<SaslMechanism> mechanisms = {kSaslMechanisms.begin(), kSaslMechanisms.end()}) {
    d.settings.security.sasl = std::move(mechanisms);
    ASSERT_TRUE(d.start());
    EXPECT_EQ(upsert("alice", 1, "wonder", 4096, ConnectionId(99)), E::kIllegalSaslState) << "nobody is known yet";
    SeededRandom random(9);
    auto users = *UserStore::open(d.files, "/data/users", random);
    ASSERT_TRUE(users.change([&](Users& all) {
      for (const ScramHash hash : {ScramHash::kSha256, ScramHash::kSha512})
        all["alice"][hash] = ScramCredential::of_password(hash, "wonder", random, kScramIterationsMin);
    }));
    d.core->housekeeping();  // it reads the file again
  }
  template <class Answer, class Request>
  Answer ask(wire::ApiVersion version, const Request& request, ConnectionId on = me) {
    const auto sequence = d.send(version, request, on);
    d.pump();
    last = d.answers.contains(sequence) && d.answers.at(sequence).last;
    return d.take<Answer>(sequence, version);
  }
  wire::SaslHandshakeResponse handshake(std::string_view mechanism, wire::ApiVersion version = 1) {
    wire::SaslHandshakeRequest r;
    r.mechanism = mechanism;
    return ask<wire::SaslHandshakeResponse>(version, r);
  }
  std::uint64_t send_token(std::string_view token, wire::ApiVersion version = 2) {
    wire::SaslAuthenticateRequest r;
    r.auth_bytes = as_bytes(token);
    const auto sequence = d.send(version, r, me);
    d.pump();
    return sequence;
  }
  wire::SaslAuthenticateResponse token(std::string_view text, wire::ApiVersion version = 2) {
    return d.take<wire::SaslAuthenticateResponse>(send_token(text, version), version);
  }
  bool may_ask_for_metadata(ConnectionId on = me) {
    const auto sequence = d.send(9, wire::MetadataRequest{}, on);
    d.pump();
    return d.answered(sequence) && !d.closed.contains(on);
  }
  // The error of the change; ILLEGAL_SASL_STATE stands for a closed connection.
  E upsert(std::string_view user, std::int8_t mechanism, std::string_view password, std::int32_t iterations,
           ConnectionId on = me) {
    const ScramHash hash = mechanism == 2 ? ScramHash::kSha512 : ScramHash::kSha256;
    const Bytes salt = to_bytes("salt");
    const Bytes salted = salted_password(hash, password, salt, std::max(iterations, 1));
    wire::AlterUserScramCredentialsRequest r;
    r.upsertions.push_back({user, mechanism, iterations, salt, salted});
    const auto sequence = d.send(0, r, on);
    d.pump();
    if (!d.answered(sequence)) return E::kIllegalSaslState;
    return d.take<wire::AlterUserScramCredentialsResponse>(sequence, 0).results.at(0).error_code;
  }

  static constexpr ConnectionId me{1};
  CoreDriver d;
  bool last = false;
};

TEST_F(SaslCore, BeforeAClientIsKnownOnlyItsVersionsAreAnswered) {
  start();
  EXPECT_EQ(ask<wire::ApiVersionsResponse>(0, wire::ApiVersionsRequest{}).error_code, E::kNone);
  EXPECT_TRUE(d.closed.count(me) == 0);
  EXPECT_FALSE(may_ask_for_metadata());
  EXPECT_TRUE(d.closed.contains(me));
}

TEST_F(SaslCore, PlainAndBothScramsLetTheRightPasswordInAtEveryVersion) {
  start();
  for (wire::ApiVersion version = 0; version <= 2; ++version) {
    for (const SaslMechanism mechanism : kSaslMechanisms) {
      d.core->disconnected(me);
      d.trusted.clear();
      ASSERT_EQ(handshake(to_string(mechanism)).error_code, E::kNone);
      wire::SaslAuthenticateResponse answer;
      if (mechanism == SaslMechanism::kPlain) {
        answer = token("\0alice\0wonder"s, version);
      } else {
        const auto hash = mechanism == SaslMechanism::kScramSha256 ? ScramHash::kSha256 : ScramHash::kSha512;
        testing::ScramClient client(hash, "alice", "wonder");
        const auto first = token(client.first(), version);
        ASSERT_EQ(first.error_code, E::kNone);
        EXPECT_TRUE(d.trusted.empty()) << "half of it is not enough";
        answer = token(client.final_for(as_text(first.auth_bytes)), version);
        EXPECT_EQ(as_text(answer.auth_bytes), client.expected_signature());
      }
      EXPECT_EQ(answer.error_code, E::kNone);
      EXPECT_EQ(answer.session_lifetime_ms, 0);
      EXPECT_TRUE(d.trusted.contains(me));
      EXPECT_TRUE(may_ask_for_metadata());
    }
  }
}

TEST_F(SaslCore, AfterTheOldHandshakeTokensComeWithoutHeaders) {
  start();
  ASSERT_EQ(handshake("PLAIN", 0).error_code, E::kNone);
  const auto sequence = d.send_bytes(to_bytes("\0alice\0wonder"s), me);
  ASSERT_TRUE(d.answered(sequence));
  EXPECT_EQ(to_hex(d.answers.at(sequence).bytes.view()), "00000000") << "an empty token behind its length";
  EXPECT_TRUE(may_ask_for_metadata());
}

TEST_F(SaslCore, AFailureIsToldAfterAWhileAndEndsTheConnection) {
  start();
  const struct {
    const char* name;
    std::string token;
  } rows[] = {{"wrong password", "\0alice\0x"s}, {"unknown user", "\0bob\0wonder"s}, {"rubbish", "x"}};
  for (const auto& row : rows) {
    d.core->disconnected(me);
    d.closed.clear();
    ASSERT_EQ(handshake("PLAIN").error_code, E::kNone);
    const auto sequence = send_token(row.token);
    EXPECT_FALSE(d.answered(sequence)) << row.name;
    EXPECT_LE(d.core->next_deadline() - d.clock.mono_now(), 100ms) << row.name;
    d.advance(100ms);
    ASSERT_TRUE(d.answered(sequence)) << row.name;
    EXPECT_TRUE(d.answers.at(sequence).last) << row.name;
    const auto answer = d.take<wire::SaslAuthenticateResponse>(sequence, 2);
    EXPECT_EQ(answer.error_code, E::kSaslAuthenticationFailed) << row.name;
    EXPECT_TRUE(answer.error_message) << row.name;
    EXPECT_FALSE(may_ask_for_metadata()) << row.name;
  }
}

TEST_F(SaslCore, OldClientsThatFailAreJustClosed) {
  start();
  ASSERT_EQ(handshake("PLAIN", 0).error_code, E::kNone);
  const auto sequence = d.send_bytes(to_bytes("\0alice\0x"s), me);
  d.advance(100ms);
  ASSERT_TRUE(d.answered(sequence));
  EXPECT_TRUE(d.answers.at(sequence).last && d.answers.at(sequence).empty());
}

TEST_F(SaslCore, ManyFailuresAtOnceAreHeldUpToABoundAndThenAnsweredAtOnce) {
  start();
  std::size_t at_once = 0;
  for (std::uint64_t i = 1; i <= 1100; ++i) {
    const ConnectionId each(1000 + i);
    wire::SaslHandshakeRequest r;
    r.mechanism = "PLAIN";
    d.send(1, r, each);
    wire::SaslAuthenticateRequest t;
    const std::string text = "x";
    t.auth_bytes = as_bytes(text);
    if (d.answered(d.send(2, t, each))) ++at_once;
  }
  EXPECT_EQ(at_once, 1100U - 1024U);
}

TEST_F(SaslCore, AMechanismThatIsNotOfferedIsAnsweredWithThoseThatAre) {
  start({SaslMechanism::kScramSha512});
  const auto answer = handshake("PLAIN");
  EXPECT_EQ(answer.error_code, E::kUnsupportedSaslMechanism);
  EXPECT_EQ(answer.mechanisms, (std::vector<std::string_view>{"SCRAM-SHA-512"}));
  EXPECT_TRUE(last);
}

TEST_F(SaslCore, OutOfTurnIsAnIllegalState) {
  start();
  EXPECT_EQ(token("\0alice\0wonder"s).error_code, E::kIllegalSaslState) << "no handshake before";
  d.core->disconnected(me);
  ASSERT_EQ(handshake("PLAIN").error_code, E::kNone);
  EXPECT_EQ(handshake("PLAIN").error_code, E::kIllegalSaslState) << "a second handshake";
  d.core->disconnected(me);
  ASSERT_EQ(handshake("PLAIN").error_code, E::kNone);
  ASSERT_EQ(token("\0alice\0wonder"s).error_code, E::kNone);
  EXPECT_EQ(handshake("PLAIN").error_code, E::kIllegalSaslState) << "known already";
  EXPECT_FALSE(last);
  EXPECT_EQ(token("\0alice\0wonder"s).error_code, E::kIllegalSaslState) << "known already";
  EXPECT_TRUE(may_ask_for_metadata());
}

TEST_F(SaslCore, WhereNobodyIsAskedSaslIsAnIllegalState) {
  ASSERT_TRUE(d.start());
  EXPECT_EQ(handshake("PLAIN").error_code, E::kIllegalSaslState);
  EXPECT_EQ(token("x").error_code, E::kIllegalSaslState);
  EXPECT_TRUE(may_ask_for_metadata());
}

TEST_F(SaslCore, WhoIsKnownOnOneConnectionIsNotOnAnother) {
  start();
  handshake("PLAIN");
  ASSERT_EQ(token("\0alice\0wonder"s).error_code, E::kNone);
  EXPECT_FALSE(may_ask_for_metadata(ConnectionId(2)));
  d.core->disconnected(me);
  EXPECT_FALSE(may_ask_for_metadata()) << "a number that is used again starts anew";
}

TEST_F(SaslCore, UsersAreMadeDescribedAndRemovedByTheRealRequests) {
  ASSERT_TRUE(d.start());
  const struct {
    const char* name;
    std::string user;
    std::int8_t mechanism;
    std::int32_t iterations;
    E error;
  } rows[] = {
      {"good", "bob", 1, 4096, E::kNone},
      {"the other hash", "bob", 2, 16384, E::kNone},
      {"no name", "", 1, 4096, E::kUnacceptableCredential},
      {"a line end in the name", "b\nob", 1, 4096, E::kUnacceptableCredential},
      {"too few iterations", "carol", 1, 4095, E::kUnacceptableCredential},
      {"too many", "carol", 1, 16385, E::kUnacceptableCredential},
      {"an unknown mechanism", "carol", 3, 4096, E::kUnsupportedSaslMechanism},
  };
  for (const auto& row : rows)
    EXPECT_EQ(upsert(row.user, row.mechanism, "secret", row.iterations), row.error) << row.name;
  d.crash(5);
  ASSERT_TRUE(d.start());
  const auto all = ask<wire::DescribeUserScramCredentialsResponse>(0, wire::DescribeUserScramCredentialsRequest{});
  ASSERT_EQ(all.results.size(), 1U) << "and it survives a loss of power";
  EXPECT_EQ(all.results[0].user, "bob");
  ASSERT_EQ(all.results[0].credential_infos.size(), 2U);
  EXPECT_EQ(all.results[0].credential_infos[1].iterations, 16384);

  wire::DescribeUserScramCredentialsRequest some;
  some.users.emplace();
  for (const auto* name : {"nobody", "bob", "bob"}) some.users->push_back({name});
  const auto described = ask<wire::DescribeUserScramCredentialsResponse>(0, some);
  ASSERT_EQ(described.results.size(), 2U);
  EXPECT_EQ(described.results[0].error_code, E::kDuplicateResource);
  EXPECT_EQ(described.results[1].error_code, E::kResourceNotFound);

  wire::AlterUserScramCredentialsRequest gone;
  gone.deletions = {{"bob", 1}, {"nobody", 1}};
  const auto removed = ask<wire::AlterUserScramCredentialsResponse>(0, gone);
  EXPECT_EQ(removed.results.at(0).error_code, E::kNone);
  EXPECT_EQ(removed.results.at(1).error_code, E::kResourceNotFound);
  const auto left = ask<wire::DescribeUserScramCredentialsResponse>(0, wire::DescribeUserScramCredentialsRequest{});
  EXPECT_EQ(left.results.at(0).credential_infos.size(), 1U);
}

}  // namespace
}  // namespace antiphon::kafka::broker
