// ListTransactions, versions 0 to 1. KIPs: 664, 994 (from 1: only those that run for longer than a duration). A state
// that there is none of is told back in unknown_state_filters.
#include "kafka/wire/list_transactions.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

constexpr TransactionState kStates[] = {TransactionState::kEmpty,          TransactionState::kOngoing,
                                        TransactionState::kPrepareCommit,  TransactionState::kPrepareAbort,
                                        TransactionState::kCompleteCommit, TransactionState::kCompleteAbort,
                                        TransactionState::kDead,           TransactionState::kPrepareEpochFence};

bool is_state(std::string_view name) {
  return std::any_of(std::begin(kStates), std::end(kStates), [&](auto state) { return to_string(state) == name; });
}

template <class T>
bool passes(const std::vector<T>& filter, const T& value) {
  return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
}

}  // namespace

void handle_list_transactions(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::ListTransactionsRequest>(context, request);
  if (!message) return;
  wire::ListTransactionsResponse response;
  for (const auto name : message->state_filters) {
    if (!is_state(name)) response.unknown_state_filters.push_back(name);
  }
  const std::int64_t now_ms = to_unix_ms(context.clock.wall_now());
  context.transactions.for_each([&](const std::string& id, const Transaction& one) {
    if (!passes(message->state_filters, to_string(one.state))) return;
    if (!passes(message->producer_id_filters, one.producer_id)) return;
    if (message->duration_filter >= 0 && now_ms - one.start_ms <= message->duration_filter) return;
    response.transaction_states.push_back({id, one.producer_id, to_string(one.state)});
  });
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
