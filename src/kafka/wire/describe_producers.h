// DescribeProducers (61), version 0: the producers that a partition knows (KIP-664). Flexible.
//
// producer_epoch is an int32 here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeProducersRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeProducers;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Topic {
    std::string_view name;
    std::vector<PartitionId> partition_indexes;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partition_indexes, since(0));
    }
  };

  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeProducersRequest::topics, since(0));
  }
};

struct DescribeProducersResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeProducers;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct ProducerState {
    ProducerId producer_id;
    std::int32_t producer_epoch = 0;
    std::int32_t last_sequence = -1;
    std::int64_t last_timestamp = -1;
    std::int32_t coordinator_epoch = 0;
    Offset current_txn_start_offset{-1};

    template <class V>
    static void describe(V& v) {
      v.field(&ProducerState::producer_id, since(0));
      v.field(&ProducerState::producer_epoch, since(0));
      v.field(&ProducerState::last_sequence, since(0));
      v.field(&ProducerState::last_timestamp, since(0));
      v.field(&ProducerState::coordinator_epoch, since(0));
      v.field(&ProducerState::current_txn_start_offset, since(0));
    }
  };

  struct Partition {
    PartitionId partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::vector<ProducerState> active_producers;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::error_message, since(0).nullable_since(0));
      v.field(&Partition::active_producers, since(0));
    }
  };

  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeProducersResponse::throttle_time_ms, since(0));
    v.field(&DescribeProducersResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
