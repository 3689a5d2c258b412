// Transactions as clients see them, over a disk in memory. Names in brackets are the traps of other brokers.
#include <fmt/format.h>

#include <algorithm>

#include "kafka/broker/core/internal_topic.h"
#include "kafka/broker/testing/transactions.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;
using testing::E;
using testing::Producer;

class Transactions : public testing::TransactionsTest {};

TEST_F(Transactions, ReadersOfCommittedRecordsSeeATransactionWholeOrNotAtAll) {  // [31] [32]
  Producer p = started();
  EXPECT_EQ(add(p, {0, 1}), E::kNone);
  EXPECT_EQ(produce(p, 0, "a"), E::kNone);
  EXPECT_EQ(produce(p, 1, "b"), E::kNone);
  auto open = fetch(0, true);
  EXPECT_EQ(open.high_watermark, Offset(1));
  EXPECT_EQ(open.last_stable_offset, Offset(0));
  EXPECT_TRUE(open.records.bytes().empty());
  EXPECT_EQ(committed_values(fetch(0, false)), Values{"a"}) << "read_uncommitted takes all";
  EXPECT_FALSE(fetch(0, false).aborted_transactions) << "and gets no list";
  EXPECT_EQ(latest(0, true), 0);
  EXPECT_EQ(latest(0, false), 1);
  EXPECT_EQ(end(p, true), E::kNone);
  EXPECT_EQ(read_committed(0), Values{"a"});
  EXPECT_EQ(read_committed(1), Values{"b"});
  EXPECT_EQ(latest(0, true), 2) << "one marker";

  EXPECT_EQ(add(p, {0}), E::kNone);
  EXPECT_EQ(produce(p, 0, "never"), E::kNone);
  EXPECT_EQ(end(p, false), E::kNone);
  const auto after = fetch(0, true);
  ASSERT_EQ(after.aborted_transactions->size(), 1U);
  EXPECT_EQ(after.aborted_transactions->at(0).producer_id, p.producer_id);
  EXPECT_EQ(after.aborted_transactions->at(0).first_offset, Offset(2));
  EXPECT_EQ(read_committed(0), Values{"a"});
  EXPECT_EQ(fetch(0, true, 4).aborted_transactions->size(), 0U);
}

TEST_F(Transactions, AReaderWaitsForTheMarkerAndIsWokenByIt) {  // [30] [33]
  Producer p = started();
  add(p, {0});
  produce(p, 0, "a");
  const auto waiting = d.send(11, fetch_request(0, true, 0, 10'000));
  d.pump();
  EXPECT_FALSE(d.answered(waiting));
  EXPECT_EQ(end(p, true), E::kNone);
  ASSERT_TRUE(d.answered(waiting));
  EXPECT_EQ(committed_values(d.take<wire::FetchResponse>(waiting, 11).responses.at(0).partitions.at(0)), Values{"a"});
}

TEST_F(Transactions, APlainRecordBehindAnOpenTransactionWaitsWithIt) {
  Producer p = started();
  add(p, {0});
  produce(p, 0, "a");
  wire::BatchBuilder builder;
  builder.add(to_unix_ms(d.clock.wall_now()), std::nullopt, as_bytes("plain"));
  EXPECT_EQ(produce(*builder.finish(), 0, std::nullopt), E::kNone);
  EXPECT_EQ(read_committed(0), Values{});
  end(p, false);
  EXPECT_EQ(read_committed(0), Values{"plain"});
}

struct Refused {
  const char* name;
  wire::ApiVersion version;
  E error;
};
class NotAdded : public Transactions, public ::testing::WithParamInterface<Refused> {};
TEST_P(NotAdded, AWriteOutsideOfTheTransactionIsRefusedAsKafkaDoes) {
  Producer p = started();
  add(p, {0});
  const Bytes batch = batch_of(p, 1, "x");
  EXPECT_EQ(produce(batch, 1, p.id, GetParam().version), GetParam().error);
  EXPECT_EQ(fetch(1, false).high_watermark, Offset(0));
  EXPECT_EQ(produce(batch, 1, std::nullopt, GetParam().version), E::kTransactionalIdAuthorizationFailed);
}
INSTANTIATE_TEST_SUITE_P(Versions, NotAdded,
                         ::testing::Values(Refused{"Old", 3, E::kInvalidTxnState},
                                           Refused{"Ten", 10, E::kInvalidTxnState},
                                           Refused{"Eleven", 11, E::kTransactionAbortable}),
                         [](const auto& of) { return of.param.name; });

TEST_F(Transactions, ANewInstanceFencesTheOldOneWithTheErrorThatItsVersionKnows) {  // [12]
  Producer old = started();
  add(old, {0});
  produce(old, 0, "old");
  EXPECT_EQ(init("tx").error_code, E::kConcurrentTransactions) << "its transaction is aborted first";
  Producer fresh = started();
  EXPECT_EQ(fresh.producer_id, old.producer_id);
  EXPECT_GT(fresh.epoch, old.epoch);
  EXPECT_EQ(produce(old, 0, "zombie"), E::kInvalidProducerEpoch);
  EXPECT_EQ(add(old, {0}, "t", 1), E::kInvalidProducerEpoch);
  EXPECT_EQ(add(old, {0}, "t", 2), E::kProducerFenced);
  EXPECT_EQ(end(old, true, 1), E::kInvalidProducerEpoch);
  EXPECT_EQ(end(old, true, 2), E::kProducerFenced);
  const ProducerIdentity stale{old.producer_id, old.epoch};
  EXPECT_EQ(init("tx", 3, 60'000, stale).error_code, E::kInvalidProducerEpoch);
  EXPECT_EQ(init("tx", 4, 60'000, stale).error_code, E::kProducerFenced);
  EXPECT_EQ(static_cast<int>(E::kProducerFenced), 90);
  EXPECT_EQ(read_committed(0), Values{});
  const auto raised = init("tx", 4, 60'000, {fresh.producer_id, fresh.epoch});  // KIP-360
  EXPECT_EQ(raised.error_code, E::kNone);
  EXPECT_EQ(raised.producer_epoch, fresh.epoch + 1);
}

TEST_F(Transactions, RequestsThatMakeNoSenseAreToldSo) {
  EXPECT_EQ(init("tx", 4, 900'001).error_code, E::kInvalidTransactionTimeout);  // [42]
  EXPECT_EQ(init("").error_code, E::kInvalidRequest);
  Producer p = started();
  EXPECT_EQ(end(p, true), E::kInvalidTxnState) << "nothing was begun";
  EXPECT_EQ(add(p, {7}), E::kUnknownTopicOrPartition);
  Producer stranger{"nobody", ProducerId(99), ProducerEpoch(0), {}};
  EXPECT_EQ(add(stranger, {0}), E::kInvalidProducerIdMapping);
  EXPECT_EQ(end(stranger, true), E::kInvalidProducerIdMapping);
  EXPECT_EQ(add_group(p, ""), E::kInvalidGroupId);
}

TEST_F(Transactions, BrokersMayAskForManyAtOnceAndOnlyToVerify) {
  Producer p = started();
  wire::AddPartitionsToTxnRequest r;
  r.transactions.push_back({p.id, p.producer_id, p.epoch, false, {{"t", {PartitionId(0)}}}});
  r.transactions.push_back({p.id, p.producer_id, p.epoch, true, {{"t", {PartitionId(1)}}}});
  const auto answer = d.call<wire::AddPartitionsToTxnResponse>(4, r);
  ASSERT_EQ(answer.results_by_transaction.size(), 2U);
  const auto code = [&](std::size_t i) {
    return answer.results_by_transaction[i].topic_results.at(0).results_by_partition.at(0).partition_error_code;
  };
  EXPECT_EQ(code(0), E::kNone);
  EXPECT_EQ(code(1), E::kTransactionAbortable);
}

TEST_F(Transactions, ATransactionThatTakesTooLongIsAbortedByTheClock) {  // [33]
  Producer p = started("tx", 5'000);
  add(p, {0});
  produce(p, 0, "slow");
  d.advance(4'900ms);
  EXPECT_EQ(latest(0, true), 0);
  EXPECT_LE(d.core->next_deadline(), d.clock.mono_now() + 100ms);
  d.advance(100ms);
  EXPECT_EQ(latest(0, true), 2);
  EXPECT_EQ(read_committed(0), Values{});
  EXPECT_EQ(produce(p, 0, "late"), E::kInvalidProducerEpoch);
  EXPECT_EQ(end(p, true), E::kProducerFenced);
}

TEST_F(Transactions, OneThatHoldsReadersUpIsSeenInTheMetricsWithItsAge) {
  const auto metrics = [&] {
    d.core->housekeeping();
    return d.metrics.snapshot();
  };
  EXPECT_EQ(metrics().transactions_open, 0U);
  Producer hung = started("hung", 900'000);
  add(hung, {0});
  produce(hung, 0, "held");
  d.advance(61s);
  Producer p = started();
  add(p, {1});
  EXPECT_EQ(latest(0, true), 0);
  EXPECT_EQ(metrics().transactions_open, 2U);
  EXPECT_EQ(metrics().transactions_oldest_age_s, 61U);
  EXPECT_EQ(end(p, true), E::kNone);
  EXPECT_EQ(metrics().transactions_open, 1U);
  EXPECT_EQ(metrics().transactions_committed, 1U);
  d.crash(1);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(d.metrics.snapshot().transactions_oldest_age_s, 61U) << "seen from the start on";
  d.advance(900s);
  EXPECT_EQ(metrics().transactions_timed_out, 1U);
  EXPECT_EQ(metrics().transactions_open, 0U);
  EXPECT_EQ(metrics().transactions_oldest_age_s, 0U);
  EXPECT_EQ(end(hung, true), E::kProducerFenced);
  EXPECT_EQ(metrics().producers_fenced_by_epoch, 1U);
}

// Runs a transaction over two partitions and a group, cuts the power after so many steps of EndTxn, and looks.
TEST_F(Transactions, APowerCutAtAnyStepOfTheEndLeavesOneOutcomeAndNothingStuck) {  // [33]
  for (const bool commit : {true, false}) {
    for (int cut = 0; cut < 12; ++cut) {
      for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const std::string what = fmt::format("commit {} cut {} seed {}", commit, cut, seed);
        d.core.reset();
        d.settings.data_dir = "/data " + what;
        SetUp();
        Producer p = started("tx", 30'000);
        ASSERT_EQ(add(p, {0, 1}), E::kNone);
        ASSERT_EQ(add_group(p, "g"), E::kNone);
        ASSERT_EQ(produce(p, 0, "a"), E::kNone);
        ASSERT_EQ(produce(p, 1, "b"), E::kNone);
        ASSERT_EQ(commit_offset(p, "g", 5), E::kNone);
        const auto asked = d.send(3, end_request(p, commit));
        for (int step = 0; step < cut; ++step) {
          if (step % 2 == 0) {
            d.core->log().syncer().run_once();
          } else {
            d.core->advance();
          }
        }
        const bool answered = d.answered(asked);
        d.crash(seed);
        ASSERT_TRUE(d.start()) << what;
        const bool ended = latest(0, true) == latest(0, false);
        if (answered) {
          EXPECT_TRUE(ended) << what;
        }
        if (!ended) {
          EXPECT_EQ(latest(0, true), 0) << what;
          EXPECT_EQ(fetch_offset("g", true).first, E::kUnstableOffsetCommit) << what;
          d.advance(31s);
        }
        EXPECT_EQ(latest(0, true), latest(0, false)) << what;
        EXPECT_EQ(latest(1, true), latest(1, false)) << what;
        const bool committed = ended && commit;
        EXPECT_EQ(read_committed(0), committed ? Values{"a"} : Values{}) << what;
        EXPECT_EQ(read_committed(1), committed ? Values{"b"} : Values{}) << what;
        EXPECT_EQ(fetch_offset("g", true), (std::pair{E::kNone, std::int64_t{committed ? 5 : -1}})) << what;
        Producer next = started("tx", 30'000);
        ASSERT_EQ(add(next, {0}), E::kNone) << what;
        ASSERT_EQ(produce(next, 0, "next"), E::kNone) << what;
        ASSERT_EQ(end(next, true), E::kNone) << what;
        EXPECT_EQ(read_committed(0).back(), "next") << what;
        if (HasFailure()) return;
      }
    }
  }
}

TEST_F(Transactions, ToolsSeeProducersAndTransactions) {
  Producer p = started();
  add(p, {1});
  produce(p, 1, "a");
  wire::DescribeTransactionsRequest describe;
  describe.transactional_ids = {"tx", "nobody"};
  const auto described = d.call<wire::DescribeTransactionsResponse>(0, describe);
  EXPECT_EQ(described.transaction_states.at(0).transaction_state, "Ongoing");
  EXPECT_EQ(described.transaction_states.at(0).topics.at(0).partitions.at(0), PartitionId(1));
  EXPECT_EQ(described.transaction_states.at(0).transaction_timeout_ms, 60'000);
  EXPECT_EQ(described.transaction_states.at(1).error_code, E::kTransactionalIdNotFound);
  wire::ListTransactionsRequest list;
  list.state_filters = {"Ongoing", "Sleeping"};
  auto listed = d.call<wire::ListTransactionsResponse>(0, list);
  EXPECT_EQ(listed.transaction_states.at(0).transactional_id, "tx");
  EXPECT_EQ(listed.unknown_state_filters.at(0), "Sleeping");
  list.state_filters = {"Empty"};
  EXPECT_TRUE(d.call<wire::ListTransactionsResponse>(0, list).transaction_states.empty());
  list.state_filters = {};
  list.duration_filter = 1'000;
  EXPECT_TRUE(d.call<wire::ListTransactionsResponse>(1, list).transaction_states.empty());
  d.advance(1'001ms);
  EXPECT_EQ(d.call<wire::ListTransactionsResponse>(1, list).transaction_states.size(), 1U);
  wire::DescribeProducersRequest producers;
  producers.topics.push_back({"t", {PartitionId(1), PartitionId(9)}});
  const auto known = d.call<wire::DescribeProducersResponse>(0, producers).topics.at(0);
  ASSERT_EQ(known.partitions.at(0).active_producers.size(), 1U);
  EXPECT_EQ(known.partitions.at(0).active_producers.at(0).producer_id, p.producer_id);
  EXPECT_EQ(known.partitions.at(0).active_producers.at(0).current_txn_start_offset, Offset(0));
  EXPECT_EQ(known.partitions.at(1).error_code, E::kUnknownTopicOrPartition);
}

TEST_F(Transactions, AToolEndsOneThatHangs) {  // KIP-664
  Producer p = started();
  add(p, {0});
  produce(p, 0, "hangs");
  wire::WriteTxnMarkersRequest r;
  r.markers.push_back({p.producer_id, p.epoch, false, {{"t", {PartitionId(0), PartitionId(5)}}}, 0});
  const auto answer = d.call<wire::WriteTxnMarkersResponse>(1, r);
  const auto& partitions = answer.markers.at(0).topics.at(0).partitions;
  EXPECT_EQ(partitions.at(0).error_code, E::kNone);
  EXPECT_EQ(partitions.at(1).error_code, E::kUnknownTopicOrPartition);
  EXPECT_EQ(latest(0, true), 2);
  EXPECT_EQ(read_committed(0), Values{});
}

TEST_F(Transactions, WhatIsOfferedPromisesNothingThatIsNotKept) {  // [13]
  const auto answer = d.call<wire::ApiVersionsResponse>(2, wire::ApiVersionsRequest{});
  const std::map<wire::ApiKey, std::int16_t> maxima{{wire::ApiKey::kProduce, 11},
                                                    {wire::ApiKey::kInitProducerId, 5},
                                                    {wire::ApiKey::kAddPartitionsToTxn, 5},
                                                    {wire::ApiKey::kAddOffsetsToTxn, 4},
                                                    {wire::ApiKey::kEndTxn, 4},
                                                    {wire::ApiKey::kWriteTxnMarkers, 1},
                                                    {wire::ApiKey::kTxnOffsetCommit, 4},
                                                    {wire::ApiKey::kDescribeProducers, 0},
                                                    {wire::ApiKey::kDescribeTransactions, 0},
                                                    {wire::ApiKey::kListTransactions, 1}};
  for (const auto& [key, max] : maxima) {
    const auto found = std::find_if(answer.api_keys.begin(), answer.api_keys.end(),
                                    [&](const auto& api) { return api.api_key == static_cast<std::int16_t>(key); });
    ASSERT_NE(found, answer.api_keys.end()) << to_string(key);
    EXPECT_EQ(found->min_version, 0) << to_string(key);
    EXPECT_EQ(found->max_version, max) << to_string(key);
  }
}

TEST_F(Transactions, TheCoordinatorsTopicIsRealAndNobodyElseWritesToIt) {
  started();
  const auto* meta = d.core->log().topic(kTransactionsTopic);
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->config.at("cleanup.policy"), "compact");
  Offset records{0};
  for (std::int32_t i = 0; i < meta->partition_count; ++i) {
    records = records + d.core->log().partition(kTransactionsTopic, PartitionId(i))->log_end_offset().value();
  }
  EXPECT_EQ(records, Offset(1));
  wire::FindCoordinatorRequest find;
  find.key_type = 1;
  find.coordinator_keys = {"tx"};
  EXPECT_EQ(d.call<wire::FindCoordinatorResponse>(4, find).coordinators.at(0).error_code, E::kNone);
}

}  // namespace
}  // namespace antiphon::kafka::broker
