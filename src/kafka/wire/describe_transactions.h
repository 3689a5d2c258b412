// DescribeTransactions (65), version 0: state of transactional ids (KIP-664). Flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeTransactionsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeTransactions;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  std::vector<std::string_view> transactional_ids;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeTransactionsRequest::transactional_ids, since(0));
  }
};

struct DescribeTransactionsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeTransactions;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Topic {
    std::string_view topic;
    std::vector<PartitionId> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  struct TransactionState {
    ErrorCode error_code = ErrorCode::kNone;
    std::string_view transactional_id;
    std::string_view transaction_state;
    std::int32_t transaction_timeout_ms = 0;
    std::int64_t transaction_start_time_ms = 0;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    std::vector<Topic> topics;

    template <class V>
    static void describe(V& v) {
      v.field(&TransactionState::error_code, since(0));
      v.field(&TransactionState::transactional_id, since(0));
      v.field(&TransactionState::transaction_state, since(0));
      v.field(&TransactionState::transaction_timeout_ms, since(0));
      v.field(&TransactionState::transaction_start_time_ms, since(0));
      v.field(&TransactionState::producer_id, since(0));
      v.field(&TransactionState::producer_epoch, since(0));
      v.field(&TransactionState::topics, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<TransactionState> transaction_states;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeTransactionsResponse::throttle_time_ms, since(0));
    v.field(&DescribeTransactionsResponse::transaction_states, since(0));
  }
};

}  // namespace antiphon::kafka::wire
