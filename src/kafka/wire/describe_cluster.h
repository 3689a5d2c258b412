// DescribeCluster (60), versions 0-1: brokers, controller, cluster id (KIP-700). Flexible from 0.
//
// 1: endpoint type, 1 brokers, 2 controllers (KIP-919).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeClusterRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeCluster;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeClusterRequest::include_cluster_authorized_operations, since(0));
    v.field(&DescribeClusterRequest::endpoint_type, since(1));
  }
};

struct DescribeClusterResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeCluster;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Broker {
    std::int32_t broker_id = 0;
    std::string_view host;
    std::int32_t port = 0;
    std::optional<std::string_view> rack;

    template <class V>
    static void describe(V& v) {
      v.field(&Broker::broker_id, since(0));
      v.field(&Broker::host, since(0));
      v.field(&Broker::port, since(0));
      v.field(&Broker::rack, since(0).nullable_since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::int8_t endpoint_type = 1;
  std::string_view cluster_id;
  std::int32_t controller_id = -1;
  std::vector<Broker> brokers;
  std::int32_t cluster_authorized_operations = kAuthorizedOperationsUnknown;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeClusterResponse::throttle_time_ms, since(0));
    v.field(&DescribeClusterResponse::error_code, since(0));
    v.field(&DescribeClusterResponse::error_message, since(0).nullable_since(0));
    v.field(&DescribeClusterResponse::endpoint_type, since(1));
    v.field(&DescribeClusterResponse::cluster_id, since(0));
    v.field(&DescribeClusterResponse::controller_id, since(0));
    v.field(&DescribeClusterResponse::brokers, since(0));
    v.field(&DescribeClusterResponse::cluster_authorized_operations, since(0));
  }
};

}  // namespace antiphon::kafka::wire
