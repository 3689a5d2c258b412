// The transaction coordinator, told the time; its store and the partitions that take markers are kept in memory and
// answer when the test says so.
#include "kafka/broker/txn/coordinator.h"

#include <gtest/gtest.h>

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;
using E = ErrorCode;
using S = TransactionState;
const TopicPartition kA0{"a", PartitionId(0)};
const TopicPartition kB1{"b", PartitionId(1)};

// What is appended becomes durable one after the other, by settle().
template <class What>
struct Queue {
  std::vector<std::pair<What, std::function<void(E)>>> waiting;
  E answer = E::kNone;
  std::vector<What> durable;

  void settle_one() {
    auto [what, done] = std::move(waiting.front());
    waiting.erase(waiting.begin());
    if (answer == E::kNone) durable.push_back(std::move(what));
    done(answer);
  }
};
struct Store final : TransactionStore, Queue<KeyedRecord> {
  void append(std::string_view, KeyedRecord record, std::function<void(E)> done) override {
    waiting.emplace_back(std::move(record), std::move(done));
  }
  std::int32_t coordinator_epoch(std::string_view) override { return 4; }
};
struct Markers final : MarkerWriter, Queue<MarkerToWrite> {
  void write(const MarkerToWrite& marker, std::function<void(E)> done) override {
    waiting.emplace_back(marker, std::move(done));
  }
};

class Coordinator : public ::testing::Test {
 protected:
  Coordinator() { restart(); }

  // As after a crash: only what is durable is there.
  void restart() {
    store.waiting.clear();
    markers.waiting.clear();
    coordinator = std::make_unique<TransactionCoordinator>(
        settings, store, markers, [this]() -> std::optional<ProducerId> { return ProducerId(next_id++); });
    for (const auto& r : store.durable) {
      ASSERT_TRUE(coordinator->load(r.key, r.value ? std::optional<ByteView>(*r.value) : std::nullopt));
    }
    coordinator->loaded(now());
  }
  [[nodiscard]] Instant now() const { return {clock.mono_now(), clock.wall_now()}; }
  bool step() {
    if (!store.waiting.empty()) return store.settle_one(), true;
    if (!markers.waiting.empty()) return markers.settle_one(), true;
    return false;
  }
  void pump() {
    while (step()) {
    }
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    if (coordinator->next_deadline() <= clock.mono_now()) coordinator->expire(now());
  }

  std::pair<E, ProducerIdentity> init(std::optional<ProducerIdentity> expected = {}, std::int32_t timeout_ms = 60'000) {
    std::optional<std::pair<E, ProducerIdentity>> answer;
    coordinator->init(
        {"tx", timeout_ms, expected},
        [&](E e, ProducerIdentity i) {
          answer = {e, i};
        },
        now());
    pump();
    return answer.value();
  }
  E add(const ProducerIdentity& who, std::set<TopicPartition> partitions) {
    std::optional<E> answer;
    coordinator->add_partitions(
        "tx", who, partitions, [&](E e) { answer = e; }, now());
    pump();
    return answer.value();
  }
  E end(const ProducerIdentity& who, bool commit) {
    std::optional<E> answer;
    coordinator->end(
        "tx", who, commit, [&](E e) { answer = e; }, now());
    pump();
    return answer.value();
  }
  [[nodiscard]] S state() const { return coordinator->find("tx")->state; }

  TransactionSettings settings;
  Store store;
  Markers markers;
  ManualClock clock;
  std::int64_t next_id = 100;
  std::unique_ptr<TransactionCoordinator> coordinator;
};

TEST_F(Coordinator, ATransactionEndsWithAMarkerInEachOfItsPartitions) {
  const auto [error, who] = init();
  ASSERT_EQ(error, E::kNone);
  EXPECT_EQ(who.epoch, ProducerEpoch(0));
  EXPECT_EQ(add(who, {kA0}), E::kNone);
  EXPECT_EQ(add(who, {kB1}), E::kNone);
  EXPECT_EQ(end(who, true), E::kNone);
  ASSERT_EQ(markers.durable.size(), 2U);
  EXPECT_EQ(markers.durable[0].partition, kA0);
  EXPECT_EQ(markers.durable[1].partition, kB1);
  EXPECT_TRUE(markers.durable[0].commit);
  EXPECT_EQ(markers.durable[0].coordinator_epoch, 4);
  EXPECT_EQ(state(), S::kCompleteCommit);
  EXPECT_EQ(end(who, true), E::kNone) << "asked again";
  EXPECT_EQ(end(who, false), E::kInvalidTxnState);
  EXPECT_EQ(markers.durable.size(), 2U);
}

TEST_F(Coordinator, TheEndIsAnsweredWhenItsMarkersAreDurableAndNotBefore) {
  const auto who = init().second;
  add(who, {kA0, kB1});
  std::optional<E> answer;
  coordinator->end(
      "tx", who, true, [&](E e) { answer = e; }, now());
  std::optional<E> second;
  coordinator->end(
      "tx", who, true, [&](E e) { second = e; }, now());
  EXPECT_EQ(second, E::kConcurrentTransactions);
  EXPECT_TRUE(markers.waiting.empty()) << "nothing is decided before it is stored";
  step();
  step();
  EXPECT_FALSE(answer);
  EXPECT_EQ(add(who, {kB1}), E::kConcurrentTransactions);
}

TEST_F(Coordinator, ACrashAtAnyStepLeavesAnOutcomeThatEverybodySees) {
  for (int crash_at = 0;; ++crash_at) {
    store.durable.clear();
    markers.durable.clear();
    restart();
    const auto who = init().second;
    add(who, {kA0, kB1});
    std::optional<E> answer;
    coordinator->end(
        "tx", who, true, [&](E e) { answer = e; }, now());
    int steps = 0;
    while (steps < crash_at && step()) ++steps;
    const bool answered = answer.has_value();
    restart();
    pump();
    const bool decided = steps > 0;  // the first step makes PrepareCommit durable
    EXPECT_EQ(state(), decided ? S::kCompleteCommit : S::kOngoing) << crash_at;
    std::set<TopicPartition> marked;
    for (const auto& marker : markers.durable) {
      EXPECT_TRUE(marker.commit);
      marked.insert(marker.partition);
    }
    EXPECT_EQ(marked.size(), decided ? 2U : 0U) << crash_at;
    EXPECT_LE(answered, decided);
    if (!decided) {
      EXPECT_EQ(end(who, false), E::kNone) << "it can still be aborted";
    }
    if (steps < crash_at) break;  // the whole way, once
  }
}

TEST_F(Coordinator, ANewInstanceFencesTheOneBefore) {
  const auto first = init().second;
  add(first, {kA0});
  EXPECT_EQ(init().first, E::kConcurrentTransactions) << "its open transaction is aborted first";
  ASSERT_EQ(markers.durable.size(), 1U);
  EXPECT_FALSE(markers.durable[0].commit);
  EXPECT_EQ(markers.durable[0].producer.epoch, ProducerEpoch(1)) << "under the next epoch, so that partitions fence it";
  const auto [error, second] = init();
  EXPECT_EQ(error, E::kNone);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.epoch, ProducerEpoch(2));
  EXPECT_EQ(add(first, {kA0}), E::kProducerFenced);
  EXPECT_EQ(end(first, true), E::kProducerFenced);
  EXPECT_EQ(init(first).first, E::kProducerFenced);
  EXPECT_EQ(coordinator->verify("tx", first, kA0), E::kProducerFenced);
}

TEST_F(Coordinator, ATransactionThatTakesTooLongIsAborted) {
  const auto who = init({}, 5'000).second;
  add(who, {kA0});
  advance(4'999ms);
  pump();
  EXPECT_EQ(state(), S::kOngoing);
  advance(1ms);
  pump();
  EXPECT_EQ(state(), S::kCompleteAbort);
  EXPECT_EQ(markers.durable.at(0).producer.epoch, ProducerEpoch(1));
  EXPECT_EQ(end(who, true), E::kProducerFenced);
  EXPECT_EQ(coordinator->next_deadline(), MonoTime::max());
}

TEST_F(Coordinator, ItsTimeRunsOnOverARestart) {
  const auto who = init({}, 5'000).second;
  add(who, {kA0});
  clock.advance(4s);
  restart();
  advance(999ms);
  EXPECT_EQ(state(), S::kOngoing);
  advance(1ms);
  pump();
  EXPECT_EQ(state(), S::kCompleteAbort);
}

TEST_F(Coordinator, OpenTransactionsAreSeenWithTheOldestOfThemUntilTheirMarkersAreDurable) {
  EXPECT_EQ(coordinator->open().count, 0U);
  EXPECT_EQ(coordinator->open().oldest_start_ms, -1);
  const auto who = init().second;
  EXPECT_EQ(coordinator->open().count, 0U) << "begun by the first partition, not by InitProducerId";
  const auto began_ms = to_unix_ms(clock.wall_now());
  add(who, {kA0});
  clock.advance(7s);
  add(who, {kB1});
  EXPECT_EQ(coordinator->open().count, 1U);
  EXPECT_EQ(coordinator->open().oldest_start_ms, began_ms);
  markers.answer = E::kKafkaStorageError;
  EXPECT_EQ(end(who, true), E::kCoordinatorNotAvailable);
  EXPECT_EQ(coordinator->open().count, 1U) << "decided, but a partition still waits for its marker";
  restart();
  EXPECT_EQ(coordinator->open().oldest_start_ms, began_ms) << "a restart makes it no younger";
  markers.answer = E::kNone;
  pump();
  EXPECT_EQ(coordinator->open().count, 0U);
}

TEST_F(Coordinator, EndsAreCountedByTheirOutcomeAndFencedProducersByTheirRequests) {
  const auto is = [&](std::uint64_t committed, std::uint64_t aborted, std::uint64_t timed_out, std::uint64_t fenced) {
    const TransactionCounts& counts = coordinator->counts();
    EXPECT_EQ(counts.committed, committed);
    EXPECT_EQ(counts.aborted, aborted);
    EXPECT_EQ(counts.timed_out, timed_out);
    EXPECT_EQ(counts.fenced, fenced);
  };
  auto who = init({}, 5'000).second;
  add(who, {kA0});
  end(who, true);
  end(who, true);  // the same end, asked for again
  is(1, 0, 0, 0);
  add(who, {kA0});
  end(who, false);
  is(1, 1, 0, 0);
  add(who, {kA0});
  init();
  is(1, 2, 0, 0);  // a newer instance
  const auto newer = init({}, 5'000).second;
  EXPECT_EQ(end(who, true), E::kProducerFenced);
  is(1, 2, 0, 1);
  add(newer, {kA0});
  advance(5s);
  pump();
  is(1, 2, 1, 1);
  EXPECT_EQ(add(newer, {kA0}), E::kProducerFenced);
  EXPECT_EQ(coordinator->verify("tx", newer, kA0), E::kProducerFenced);
  EXPECT_EQ(init(newer).first, E::kProducerFenced);
  is(1, 2, 1, 4);
  who = init().second;
  add(who, {kA0});
  end(who, false);
  is(1, 3, 1, 4);  // the timeout before it is not remembered
}

struct Timeout {
  const char* name;
  std::int32_t ms;
  E error;
};
class Timeouts : public Coordinator, public ::testing::WithParamInterface<Timeout> {};
TEST_P(Timeouts, AreBounded) { EXPECT_EQ(init({}, GetParam().ms).first, GetParam().error); }  // trap 42
INSTANTIATE_TEST_SUITE_P(Trap42, Timeouts,
                         ::testing::Values(Timeout{"Longest", 900'000, E::kNone},
                                           Timeout{"TooLong", 900'001, E::kInvalidTransactionTimeout},
                                           Timeout{"None", 0, E::kInvalidTransactionTimeout},
                                           Timeout{"Negative", -1, E::kInvalidTransactionTimeout}),
                         [](const auto& of) { return of.param.name; });

TEST_F(Coordinator, AMarkerThatCannotBeWrittenIsTriedAgain) {  // trap 33
  const auto who = init().second;
  add(who, {kA0});
  std::optional<E> answer;
  coordinator->end(
      "tx", who, true, [&](E e) { answer = e; }, now());
  step();
  markers.answer = E::kKafkaStorageError;
  step();
  EXPECT_EQ(answer, E::kCoordinatorNotAvailable);
  EXPECT_EQ(state(), S::kPrepareCommit);
  EXPECT_EQ(end(who, true), E::kConcurrentTransactions);
  markers.answer = E::kNone;
  advance(1s);
  pump();
  EXPECT_EQ(state(), S::kCompleteCommit);
  EXPECT_EQ(markers.durable.size(), 1U);
}

TEST_F(Coordinator, APartitionThatIsGoneHoldsNobodyUp) {
  const auto who = init().second;
  add(who, {kA0});
  markers.answer = E::kUnknownTopicOrPartition;
  EXPECT_EQ(end(who, true), E::kNone);
}

TEST_F(Coordinator, AStateThatCannotBeStoredDoesNotCount) {
  const auto who = init().second;
  store.answer = E::kCoordinatorNotAvailable;
  EXPECT_EQ(add(who, {kA0}), E::kCoordinatorNotAvailable);
  EXPECT_EQ(state(), S::kEmpty);
  EXPECT_EQ(init().first, E::kCoordinatorNotAvailable);
  store.answer = E::kNone;
  EXPECT_EQ(add(who, {kA0}), E::kNone) << "its epoch is still the last one";
  store.answer = E::kCoordinatorNotAvailable;
  EXPECT_EQ(end(who, true), E::kCoordinatorNotAvailable);
  EXPECT_EQ(state(), S::kOngoing);
}

TEST_F(Coordinator, IdleIdsAreForgottenAndOngoingOnesAreNot) {
  settings.timeout_max = 24h * 100;
  const auto who = init({}, 24 * 3600 * 1000 * 20).second;
  add(who, {kA0});
  clock.advance(24h * 8);
  coordinator->tidy(now());
  pump();
  EXPECT_EQ(coordinator->size(), 1U);
  end(who, false);
  clock.advance(24h * 7 - 1ms);
  coordinator->tidy(now());
  pump();
  EXPECT_EQ(coordinator->size(), 1U);
  clock.advance(1ms);
  coordinator->tidy(now());
  pump();
  EXPECT_EQ(coordinator->size(), 0U);
  EXPECT_EQ(add(who, {kA0}), E::kInvalidProducerIdMapping);
  restart();
  EXPECT_EQ(coordinator->size(), 0U) << "a tombstone was stored";
}

TEST_F(Coordinator, ThereIsALimitToIdsAndToPartitions) {
  settings.ids_max = 1;
  settings.partitions_a_transaction_max = 1;
  const auto who = init().second;
  std::optional<E> answer;
  coordinator->init(
      {"another", 1'000, {}}, [&](E e, ProducerIdentity) { answer = e; }, now());
  EXPECT_EQ(answer, E::kPolicyViolation);
  EXPECT_EQ(add(who, {kA0, kB1}), E::kPolicyViolation);
  EXPECT_EQ(add(who, {kA0}), E::kNone);
}

TEST_F(Coordinator, AnIdWithoutATextOrThatNobodyKnowsIsRefused) {
  std::optional<E> answer;
  coordinator->init(
      {"", 1'000, {}}, [&](E e, ProducerIdentity) { answer = e; }, now());
  EXPECT_EQ(answer, E::kInvalidRequest);
  EXPECT_EQ(add({ProducerId(1), ProducerEpoch(0)}, {kA0}), E::kInvalidProducerIdMapping);
  EXPECT_EQ(end({ProducerId(1), ProducerEpoch(0)}, true), E::kInvalidProducerIdMapping);
}

}  // namespace
}  // namespace antiphon::kafka::broker
