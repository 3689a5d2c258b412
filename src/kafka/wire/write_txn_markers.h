// WriteTxnMarkers (27), versions 0-1: a transaction coordinator has markers written (KIP-98); tools send it to end a
// hanging transaction (KIP-664).
//
// 1: flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"
#include "kafka/wire/partition_errors.h"

namespace antiphon::kafka::wire {

struct WriteTxnMarkersRequest {
  static constexpr ApiKey kApiKey = ApiKey::kWriteTxnMarkers;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 1;

  struct Topic {
    std::string_view name;
    std::vector<PartitionId> partition_indexes;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partition_indexes, since(0));
    }
  };

  struct Marker {
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    bool transaction_result = false;
    std::vector<Topic> topics;
    std::int32_t coordinator_epoch = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Marker::producer_id, since(0));
      v.field(&Marker::producer_epoch, since(0));
      v.field(&Marker::transaction_result, since(0));
      v.field(&Marker::topics, since(0));
      v.field(&Marker::coordinator_epoch, since(0));
    }
  };

  std::vector<Marker> markers;

  template <class V>
  static void describe(V& v) {
    v.field(&WriteTxnMarkersRequest::markers, since(0));
  }
};

struct WriteTxnMarkersResponse {
  static constexpr ApiKey kApiKey = ApiKey::kWriteTxnMarkers;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 1;

  using Partition = PartitionError;
  using Topic = TopicErrors;

  struct Marker {
    ProducerId producer_id;
    std::vector<Topic> topics;

    template <class V>
    static void describe(V& v) {
      v.field(&Marker::producer_id, since(0));
      v.field(&Marker::topics, since(0));
    }
  };

  std::vector<Marker> markers;

  template <class V>
  static void describe(V& v) {
    v.field(&WriteTxnMarkersResponse::markers, since(0));
  }
};

}  // namespace antiphon::kafka::wire
