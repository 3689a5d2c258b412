// AddOffsetsToTxn (25), versions 0-4: a transaction is about to commit offsets of a group (KIP-98).
//
// 3: flexible. 4: no new field (KIP-890 part 1).
#pragma once

#include <string_view>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct AddOffsetsToTxnRequest {
  static constexpr ApiKey kApiKey = ApiKey::kAddOffsetsToTxn;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  std::string_view transactional_id;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  std::string_view group_id;

  template <class V>
  static void describe(V& v) {
    v.field(&AddOffsetsToTxnRequest::transactional_id, since(0));
    v.field(&AddOffsetsToTxnRequest::producer_id, since(0));
    v.field(&AddOffsetsToTxnRequest::producer_epoch, since(0));
    v.field(&AddOffsetsToTxnRequest::group_id, since(0));
  }
};

struct AddOffsetsToTxnResponse {
  static constexpr ApiKey kApiKey = ApiKey::kAddOffsetsToTxn;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;

  template <class V>
  static void describe(V& v) {
    v.field(&AddOffsetsToTxnResponse::throttle_time_ms, since(0));
    v.field(&AddOffsetsToTxnResponse::error_code, since(0));
  }
};

}  // namespace antiphon::kafka::wire
