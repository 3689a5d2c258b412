#include "kafka/broker/auth/sasl_session.h"

#include <gtest/gtest.h>

#include <set>

#include "core/testing/memory_file_system.h"
#include "kafka/broker/auth/testing/scram_client.h"

namespace antiphon::kafka::broker {
namespace {

using State = SaslSession::State;

class Sasl : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(users_.change([&](Users& users) {
      for (const ScramHash hash : {ScramHash::kSha256, ScramHash::kSha512})
        users["alice"][hash] = ScramCredential::of_password(hash, "wonder", random_, kScramIterationsMin);
    }));
  }
  antiphon::testing::MemoryFileSystem files_;
  SeededRandom random_{1};
  UserStore users_ = *UserStore::open(files_, "/users", random_);
};

TEST_F(Sasl, PlainMessages) {
  using namespace std::string_literals;
  const struct {
    const char* name;
    std::string message;
    State end;
  } rows[] = {
      {"good", "\0alice\0wonder"s, State::kKnown},
      {"acts for itself", "alice\0alice\0wonder"s, State::kKnown},
      {"acts for another", "bob\0alice\0wonder"s, State::kFailed},
      {"wrong password", "\0alice\0wunder"s, State::kFailed},
      {"password cut short", "\0alice\0wonde"s, State::kFailed},
      {"unknown user", "\0bob\0wonder"s, State::kFailed},
      {"no user", "\0\0wonder"s, State::kFailed},
      {"no password", "\0alice\0"s, State::kFailed},
      {"two parts", "alice\0wonder"s, State::kFailed},
      {"four parts", "\0alice\0wonder\0"s, State::kFailed},
      {"empty", "", State::kFailed},
      {"a password without end", "\0alice\0"s + std::string(kPasswordBytesMax + 1, 'p'), State::kFailed},
  };
  for (const auto& row : rows) {
    SaslSession session;
    session.begin(SaslMechanism::kPlain, false, users_, random_);
    EXPECT_EQ(session.state(), State::kTokens);
    EXPECT_EQ(session.take(as_bytes(row.message), users_).has_value(), row.end == State::kKnown) << row.name;
    EXPECT_EQ(session.state(), row.end) << row.name;
  }
}

TEST_F(Sasl, ScramGoesInTwoStepsWithBothHashesAndAlsoInBareFrames) {
  const struct {
    const char* name;
    SaslMechanism mechanism;
    ScramHash hash;
    bool raw;
    const char* user;
    const char* password;
    State end;
  } rows[] = {
      {"256", SaslMechanism::kScramSha256, ScramHash::kSha256, false, "alice", "wonder", State::kKnown},
      {"512", SaslMechanism::kScramSha512, ScramHash::kSha512, false, "alice", "wonder", State::kKnown},
      {"512 bare", SaslMechanism::kScramSha512, ScramHash::kSha512, true, "alice", "wonder", State::kKnown},
      {"wrong password", SaslMechanism::kScramSha256, ScramHash::kSha256, false, "alice", "x", State::kFailed},
      {"unknown user", SaslMechanism::kScramSha256, ScramHash::kSha256, false, "bob", "wonder", State::kFailed},
  };
  for (const auto& row : rows) {
    SaslSession session;
    session.begin(row.mechanism, row.raw, users_, random_);
    EXPECT_EQ(session.state(), row.raw ? State::kRawTokens : State::kTokens) << row.name;
    testing::ScramClient client(row.hash, row.user, row.password);
    const auto first = session.take(as_bytes(client.first()), users_);
    ASSERT_TRUE(first) << row.name << ": whether the user exists is told only at the end";
    const auto last = session.take(as_bytes(client.final_for(as_text(*first))), users_);
    EXPECT_EQ(session.state(), row.end) << row.name;
    EXPECT_EQ(session.user(), row.user) << row.name;
    ASSERT_EQ(last.has_value(), row.end == State::kKnown) << row.name;
    if (last) {
      EXPECT_EQ(as_text(*last), client.expected_signature()) << row.name;
    }
  }
}

TEST_F(Sasl, NoncesDoNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    SaslSession session;
    session.begin(SaslMechanism::kScramSha256, false, users_, random_);
    seen.emplace(as_text(*session.take(as_bytes("n,,n=alice,r=same"), users_)));
  }
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace antiphon::kafka::broker
