// AddPartitionsToTxn (24), versions 0-5: a transaction is about to write to partitions (KIP-98).
//
// 0-3: from a producer, one transaction, in the fields v3_and_below_*. 3: flexible. 4: from brokers, many
// transactions, verify_only (KIP-890 part 1). 5: no new field.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct AddPartitionsToTxnRequest {
  static constexpr ApiKey kApiKey = ApiKey::kAddPartitionsToTxn;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 3;

  struct Topic {
    std::string_view name;
    std::vector<PartitionId> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  struct Transaction {
    std::string_view transactional_id;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    bool verify_only = false;
    std::vector<Topic> topics;

    template <class V>
    static void describe(V& v) {
      v.field(&Transaction::transactional_id, since(4));
      v.field(&Transaction::producer_id, since(4));
      v.field(&Transaction::producer_epoch, since(4));
      v.field(&Transaction::verify_only, since(4));
      v.field(&Transaction::topics, since(4));
    }
  };

  std::vector<Transaction> transactions;
  std::string_view v3_and_below_transactional_id;
  ProducerId v3_and_below_producer_id;
  ProducerEpoch v3_and_below_producer_epoch;
  std::vector<Topic> v3_and_below_topics;

  template <class V>
  static void describe(V& v) {
    v.field(&AddPartitionsToTxnRequest::transactions, since(4));
    v.field(&AddPartitionsToTxnRequest::v3_and_below_transactional_id, between(0, 3));
    v.field(&AddPartitionsToTxnRequest::v3_and_below_producer_id, between(0, 3));
    v.field(&AddPartitionsToTxnRequest::v3_and_below_producer_epoch, between(0, 3));
    v.field(&AddPartitionsToTxnRequest::v3_and_below_topics, between(0, 3));
  }
};

struct AddPartitionsToTxnResponse {
  static constexpr ApiKey kApiKey = ApiKey::kAddPartitionsToTxn;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 3;

  struct PartitionResult {
    PartitionId partition_index;
    ErrorCode partition_error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&PartitionResult::partition_index, since(0));
      v.field(&PartitionResult::partition_error_code, since(0));
    }
  };

  struct TopicResult {
    std::string_view name;
    std::vector<PartitionResult> results_by_partition;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicResult::name, since(0));
      v.field(&TopicResult::results_by_partition, since(0));
    }
  };

  struct TransactionResult {
    std::string_view transactional_id;
    std::vector<TopicResult> topic_results;

    template <class V>
    static void describe(V& v) {
      v.field(&TransactionResult::transactional_id, since(4));
      v.field(&TransactionResult::topic_results, since(4));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<TransactionResult> results_by_transaction;
  std::vector<TopicResult> results_by_topic_v3_and_below;

  template <class V>
  static void describe(V& v) {
    v.field(&AddPartitionsToTxnResponse::throttle_time_ms, since(0));
    v.field(&AddPartitionsToTxnResponse::error_code, since(4));
    v.field(&AddPartitionsToTxnResponse::results_by_transaction, since(4));
    v.field(&AddPartitionsToTxnResponse::results_by_topic_v3_and_below, between(0, 3));
  }
};

}  // namespace antiphon::kafka::wire
