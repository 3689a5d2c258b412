#include "stages/studio/leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/bytes.h"
#include "core/sha256.h"
#include "core/uuid.h"

namespace antiphon::studio {
namespace {

using events::LeaseStanding;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int32_t kPartitions = 3;
const WallTime kStart = from_unix_ms(1'790'000'000'000);

PromptId numbered_prompt(std::uint64_t n) {
  return PromptId(prompt_of_id({n * 0x1234567ULL, n * 0x9E3779B97F4A7C15ULL}));
}

events::Prompt make_prompt(std::uint64_t n, const std::string& locale = "sw", int wanted = 1) {
  events::Prompt prompt;
  prompt.id = numbered_prompt(n);
  prompt.text = "sentence " + std::to_string(n);
  prompt.locale = locale;
  prompt.corpus_id = "test";
  prompt.sequence = n;
  prompt.wanted = wanted;
  prompt.time = kStart + milliseconds(n);
  return prompt;
}

class LeasesTest : public ::testing::Test {
 protected:
  LeasesTest() {
    for (std::int32_t p = 0; p < kPartitions; ++p) take_up(leases_, PartitionId(p));
  }
  static void take_up(Leases& leases, PartitionId partition) {
    leases.own(partition);
    leases.open(partition);
  }
  void publish(std::uint64_t from, std::uint64_t to, const std::string& locale = "sw", int wanted = 1) {
    for (std::uint64_t n = from; n <= to; ++n) {
      const events::Prompt prompt = make_prompt(n, locale, wanted);
      leases_.add(leases_.partition_of(prompt.id), prompt);
    }
  }
  static Id128 speaker(std::uint64_t n) { return {0x77, n}; }
  std::optional<Grant> next(std::uint64_t who, std::optional<Id128> request = std::nullopt,
                            const std::string& locale = "sw") {
    return leases_.grant({locale, speaker(who), request}, now_);
  }
  TakeRequest take(const PromptId& prompt, std::optional<LeaseId> lease, std::uint64_t who, std::uint64_t recording) {
    TakeRequest request;
    request.recording = {0x0190000000007000ULL, 0x8000000000000000ULL | recording};
    request.prompt_id = prompt;
    request.speaker = speaker(who);
    if (lease) request.lease = id_of_uuid(lease->value());
    request.sha256 = sha256(as_bytes(std::to_string(recording)));
    return request;
  }
  LeaseStanding arrive(const TakeRequest& request) {
    const TakeDecision decision = leases_.begin_take(request, now_);
    const auto& sending = std::get<ToBeSent>(decision);
    leases_.finish_take(sending.number, Offset(offset_++));
    return sending.standing;
  }

  bool skipped(const Grant& grant) {
    return std::holds_alternative<Skipped>(
        leases_.skip({*id_of_uuid(grant.lease_id.value()), std::nullopt, std::nullopt}));
  }

  SeededRandom random_{7};
  Leases leases_{kPartitions, LeaseRules{}, "voices.recordings", random_};
  WallTime now_ = kStart;
  std::int64_t offset_ = 0;
};

TEST_F(LeasesTest, SentencesAreGivenInTheOrderOfTheirPublication) {
  publish(1, 5);
  for (std::uint64_t n = 1; n <= 5; ++n) EXPECT_EQ(next(n)->prompt_id, numbered_prompt(n));
  EXPECT_FALSE(next(6));
}

TEST_F(LeasesTest, ALocaleWithoutSentencesGivesNone) {
  publish(1, 1, "am");
  EXPECT_FALSE(next(1));
  EXPECT_TRUE(next(1, std::nullopt, "am"));
}

TEST_F(LeasesTest, TheSameRequestGetsTheSameLease) {
  publish(1, 5);
  const Id128 request{1, 2};
  const auto first = next(1, request);
  const auto again = next(1, request);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->lease_id, again->lease_id);
  EXPECT_NE(next(1, Id128{1, 3})->lease_id, first->lease_id);
}

TEST_F(LeasesTest, APageHoldsTwoLeasesALanguageAndIsGivenTheOldestAgain) {
  publish(1, 5);
  publish(6, 9, "am");
  const auto first = next(1), second = next(1), third = next(1), fourth = next(1);
  EXPECT_NE(first->lease_id, second->lease_id);
  EXPECT_EQ(third->lease_id, first->lease_id);
  EXPECT_EQ(fourth->lease_id, second->lease_id);
  EXPECT_EQ(leases_.leases_held(), 2U);
  EXPECT_TRUE(next(1, std::nullopt, "am"));  // another page: the person went to another language
}

TEST_F(LeasesTest, ALeaseNamesItsPartition) {
  publish(1, 9);
  for (std::uint64_t n = 1; n <= 9; ++n) {
    const auto grant = next(n);
    EXPECT_EQ(leases_.partition_of_lease(*id_of_uuid(grant->lease_id.value())), leases_.partition_of(grant->prompt_id));
  }
  EXPECT_FALSE(leases_.partition_of_lease({0xFFFF000000008000ULL, 0x8000000000000000ULL}));
}

TEST_F(LeasesTest, ALeaseLastsUntilItsEndAndNotAMillisecondLonger) {
  publish(1, 1);
  const auto grant = next(1);
  EXPECT_EQ(grant->expires_at, kStart + minutes(10));
  now_ = grant->expires_at;
  EXPECT_FALSE(next(2)) << "it has not ended before its expires_at has passed";
  now_ += milliseconds(1);
  EXPECT_TRUE(next(2));
}

TEST_F(LeasesTest, NobodyIsGivenASentenceTwice) {
  publish(1, 2, "sw", 3);
  const auto first = next(1);
  EXPECT_EQ(arrive(take(first->prompt_id, first->lease_id, 1, 1)), LeaseStanding::kHeld);
  const auto second = next(1);
  EXPECT_NE(first->prompt_id, second->prompt_id);
  arrive(take(second->prompt_id, second->lease_id, 1, 2));
  EXPECT_FALSE(next(1)) << "both were spoken";
  EXPECT_TRUE(next(2));
}

TEST_F(LeasesTest, NoMoreLeasesThanTakesWanted) {
  publish(1, 1, "sw", 2);
  const auto first = next(1);
  EXPECT_TRUE(next(2));
  EXPECT_FALSE(next(3));
  arrive(take(first->prompt_id, first->lease_id, 1, 1));
  EXPECT_FALSE(next(3)) << "one take and one lease make two";
}

TEST_F(LeasesTest, StandingSaysUnderWhatRightATakeWasMade) {
  publish(1, 9);
  const auto held = next(1), run_out = next(2);
  EXPECT_EQ(arrive(take(held->prompt_id, held->lease_id, 1, 1)), LeaseStanding::kHeld);
  EXPECT_EQ(arrive(take(held->prompt_id, held->lease_id, 1, 2)), LeaseStanding::kNone)
      << "a lease is good for one take";
  EXPECT_EQ(arrive(take(held->prompt_id, std::nullopt, 1, 3)), LeaseStanding::kNone);
  now_ += minutes(11);
  EXPECT_EQ(arrive(take(run_out->prompt_id, run_out->lease_id, 2, 4)), LeaseStanding::kLate);
  EXPECT_EQ(arrive(take(run_out->prompt_id, run_out->lease_id, 2, 5)), LeaseStanding::kNone);
  const LeaseId lost("00000000-0000-8000-8000-00000000abcd");
  EXPECT_EQ(arrive(take(numbered_prompt(5), lost, 2, 6)), LeaseStanding::kLate)
      << "granted by an instance that is gone";
  const auto other = next(3);
  EXPECT_EQ(arrive(take(numbered_prompt(9), other->lease_id, 3, 7)), LeaseStanding::kNone)
      << "a lease of another sentence";
}

TEST_F(LeasesTest, OneRecordingIdStandsForOneSentence) {
  publish(1, 2);
  const auto first = next(1);
  const TakeRequest request = take(first->prompt_id, first->lease_id, 1, 7);
  TakeRequest elsewhere = request;
  elsewhere.prompt_id = numbered_prompt(2);
  elsewhere.lease.reset();
  ASSERT_NE(first->prompt_id, elsewhere.prompt_id);

  const auto sending = std::get<ToBeSent>(leases_.begin_take(request, now_));
  EXPECT_TRUE(std::holds_alternative<OtherSentence>(leases_.begin_take(elsewhere, now_)));
  leases_.finish_take(sending.number, Offset(3));
  EXPECT_TRUE(std::holds_alternative<OtherSentence>(leases_.begin_take(elsewhere, now_)));
  EXPECT_TRUE(std::holds_alternative<AlreadyHere>(leases_.begin_take(request, now_)));

  // Nor after a start that knows the take from the topics only.
  const auto state = leases_.next_change(now_);
  ASSERT_TRUE(state && state->state.prompt_id == first->prompt_id);
  Leases restored(kPartitions, LeaseRules{}, "voices.recordings", random_);
  for (std::int32_t p = 0; p < kPartitions; ++p) take_up(restored, PartitionId(p));
  restored.restore(restored.partition_of(first->prompt_id), state->state);
  for (std::uint64_t n = 1; n <= 2; ++n) restored.add(restored.partition_of(numbered_prompt(n)), make_prompt(n));
  EXPECT_TRUE(std::holds_alternative<OtherSentence>(restored.begin_take(elsewhere, now_)));
  EXPECT_TRUE(std::holds_alternative<AlreadyHere>(restored.begin_take(request, now_)));
}

TEST_F(LeasesTest, TheSameTakeAgainGetsItsFirstReceiptAndOtherBytesNone) {
  publish(1, 1);
  const auto grant = next(1);
  const TakeRequest request = take(grant->prompt_id, grant->lease_id, 1, 1);
  const auto first = std::get<ToBeSent>(leases_.begin_take(request, now_));
  TakeRequest other = request;
  other.sha256 = sha256(as_bytes("something else"));
  EXPECT_EQ(std::get<OnItsWay>(leases_.begin_take(request, now_)).number, first.number);
  EXPECT_TRUE(std::holds_alternative<OtherBytes>(leases_.begin_take(other, now_)));
  leases_.finish_take(first.number, Offset(41));
  EXPECT_EQ(std::get<AlreadyHere>(leases_.begin_take(request, now_)).receipt.offset, Offset(41));
  EXPECT_TRUE(std::holds_alternative<OtherBytes>(leases_.begin_take(other, now_)));
}

TEST_F(LeasesTest, ASendThatSurelyDidNotHappenGivesTheLeaseBack) {
  publish(1, 2);
  const auto grant = next(1);
  const TakeRequest request = take(grant->prompt_id, grant->lease_id, 1, 1);
  const auto sending = std::get<ToBeSent>(leases_.begin_take(request, now_));
  EXPECT_EQ(leases_.leases_held(), 0U);
  leases_.abandon_take(sending.number, now_);
  EXPECT_EQ(leases_.leases_held(), 1U);
  EXPECT_EQ(arrive(request), LeaseStanding::kHeld);
}

TEST_F(LeasesTest, ThreeDifferentSpeakersParkASentence) {
  publish(1, 1);
  for (std::uint64_t who = 1; who <= 3; ++who) {
    const auto grant = next(who);
    ASSERT_TRUE(grant) << who;
    EXPECT_TRUE(skipped(*grant));
    EXPECT_FALSE(skipped(*grant)) << "again changes nothing";
    EXPECT_FALSE(next(who)) << "who skipped it is not asked again";
  }
  EXPECT_FALSE(next(4));
}

// A lease that was granted and not written is lost with its instance; one that ran out is gone, too.
TEST_F(LeasesTest, ASkipOfALeaseThatIsNotKnownCountsByWhatItNames) {
  publish(1, 1);
  const auto grant = next(1);
  now_ = grant->expires_at + milliseconds(1);
  leases_.expire(now_);
  SkipRequest request{*id_of_uuid(grant->lease_id.value()), std::nullopt, speaker(1)};
  EXPECT_TRUE(std::holds_alternative<NothingToSkip>(leases_.skip(request))) << "of which sentence is not said";
  request.prompt_id = numbered_prompt(99);
  while (leases_.partition_of(*request.prompt_id) != leases_.partition_of(grant->prompt_id))
    request.prompt_id = numbered_prompt(random_.below(1'000) + 100);
  EXPECT_TRUE(std::holds_alternative<UnknownPrompt>(leases_.skip(request)));
  request.prompt_id = grant->prompt_id;
  EXPECT_TRUE(std::holds_alternative<Skipped>(leases_.skip(request)));
  EXPECT_FALSE(next(1)) << "who skipped it is not asked again";
  EXPECT_TRUE(next(2));
}

TEST_F(LeasesTest, ASkipThatComesLateEndsWhatItsSpeakerWasGivenOfTheSentenceMeanwhile) {
  publish(1, 1);
  const auto lost = next(1);
  const Id128 lease = *id_of_uuid(lost->lease_id.value());
  EXPECT_TRUE(leases_.give_back(lease)) << "as if its instance had died before it was written";
  ASSERT_TRUE(next(1));
  EXPECT_TRUE(std::holds_alternative<Skipped>(leases_.skip({lease, lost->prompt_id, speaker(1)})));
  EXPECT_EQ(leases_.leases_held(), 0U);
  EXPECT_FALSE(next(1));
}

TEST_F(LeasesTest, ASkipThatIsRepeatedIsRememberedOnceAndWrittenAgain) {
  publish(1, 1, "sw", 5);
  const auto grant = next(1);
  const SkipRequest request{*id_of_uuid(grant->lease_id.value()), grant->prompt_id, speaker(1)};
  for (int n = 0; n < 4; ++n) {
    EXPECT_TRUE(std::holds_alternative<Skipped>(leases_.skip(request)));
    const auto change = leases_.next_change(now_);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->state.skipped_by.size(), 1U);
    EXPECT_FALSE(change->state.parked);
  }
}

TEST_F(LeasesTest, AParkedSentenceRemembersNoMoreSpeakers) {
  publish(1, 1, "sw", 9);
  const auto grant = next(1);
  for (std::uint64_t who = 1; who <= 9; ++who)
    leases_.skip({*id_of_uuid(grant->lease_id.value()), grant->prompt_id, speaker(who)});
  EXPECT_EQ(leases_.next_change(now_)->state.skipped_by.size(), LeaseRules{}.skips_until_parked);
}

TEST_F(LeasesTest, APartitionThatIsNotOwnedIsNotAnswered) {
  publish(1, 6);
  const PartitionId gone = leases_.partition_of(numbered_prompt(1));
  leases_.disown(gone);
  EXPECT_TRUE(std::holds_alternative<NotOurs>(leases_.begin_take(take(numbered_prompt(1), std::nullopt, 1, 1), now_)));
  for (std::uint64_t who = 1; who <= 6; ++who) {
    const auto grant = next(who);
    if (!grant) continue;
    EXPECT_NE(leases_.partition_of(grant->prompt_id), gone);
  }
}

TEST_F(LeasesTest, ATakeOnItsWayOutlivesTheOwnershipOfItsPartition) {
  publish(1, 1);
  const PartitionId moved = leases_.partition_of(numbered_prompt(1));
  const auto grant = next(1);
  const TakeRequest arrives = take(numbered_prompt(1), grant->lease_id, 1, 1);
  const TakeRequest fails = take(numbered_prompt(1), std::nullopt, 2, 2);
  const auto first = std::get<ToBeSent>(leases_.begin_take(arrives, now_));
  const auto second = std::get<ToBeSent>(leases_.begin_take(fails, now_));
  leases_.disown(moved);
  EXPECT_TRUE(std::holds_alternative<NotOurs>(leases_.begin_take(arrives, now_)));
  take_up(leases_, moved);
  publish(1, 1);
  EXPECT_EQ(std::get<OnItsWay>(leases_.begin_take(arrives, now_)).number, first.number);

  const events::Receipt receipt = leases_.finish_take(first.number, Offset(5));
  leases_.abandon_take(second.number, now_);

  EXPECT_EQ(receipt.partition, moved);
  EXPECT_EQ(receipt.offset, Offset(5));
  EXPECT_EQ(receipt.standing, LeaseStanding::kHeld);
  EXPECT_EQ(leases_.takes_on_their_way(), 0U);
  EXPECT_EQ(leases_.leases_held(), 0U);
  EXPECT_EQ(leases_.next_offset(moved), Offset(0)) << "what an orphan says is read back, not counted here";
  EXPECT_TRUE(next(3)) << "the new ownership knows of no take until it reads them";
}

TEST_F(LeasesTest, WhatComesLateForAPartitionThatIsGoneIsNotKept) {
  publish(1, 1);
  const PartitionId gone = leases_.partition_of(numbered_prompt(1));
  static_cast<void>(next(1));
  const auto state = leases_.next_change(now_);
  ASSERT_TRUE(state);
  events::Recording recording;
  recording.prompt_id = numbered_prompt(1);
  leases_.disown(gone);

  leases_.restore(gone, state->state);
  leases_.add(gone, make_prompt(1));
  leases_.count_read_back(gone, recording, Offset(3));
  leases_.advance_next_offset(gone, Offset(4));

  EXPECT_FALSE(leases_.owns(gone));
  EXPECT_EQ(leases_.sentences_known(), 0U);
  EXPECT_EQ(leases_.leases_held(), 0U);
}

TEST_F(LeasesTest, AChangeOfAnEarlierOwnershipIsNotWrittenAgain) {
  publish(1, 1);
  const PartitionId moved = leases_.partition_of(numbered_prompt(1));
  static_cast<void>(next(1));
  const auto earlier = leases_.next_change(now_);
  ASSERT_TRUE(earlier);
  leases_.disown(moved);
  take_up(leases_, moved);
  publish(1, 1);
  const Offset before = leases_.next_offset(moved);

  leases_.changed_again(*earlier);  // it was refused
  StateChange written = *earlier;
  written.state.recordings_next_offset = Offset(100);
  leases_.written(written);

  EXPECT_FALSE(leases_.has_changes());
  EXPECT_FALSE(leases_.next_change(now_));
  EXPECT_EQ(leases_.next_offset(moved), before);
}

TEST_F(LeasesTest, APartitionGivesAndTakesOnlyWhileItIsOpenAndTellsWhatChangedUntilItIsDisowned) {
  Leases one(1, LeaseRules{}, "voices.recordings", random_);
  constexpr PartitionId kOnly{0};
  const GrantRequest asks{"sw", speaker(1), std::nullopt};
  const TakeRequest request = take(numbered_prompt(1), std::nullopt, 1, 1);
  one.own(kOnly);
  one.add(kOnly, make_prompt(1, "sw", 2));
  EXPECT_FALSE(one.grant(asks, now_)) << "its state is being read";
  EXPECT_TRUE(std::holds_alternative<NotOurs>(one.begin_take(request, now_)));
  one.open(kOnly);
  ASSERT_TRUE(one.grant(asks, now_));
  const auto sending = std::get<ToBeSent>(one.begin_take(request, now_));
  one.shut(kOnly);
  EXPECT_FALSE(one.grant({"sw", speaker(2), std::nullopt}, now_));
  EXPECT_TRUE(std::holds_alternative<NotOurs>(one.begin_take(take(numbered_prompt(1), std::nullopt, 2, 2), now_)));
  EXPECT_EQ(one.takes_on_their_way(kOnly), 1U);
  one.finish_take(sending.number, Offset(0));
  EXPECT_EQ(one.takes_on_their_way(kOnly), 0U);
  const auto change = one.next_change(now_);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->state.takes.size(), 1U);
  EXPECT_EQ(change->state.leases.size(), 1U);
}

TEST_F(LeasesTest, WhatStandsBetweenOurOwnTakesIsReadBackAndCounted) {
  Leases one(1, LeaseRules{}, "voices.recordings", random_);
  constexpr PartitionId kOnly{0};
  take_up(one, kOnly);
  for (std::uint64_t n = 1; n <= 2; ++n) one.add(kOnly, make_prompt(n));
  const auto sending = std::get<ToBeSent>(one.begin_take(take(numbered_prompt(1), std::nullopt, 1, 1), now_));
  EXPECT_TRUE(one.gaps().empty());
  one.finish_take(sending.number, Offset(1));  // at 0 stands a voice that a former owner sent
  ASSERT_EQ(one.gaps().size(), 1U);
  EXPECT_EQ(one.gaps().at(kOnly).start, Offset(0));
  EXPECT_EQ(one.gaps().at(kOnly).end, Offset(1));
  EXPECT_EQ(one.next_offset(kOnly), Offset(0));

  events::Recording strangers;
  strangers.id = RecordingId("01a21863-60cb-720e-a771-f1b9cabb2a59");
  strangers.prompt_id = numbered_prompt(2);
  strangers.speaker_id = SpeakerId(uuid_of_id(speaker(9)));
  strangers.locale = "sw";
  strangers.sha256 = sha256_hex(as_bytes("a voice"));
  strangers.standing = LeaseStanding::kHeld;
  one.count_read_back(kOnly, strangers, Offset(0));

  EXPECT_TRUE(one.gaps().empty());
  EXPECT_EQ(one.next_offset(kOnly), Offset(2));
  EXPECT_TRUE(one.grant({"sw", speaker(3), std::nullopt}, now_)) << "sentence 1: a take without a lease does not count";
  EXPECT_FALSE(one.grant({"sw", speaker(4), std::nullopt}, now_)) << "sentence 2 has what it wants";
}

TEST_F(LeasesTest, ATakeOfOursOnItsWayIsLeftToItsAnswerWhenItIsReadBack) {
  Leases one(1, LeaseRules{}, "voices.recordings", random_);
  constexpr PartitionId kOnly{0};
  take_up(one, kOnly);
  one.add(kOnly, make_prompt(1, "sw", 3));
  const TakeRequest request = take(numbered_prompt(1), std::nullopt, 1, 1);
  const auto sending = std::get<ToBeSent>(one.begin_take(request, now_));
  events::Recording repeat;
  repeat.id = RecordingId(uuid_of_id(request.recording));
  repeat.prompt_id = numbered_prompt(1);
  repeat.sha256 = to_hex(request.sha256);
  one.count_read_back(kOnly, repeat, Offset(0));
  one.finish_take(sending.number, Offset(1));
  EXPECT_EQ(std::get<AlreadyHere>(one.begin_take(request, now_)).receipt.offset, Offset(1));
  const auto change = one.next_change(now_);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->state.takes.size(), 1U);
}

TEST_F(LeasesTest, OnlyTheLastChangeSaysThatEverythingBeforeItIsWritten) {
  Leases one(1, LeaseRules{}, "voices.recordings", random_);
  take_up(one, PartitionId(0));
  for (std::uint64_t n = 1; n <= 3; ++n) one.add(PartitionId(0), make_prompt(n));
  one.advance_next_offset(PartitionId(0), Offset(10));
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const auto sending = std::get<ToBeSent>(one.begin_take(take(numbered_prompt(n), std::nullopt, n, n), now_));
    one.finish_take(sending.number, Offset(static_cast<std::int64_t>(9 + n)));
  }
  std::vector<std::int64_t> offsets;
  while (auto change = one.next_change(now_)) {
    offsets.push_back(change->state.recordings_next_offset.value());
    one.written(*change);
  }
  EXPECT_THAT(offsets, ::testing::ElementsAre(0, 0, 13));
}

TEST_F(LeasesTest, AnOpenSendHoldsBackTheNextOffset) {
  Leases one(1, LeaseRules{}, "voices.recordings", random_);
  take_up(one, PartitionId(0));
  for (std::uint64_t n = 1; n <= 2; ++n) one.add(PartitionId(0), make_prompt(n));
  const auto first = std::get<ToBeSent>(one.begin_take(take(numbered_prompt(1), std::nullopt, 1, 1), now_));
  const auto second = std::get<ToBeSent>(one.begin_take(take(numbered_prompt(2), std::nullopt, 2, 2), now_));
  one.finish_take(second.number, Offset(1));
  EXPECT_EQ(one.next_offset(PartitionId(0)), Offset(0));
  one.finish_take(first.number, Offset(0));
  EXPECT_EQ(one.next_offset(PartitionId(0)), Offset(2));
}

TEST(Ids, GoThereAndBack) {
  EXPECT_EQ(prompt_of_id(*id_of_prompt("16VAHQ3ZDK8QKMHETNY0DKA6Z7")), "16VAHQ3ZDK8QKMHETNY0DKA6Z7");
  EXPECT_EQ(uuid_of_id(*id_of_uuid("0190A1B2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")), "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
  EXPECT_FALSE(id_of_uuid("0190a1b2"));
  EXPECT_FALSE(id_of_prompt("16vahq3zdk8qkmhetny0dka6z7"));
  EXPECT_EQ(to_hex(*sha256_of_hex(sha256_hex(as_bytes("x")))), sha256_hex(as_bytes("x")));
}

}  // namespace
}  // namespace antiphon::studio
