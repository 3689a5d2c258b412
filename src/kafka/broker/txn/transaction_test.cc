// The state machine of one transactional id, as tables: a state and a request give an answer, or a next state.
#include "kafka/broker/txn/transaction.h"

#include <gtest/gtest.h>

#include "kafka/broker/txn/records.h"

namespace antiphon::kafka::broker {
namespace {

using E = ErrorCode;
using S = TransactionState;
constexpr std::int64_t kNow = 1'000'000;
const TopicPartition kA0{"a", PartitionId(0)};
const TopicPartition kB1{"b", PartitionId(1)};

ProducerIdentity who(std::int64_t id, int epoch) {
  return {ProducerId(id), ProducerEpoch(static_cast<std::int16_t>(epoch))};
}
Transaction in(S state, int epoch = 5) {
  Transaction one;
  one.producer_id = ProducerId(7);
  one.epoch = ProducerEpoch(static_cast<std::int16_t>(epoch));
  one.timeout_ms = 60'000;
  one.state = state;
  if (state == S::kOngoing || is_prepared(state)) one.partitions = {kA0};
  one.start_ms = state == S::kEmpty ? -1 : 500;
  return one;
}
std::optional<ProducerId> id_99() { return ProducerId(99); }

struct EndCase {
  S state;
  bool commit;
  E error;
  std::optional<S> next;
};
class End : public ::testing::TestWithParam<EndCase> {};
TEST_P(End, AnswersAsKafka) {
  const EndCase& c = GetParam();
  const Decision decision = decide_end(in(c.state), who(7, 5), c.commit, kNow);
  EXPECT_EQ(decision.error, c.error);
  ASSERT_EQ(decision.next.has_value(), c.next.has_value());
  if (!c.next) return;
  EXPECT_EQ(decision.next->state, *c.next);
  EXPECT_EQ(decision.next->partitions, std::set{kA0});
  EXPECT_EQ(decision.next->epoch, ProducerEpoch(5));
}
INSTANTIATE_TEST_SUITE_P(States, End,
                         ::testing::Values(EndCase{S::kEmpty, true, E::kInvalidTxnState, {}},
                                           EndCase{S::kEmpty, false, E::kInvalidTxnState, {}},
                                           EndCase{S::kOngoing, true, E::kNone, S::kPrepareCommit},
                                           EndCase{S::kOngoing, false, E::kNone, S::kPrepareAbort},
                                           EndCase{S::kPrepareCommit, true, E::kConcurrentTransactions, {}},
                                           EndCase{S::kPrepareCommit, false, E::kInvalidTxnState, {}},
                                           EndCase{S::kPrepareAbort, true, E::kInvalidTxnState, {}},
                                           EndCase{S::kPrepareAbort, false, E::kConcurrentTransactions, {}},
                                           EndCase{S::kCompleteCommit, true, E::kNone, {}},
                                           EndCase{S::kCompleteCommit, false, E::kInvalidTxnState, {}},
                                           EndCase{S::kCompleteAbort, true, E::kInvalidTxnState, {}},
                                           EndCase{S::kCompleteAbort, false, E::kNone, {}}),
                         [](const auto& of) {
                           return std::string(to_string(of.param.state)) + (of.param.commit ? "Commit" : "Abort");
                         });

struct InitCase {
  const char* name;
  Transaction before;
  std::optional<ProducerIdentity> expected;
  E error;
  std::optional<S> next;
  ProducerIdentity given;
};
Transaction after_raise(int last_epoch) {
  Transaction one = in(S::kEmpty);
  one.last_epoch = ProducerEpoch(static_cast<std::int16_t>(last_epoch));
  return one;
}
Transaction after_rotation() {
  Transaction one = in(S::kEmpty, 0);
  one.last_producer_id = ProducerId(3);
  one.last_epoch = ProducerEpoch(32766);
  return one;
}
class Init : public ::testing::TestWithParam<InitCase> {};
TEST_P(Init, AnswersAsKafka) {
  const InitCase& c = GetParam();
  const Decision decision = decide_init(c.before, 30'000, c.expected, id_99, kNow);
  EXPECT_EQ(decision.error, c.error);
  ASSERT_EQ(decision.next.has_value(), c.next.has_value());
  if (!c.next) return;
  EXPECT_EQ(decision.next->state, *c.next);
  EXPECT_EQ(decision.next->producer_id, c.given.id);
  EXPECT_EQ(decision.next->epoch, c.given.epoch);
  if (*c.next == S::kEmpty) {
    EXPECT_TRUE(decision.next->partitions.empty());
    EXPECT_EQ(decision.next->timeout_ms, 30'000);
  }
}
INSTANTIATE_TEST_SUITE_P(
    Cases, Init,
    ::testing::Values(
        InitCase{"AFreshIdGetsEpoch0", in(S::kEmpty, -1), {}, E::kNone, S::kEmpty, who(7, 0)},
        InitCase{"AFreshIdTakesAnyExpectation", in(S::kEmpty, -1), who(1, 4), E::kNone, S::kEmpty, who(7, 0)},
        InitCase{"ANewInstanceRaisesTheEpoch", in(S::kCompleteCommit), {}, E::kNone, S::kEmpty, who(7, 6)},
        InitCase{"AfterAnAbortToo", in(S::kCompleteAbort), {}, E::kNone, S::kEmpty, who(7, 6)},
        InitCase{"TheExpectedEpochIsRaised", in(S::kCompleteAbort), who(7, 5), E::kNone, S::kEmpty, who(7, 6)},
        InitCase{"AskedAgainTheAnswerIsTheSame", after_raise(4), who(7, 4), E::kNone, S::kEmpty, who(7, 5)},
        InitCase{"AnOlderEpochIsFenced", after_raise(4), who(7, 3), E::kProducerFenced, {}, {}},
        InitCase{"AnotherIdIsFenced", in(S::kEmpty), who(8, 5), E::kProducerFenced, {}, {}},
        InitCase{"AnOngoingOneIsAbortedUnderTheNextEpoch", in(S::kOngoing), {}, E::kNone, S::kPrepareAbort, who(7, 6)},
        InitCase{"APreparedOneIsWaitedFor", in(S::kPrepareCommit), {}, E::kConcurrentTransactions, {}, {}},
        InitCase{"APreparedAbortToo", in(S::kPrepareAbort), {}, E::kConcurrentTransactions, {}, {}},
        InitCase{"TheLastEpochGivesANewId", in(S::kCompleteCommit, 32766), {}, E::kNone, S::kEmpty, who(99, 0)},
        InitCase{"ExpectedItGivesANewIdToo", in(S::kEmpty, 32766), who(7, 32766), E::kNone, S::kEmpty, who(99, 0)},
        InitCase{"OfTheIdBeforeTheAnswerIsTheSame", after_rotation(), who(3, 32766), E::kNone, S::kEmpty, who(7, 0)},
        InitCase{"AFencingAbortMayUseTheVeryLastEpoch",
                 in(S::kOngoing, 32766),
                 {},
                 E::kNone,
                 S::kPrepareAbort,
                 who(7, 32767)}),
    [](const auto& of) { return of.param.name; });

TEST(Transaction, WithoutANewProducerIdAnExhaustedOneIsAskedToComeBack) {
  const auto none = [] { return std::optional<ProducerId>(); };
  EXPECT_EQ(decide_init(in(S::kEmpty, 32766), 1, {}, none, kNow).error, E::kCoordinatorNotAvailable);
}

struct AddCase {
  const char* name;
  Transaction before;
  ProducerIdentity by;
  std::set<TopicPartition> partitions;
  E error;
  bool changes;
};
class Add : public ::testing::TestWithParam<AddCase> {};
TEST_P(Add, AnswersAsKafka) {
  const AddCase& c = GetParam();
  const Decision decision = decide_add(c.before, c.by, c.partitions, kNow);
  EXPECT_EQ(decision.error, c.error);
  ASSERT_EQ(decision.next.has_value(), c.changes);
  if (!c.changes) return;
  EXPECT_EQ(decision.next->state, S::kOngoing);
  for (const auto& each : c.partitions) EXPECT_TRUE(decision.next->partitions.contains(each));
  EXPECT_EQ(decision.next->start_ms, c.before.state == S::kOngoing ? 500 : kNow) << "its time runs from the first one";
}
INSTANTIATE_TEST_SUITE_P(
    Cases, Add,
    ::testing::Values(
        AddCase{"Begins", in(S::kEmpty), who(7, 5), {kA0}, E::kNone, true},
        AddCase{"BeginsAfterACommit", in(S::kCompleteCommit), who(7, 5), {kA0}, E::kNone, true},
        AddCase{"BeginsAfterAnAbort", in(S::kCompleteAbort), who(7, 5), {kB1}, E::kNone, true},
        AddCase{"AddsOne", in(S::kOngoing), who(7, 5), {kB1}, E::kNone, true},
        AddCase{"KnowsItAlready", in(S::kOngoing), who(7, 5), {kA0}, E::kNone, false},
        AddCase{"WaitsForACommit", in(S::kPrepareCommit), who(7, 5), {kB1}, E::kConcurrentTransactions, false},
        AddCase{"WaitsForAnAbort", in(S::kPrepareAbort), who(7, 5), {kB1}, E::kConcurrentTransactions, false},
        AddCase{"AnOldEpoch", in(S::kOngoing), who(7, 4), {kB1}, E::kProducerFenced, false},
        AddCase{"ANewerEpochThanAny", in(S::kOngoing), who(7, 6), {kB1}, E::kProducerFenced, false},
        AddCase{"AnotherProducer", in(S::kOngoing), who(8, 5), {kB1}, E::kInvalidProducerIdMapping, false}),
    [](const auto& of) { return of.param.name; });

TEST(Transaction, AWriteIsVerifiedAgainstWhatWasAdded) {
  EXPECT_EQ(verify(in(S::kOngoing), who(7, 5), kA0), E::kNone);
  EXPECT_EQ(verify(in(S::kOngoing), who(7, 5), kB1), E::kTransactionAbortable);
  EXPECT_EQ(verify(in(S::kEmpty), who(7, 5), kA0), E::kTransactionAbortable);
  EXPECT_EQ(verify(in(S::kPrepareCommit), who(7, 5), kA0), E::kConcurrentTransactions);
  EXPECT_EQ(verify(in(S::kOngoing), who(7, 4), kA0), E::kProducerFenced);
  EXPECT_EQ(verify(in(S::kOngoing), who(6, 5), kA0), E::kInvalidProducerIdMapping);
}

TEST(Transaction, TheEndLeavesNoPartitions) {
  EXPECT_EQ(completed(in(S::kPrepareCommit), kNow).state, S::kCompleteCommit);
  EXPECT_EQ(completed(in(S::kPrepareAbort), kNow).state, S::kCompleteAbort);
  EXPECT_TRUE(completed(in(S::kPrepareAbort), kNow).partitions.empty());
}

TEST(TransactionRecords, EveryStateComesBackFromItsRecord) {
  for (const S state :
       {S::kEmpty, S::kOngoing, S::kPrepareCommit, S::kPrepareAbort, S::kCompleteCommit, S::kCompleteAbort}) {
    Transaction one = in(state);
    if (!one.partitions.empty()) one.partitions.insert({{"a", PartitionId(3)}, kB1});
    const KeyedRecord record = transaction_record("tx", one);
    EXPECT_EQ(*decode_transaction_key(record.key), "tx");
    const auto again = decode_transaction(*record.value);
    ASSERT_TRUE(again) << to_string(state);
    EXPECT_EQ(again->state, state);
    EXPECT_EQ(again->partitions, one.partitions);
    EXPECT_EQ(again->producer_id, one.producer_id);
    EXPECT_EQ(again->epoch, one.epoch);
    EXPECT_EQ(again->timeout_ms, one.timeout_ms);
    EXPECT_EQ(again->start_ms, one.start_ms);
  }
  Transaction odd = in(S::kDead);
  EXPECT_FALSE(decode_transaction(*transaction_record("tx", odd).value)) << "none of ours is stored so";
}

}  // namespace
}  // namespace antiphon::kafka::broker
