#include "kafka/broker/auth/users.h"

#include <gtest/gtest.h>

#include "core/testing/memory_file_system.h"

namespace antiphon::kafka::broker {
namespace {

class UsersFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.make_directories("/data")); }
  UserStore open() { return *UserStore::open(files_, "/data/users", random_); }
  void give(UserStore& store, const std::string& name, std::string_view password) {
    ASSERT_TRUE(store.change([&](Users& users) {
      for (const ScramHash hash : {ScramHash::kSha256, ScramHash::kSha512})
        users[name][hash] = ScramCredential::of_password(hash, password, random_, kScramIterationsMin);
    }));
  }
  antiphon::testing::MemoryFileSystem files_;
  SeededRandom random_{1};
};

TEST_F(UsersFile, AUserSurvivesALossOfPowerAndNoPasswordStandsInTheFile) {
  {
    UserStore store = open();
    give(store, "a user, with = and \xC3\xA4", "correct horse");
  }
  files_.crash(7);
  UserStore again = open();
  EXPECT_TRUE(again.check_password("a user, with = and \xC3\xA4", "correct horse"));
  EXPECT_FALSE(again.check_password("a user, with = and \xC3\xA4", "wrong horse"));
  EXPECT_FALSE(again.check_password("nobody", "correct horse"));
  const auto bytes = read_file(files_, "/data/users", 1U << 20U);
  EXPECT_EQ(as_text(*bytes).find("horse"), std::string_view::npos);
}

TEST_F(UsersFile, APasswordThatFittedOnceIsNotTakenAfterItWasChanged) {
  UserStore store = open();
  give(store, "u", "old");
  EXPECT_TRUE(store.check_password("u", "old"));
  EXPECT_TRUE(store.check_password("u", "old"));
  give(store, "u", "new");
  EXPECT_FALSE(store.check_password("u", "old"));
  EXPECT_TRUE(store.check_password("u", "new"));
}

TEST_F(UsersFile, WhatAnotherProcessWroteIsTaken) {
  UserStore one = open();
  UserStore two = open();
  give(one, "a", "p");
  EXPECT_TRUE(*two.refresh());
  EXPECT_TRUE(two.users().contains("a"));
  EXPECT_FALSE(*two.refresh());
  give(two, "b", "p");  // sees and keeps what the other one wrote
  give(one, "c", "p");
  EXPECT_EQ(one.users().size(), 3U);
}

TEST_F(UsersFile, WhileAnotherProcessChangesItAChangeIsRefused) {
  UserStore store = open();
  const auto held = files_.lock("/data/users.lock");
  ASSERT_TRUE(held);
  const auto changed = store.change([](Users&) {});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind, ErrorKind::kUnavailable);
}

TEST_F(UsersFile, EveryFlippedBitIsNoticed) {
  UserStore store = open();
  give(store, "u", "p");
  const std::string good = write_users(store.users());
  ASSERT_TRUE(read_users(good));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(read_users(bad)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(read_users(good.substr(0, size))) << size;
}

TEST_F(UsersFile, TheExampleOfItsDocumentIsWrittenAndReadToTheByte) {
  const std::string_view example =
      "antiphon users 1\n"
      "SCRAM-SHA-256 4096 W22ZaJ0SNY7soEsUEjb6gQ== WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY= "
      "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU= user\n"
      "sha256 9ef3a3c6957a84c1febb0a87a6eacdd14e8d366a68d0064ee8731eccae03b00c\n";
  Bytes salt = *from_base64("W22ZaJ0SNY7soEsUEjb6gQ==", kScramSaltBytesMax);
  const Bytes salted = salted_password(ScramHash::kSha256, "pencil", salt, 4096);
  Users users;
  users["user"][ScramHash::kSha256] = ScramCredential::of_salted(ScramHash::kSha256, std::move(salt), 4096, salted);
  EXPECT_EQ(write_users(users), example);
  EXPECT_EQ(write_users(*read_users(example)), example);
}

TEST_F(UsersFile, AnUnknownUserHasADecoyThatStaysTheSame) {
  UserStore store = open();
  EXPECT_EQ(store.credential("x", ScramHash::kSha256).salt, store.credential("x", ScramHash::kSha256).salt);
  EXPECT_NE(store.credential("x", ScramHash::kSha256).salt, store.credential("y", ScramHash::kSha256).salt);
  EXPECT_FALSE(store.credential("x", ScramHash::kSha512).fits(""));
}

}  // namespace
}  // namespace antiphon::kafka::broker
