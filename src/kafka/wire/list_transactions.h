// ListTransactions (66), versions 0-1: the transactional ids that this broker coordinates (KIP-664). Flexible from
// 0.
//
// 1: filter by duration (KIP-994).
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ListTransactionsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kListTransactions;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  std::vector<std::string_view> state_filters;
  std::vector<ProducerId> producer_id_filters;
  std::int64_t duration_filter = -1;

  template <class V>
  static void describe(V& v) {
    v.field(&ListTransactionsRequest::state_filters, since(0));
    v.field(&ListTransactionsRequest::producer_id_filters, since(0));
    v.field(&ListTransactionsRequest::duration_filter, since(1));
  }
};

struct ListTransactionsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kListTransactions;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct TransactionState {
    std::string_view transactional_id;
    ProducerId producer_id;
    std::string_view transaction_state;

    template <class V>
    static void describe(V& v) {
      v.field(&TransactionState::transactional_id, since(0));
      v.field(&TransactionState::producer_id, since(0));
      v.field(&TransactionState::transaction_state, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<std::string_view> unknown_state_filters;
  std::vector<TransactionState> transaction_states;

  template <class V>
  static void describe(V& v) {
    v.field(&ListTransactionsResponse::throttle_time_ms, since(0));
    v.field(&ListTransactionsResponse::error_code, since(0));
    v.field(&ListTransactionsResponse::unknown_state_filters, since(0));
    v.field(&ListTransactionsResponse::transaction_states, since(0));
  }
};

}  // namespace antiphon::kafka::wire
