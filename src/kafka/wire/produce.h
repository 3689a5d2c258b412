// Produce (0), versions 0-11: appends records.
//
// 0-1: message sets of magic 0 or 1, 2: magic 1 (KIP-32), log append time in the response, 3: record batches
// (KIP-98), transactional id. 5: log start offset. 7: zstd (KIP-110). 8: errors by record (KIP-467). 9: flexible.
// 10: the new leader as tagged fields (KIP-951). 11: no new field (KIP-890 part 1). 12 is left out: it promises
// implicit AddPartitionsToTxn (KIP-890 part 2).
// acks=0 has no response. current_leader and node_endpoints are to be set with leader errors only: librdkafka 2.12
// takes a zero leader for a change of leader.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ProduceRequest {
  static constexpr ApiKey kApiKey = ApiKey::kProduce;
  static constexpr VersionRange kVersions{0, 11};
  static constexpr ApiVersion kFlexibleFrom = 9;

  struct Partition {
    PartitionId index;
    Records records;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::index, since(0));
      v.field(&Partition::records, since(0).nullable_since(0));
    }
  };

  struct Topic {
    std::string_view name;
    std::vector<Partition> partition_data;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partition_data, since(0));
    }
  };

  std::optional<std::string_view> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<Topic> topic_data;

  template <class V>
  static void describe(V& v) {
    v.field(&ProduceRequest::transactional_id, since(3).nullable_since(3));
    v.field(&ProduceRequest::acks, since(0));
    v.field(&ProduceRequest::timeout_ms, since(0));
    v.field(&ProduceRequest::topic_data, since(0));
  }
};

struct ProduceResponse {
  static constexpr ApiKey kApiKey = ApiKey::kProduce;
  static constexpr VersionRange kVersions{0, 11};
  static constexpr ApiVersion kFlexibleFrom = 9;

  struct RecordError {
    std::int32_t batch_index = 0;
    std::optional<std::string_view> batch_index_error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&RecordError::batch_index, since(8));
      v.field(&RecordError::batch_index_error_message, since(8).nullable_since(8));
    }
  };

  struct LeaderIdAndEpoch {
    std::int32_t leader_id = -1;
    LeaderEpoch leader_epoch{-1};

    template <class V>
    static void describe(V& v) {
      v.field(&LeaderIdAndEpoch::leader_id, since(10));
      v.field(&LeaderIdAndEpoch::leader_epoch, since(10));
    }
  };

  struct Partition {
    PartitionId index;
    ErrorCode error_code = ErrorCode::kNone;
    Offset base_offset;
    std::int64_t log_append_time_ms = -1;
    Offset log_start_offset{-1};
    std::vector<RecordError> record_errors;
    std::optional<std::string_view> error_message;
    LeaderIdAndEpoch current_leader;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::index, since(0));
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::base_offset, since(0));
      v.field(&Partition::log_append_time_ms, since(2));
      v.field(&Partition::log_start_offset, since(5));
      v.field(&Partition::record_errors, since(8));
      v.field(&Partition::error_message, since(8).nullable_since(8));
      v.tagged(0, &Partition::current_leader, since(10));
    }
  };

  struct Topic {
    std::string_view name;
    std::vector<Partition> partition_responses;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partition_responses, since(0));
    }
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string_view host;
    std::int32_t port = 0;
    std::optional<std::string_view> rack;

    template <class V>
    static void describe(V& v) {
      v.field(&NodeEndpoint::node_id, since(10));
      v.field(&NodeEndpoint::host, since(10));
      v.field(&NodeEndpoint::port, since(10));
      v.field(&NodeEndpoint::rack, since(10).nullable_since(10));
    }
  };

  std::vector<Topic> responses;
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;

  template <class V>
  static void describe(V& v) {
    v.field(&ProduceResponse::responses, since(0));
    v.field(&ProduceResponse::throttle_time_ms, since(1));
    v.tagged(0, &ProduceResponse::node_endpoints, since(10));
  }
};

}  // namespace antiphon::kafka::wire
