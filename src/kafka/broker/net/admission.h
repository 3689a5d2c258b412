// Who is let in: how many connections there may be in all, from one address, and of clients that are not known yet.
// A plain object; ids grow, so that the smallest is the oldest.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "kafka/broker/broker.h"
#include "kafka/broker/group/types.h"

namespace antiphon::kafka::broker {

class Admission {
 public:
  explicit Admission(const BrokerLimits& limits) : limits_(limits) {}

  [[nodiscard]] bool has_room_for(const std::string& host) const;
  void enter(ConnectionId id, const std::string& host);  // opening
  void opened(ConnectionId id) { opening_.erase(id.value()); }
  void left(ConnectionId id, const std::string& host);
  // Who must go, because too many are opening: those who dawdle cannot keep out those who come.
  [[nodiscard]] std::optional<ConnectionId> crowded_out() const;
  [[nodiscard]] std::size_t opening_count() const { return opening_.size(); }

 private:
  const BrokerLimits& limits_;
  std::size_t connections_ = 0;
  std::unordered_map<std::string, std::uint32_t> by_address_;
  std::set<std::uint64_t> opening_;
};

}  // namespace antiphon::kafka::broker
