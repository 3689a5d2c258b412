// What the tests of transactions share: a producer that sends what a client sends, and readers of both isolation
// levels.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kafka/broker/producer_identity.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker::testing {

using E = wire::ErrorCode;

// What a transactional producer sends.
struct Producer {
  std::string id = "tx";
  ProducerId producer_id{-1};
  ProducerEpoch epoch{-1};
  std::map<std::pair<std::string, int>, std::int32_t> sequences;
};

// A broker with the topic t of two partitions.
class TransactionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(d.start());
    wire::CreateTopicsRequest r;
    r.topics.push_back({"t", 2, 1, {}, {}});
    ASSERT_EQ(d.call<wire::CreateTopicsResponse>(7, r).topics.at(0).error_code, E::kNone);
  }

  wire::InitProducerIdResponse init(std::string_view id, wire::ApiVersion version = 4, std::int32_t timeout_ms = 60'000,
                                    ProducerIdentity expected = {}) {
    wire::InitProducerIdRequest r;
    r.transactional_id = id;
    r.transaction_timeout_ms = timeout_ms;
    r.producer_id = expected.id;
    r.producer_epoch = expected.epoch;
    return d.call<wire::InitProducerIdResponse>(version, r);
  }
  Producer started(std::string id = "tx", std::int32_t timeout_ms = 60'000) {
    const auto answer = init(id, 4, timeout_ms);
    EXPECT_EQ(answer.error_code, E::kNone);
    return {std::move(id), answer.producer_id, answer.producer_epoch, {}};
  }
  E add(const Producer& p, std::vector<int> partitions, std::string_view topic = "t", wire::ApiVersion version = 3) {
    wire::AddPartitionsToTxnRequest r;
    r.v3_and_below_transactional_id = p.id;
    r.v3_and_below_producer_id = p.producer_id;
    r.v3_and_below_producer_epoch = p.epoch;
    wire::AddPartitionsToTxnRequest::Topic asked{topic, {}};
    for (const int partition : partitions) asked.partitions.emplace_back(partition);
    r.v3_and_below_topics.push_back(asked);
    return d.call<wire::AddPartitionsToTxnResponse>(version, r)
        .results_by_topic_v3_and_below.at(0)
        .results_by_partition.at(0)
        .partition_error_code;
  }
  Bytes batch_of(Producer& p, int partition, std::string_view value) {
    wire::BatchSettings settings;
    settings.transactional = true;
    settings.producer_id = p.producer_id;
    settings.producer_epoch = p.epoch;
    settings.base_sequence = p.sequences[{"t", partition}]++;
    wire::BatchBuilder builder(settings);
    builder.add(to_unix_ms(d.clock.wall_now()), std::nullopt, as_bytes(value));
    return *builder.finish();
  }
  E produce(const Bytes& records, int partition, std::optional<std::string_view> id, wire::ApiVersion version = 9) {
    wire::ProduceRequest r;
    r.transactional_id = id;
    r.acks = -1;
    r.timeout_ms = 30'000;
    r.topic_data.push_back({"t", {{PartitionId(partition), wire::Records::in_memory(records)}}});
    return d.call<wire::ProduceResponse>(version, r).responses.at(0).partition_responses.at(0).error_code;
  }
  E produce(Producer& p, int partition, std::string_view value) {
    return produce(batch_of(p, partition, value), partition, p.id);
  }
  static wire::EndTxnRequest end_request(const Producer& p, bool commit) {
    wire::EndTxnRequest r;
    r.transactional_id = p.id;
    r.producer_id = p.producer_id;
    r.producer_epoch = p.epoch;
    r.committed = commit;
    return r;
  }
  E end(const Producer& p, bool commit, wire::ApiVersion version = 3) {
    return d.call<wire::EndTxnResponse>(version, end_request(p, commit)).error_code;
  }

  static wire::FetchRequest fetch_request(int partition, bool committed, std::int64_t from = 0,
                                          std::int32_t wait_ms = 0) {
    wire::FetchRequest r;
    r.isolation_level = committed ? 1 : 0;
    r.max_wait_ms = wait_ms;
    r.min_bytes = 1;
    wire::FetchRequest::Partition p;
    p.partition = PartitionId(partition);
    p.fetch_offset = Offset(from);
    p.partition_max_bytes = 1 << 20;
    r.topics.push_back({"t", {}, {p}});
    return r;
  }
  wire::FetchResponse::Partition fetch(int partition, bool committed, std::int64_t from = 0) {
    return d.call<wire::FetchResponse>(11, fetch_request(partition, committed, from)).responses.at(0).partitions.at(0);
  }
  // As a consumer does: passes over what the aborted list names, until its marker.
  static std::vector<std::string> committed_values(const wire::FetchResponse::Partition& answer) {
    std::vector<std::string> values;
    const auto aborted = answer.aborted_transactions.value_or(std::vector<wire::FetchResponse::AbortedTransaction>{});
    std::set<ProducerId> aborting;
    for (ByteView rest = answer.records.bytes(); !rest.empty();) {
      const auto batch = wire::BatchView::at(rest);
      if (!batch) break;
      rest = rest.subspan(batch->size());
      for (const auto& one : aborted) {
        if (one.first_offset <= batch->last_offset() && one.first_offset >= batch->base_offset())
          aborting.insert(one.producer_id);
      }
      wire::Buffer scratch;
      auto reader = wire::RecordReader::open(*batch, scratch);
      wire::RecordView record;
      while (reader && reader->next(record)) {
        if (batch->control()) {
          aborting.erase(batch->producer_id());
        } else if (!batch->transactional() || !aborting.contains(batch->producer_id())) {
          values.emplace_back(as_text(*record.value));
        }
      }
    }
    return values;
  }
  std::vector<std::string> read_committed(int partition) { return committed_values(fetch(partition, true)); }
  std::int64_t latest(int partition, bool committed) {
    wire::ListOffsetsRequest r;
    r.isolation_level = committed ? 1 : 0;
    wire::ListOffsetsRequest::Partition p;
    p.partition_index = PartitionId(partition);
    p.timestamp = -1;
    r.topics.push_back({"t", {p}});
    return d.call<wire::ListOffsetsResponse>(7, r).topics.at(0).partitions.at(0).offset.value();
  }

  E add_group(const Producer& p, std::string_view group) {
    return d.call<wire::AddOffsetsToTxnResponse>(3, wire::AddOffsetsToTxnRequest{p.id, p.producer_id, p.epoch, group})
        .error_code;
  }
  E commit_offset(const Producer& p, std::string_view group, std::int64_t offset, wire::ApiVersion version = 3,
                  std::string_view member = "", std::int32_t generation = -1) {
    wire::TxnOffsetCommitRequest r;
    r.transactional_id = p.id;
    r.group_id = group;
    r.producer_id = p.producer_id;
    r.producer_epoch = p.epoch;
    r.generation_id = GenerationId(generation);
    r.member_id = member;
    r.topics.push_back({"t", {{PartitionId(0), Offset(offset), LeaderEpoch(-1), "m"}}});
    return d.call<wire::TxnOffsetCommitResponse>(version, r).topics.at(0).partitions.at(0).error_code;
  }
  std::pair<E, std::int64_t> fetch_offset(std::string_view group, bool stable) {
    wire::OffsetFetchRequest r;
    r.group_id = group;
    r.require_stable = stable;
    r.topics.emplace();
    r.topics->push_back({"t", {PartitionId(0)}});
    const auto out = d.call<wire::OffsetFetchResponse>(7, r).topics.at(0).partitions.at(0);
    return {out.error_code, out.committed_offset.value()};
  }
  using Values = std::vector<std::string>;

  CoreDriver d;
};

}  // namespace antiphon::kafka::broker::testing
