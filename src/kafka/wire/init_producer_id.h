// InitProducerId (22), versions 0-5: a producer's identity (KIP-98).
//
// 2: flexible. 3: an old identity whose epoch is to be raised (KIP-360). 4: PRODUCER_FENCED among the errors
// (KIP-588). 5: no new field (KIP-890 part 1).
#pragma once

#include <optional>
#include <string_view>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct InitProducerIdRequest {
  static constexpr ApiKey kApiKey = ApiKey::kInitProducerId;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 2;

  std::optional<std::string_view> transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  ProducerId producer_id{-1};
  ProducerEpoch producer_epoch{-1};

  template <class V>
  static void describe(V& v) {
    v.field(&InitProducerIdRequest::transactional_id, since(0).nullable_since(0));
    v.field(&InitProducerIdRequest::transaction_timeout_ms, since(0));
    v.field(&InitProducerIdRequest::producer_id, since(3));
    v.field(&InitProducerIdRequest::producer_epoch, since(3));
  }
};

struct InitProducerIdResponse {
  static constexpr ApiKey kApiKey = ApiKey::kInitProducerId;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 2;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  ProducerId producer_id{-1};
  ProducerEpoch producer_epoch;

  template <class V>
  static void describe(V& v) {
    v.field(&InitProducerIdResponse::throttle_time_ms, since(0));
    v.field(&InitProducerIdResponse::error_code, since(0));
    v.field(&InitProducerIdResponse::producer_id, since(0));
    v.field(&InitProducerIdResponse::producer_epoch, since(0));
  }
};

}  // namespace antiphon::kafka::wire
