// EndTxn (26), versions 0-4: commits or aborts a transaction (KIP-98).
//
// 3: flexible. 4: no new field (KIP-890 part 1). 5 is left out: it promises a new epoch for every transaction
// (KIP-890 part 2).
#pragma once

#include <string_view>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct EndTxnRequest {
  static constexpr ApiKey kApiKey = ApiKey::kEndTxn;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  std::string_view transactional_id;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  bool committed = false;

  template <class V>
  static void describe(V& v) {
    v.field(&EndTxnRequest::transactional_id, since(0));
    v.field(&EndTxnRequest::producer_id, since(0));
    v.field(&EndTxnRequest::producer_epoch, since(0));
    v.field(&EndTxnRequest::committed, since(0));
  }
};

struct EndTxnResponse {
  static constexpr ApiKey kApiKey = ApiKey::kEndTxn;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;

  template <class V>
  static void describe(V& v) {
    v.field(&EndTxnResponse::throttle_time_ms, since(0));
    v.field(&EndTxnResponse::error_code, since(0));
  }
};

}  // namespace antiphon::kafka::wire
