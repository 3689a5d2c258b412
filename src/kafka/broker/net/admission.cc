#include "kafka/broker/net/admission.h"

namespace antiphon::kafka::broker {

bool Admission::has_room_for(const std::string& host) const {
  if (connections_ >= limits_.connections_max) return false;
  const auto found = by_address_.find(host);
  return found == by_address_.end() || found->second < limits_.connections_an_address_max;
}

void Admission::enter(ConnectionId id, const std::string& host) {
  ++connections_;
  ++by_address_[host];
  opening_.insert(id.value());
}

void Admission::left(ConnectionId id, const std::string& host) {
  --connections_;
  const auto found = by_address_.find(host);
  if (--found->second == 0) by_address_.erase(found);
  opening_.erase(id.value());
}

std::optional<ConnectionId> Admission::crowded_out() const {
  if (opening_.size() <= limits_.opening_connections_max) return std::nullopt;
  return ConnectionId(*opening_.begin());
}

}  // namespace antiphon::kafka::broker
