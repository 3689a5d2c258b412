// prompt-state as this studio writes it: in transactions that its group must agree to (KIP-447), so that one that lost
// a partition without knowing it cannot change what its successor says of it. Never on a voice's way.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "adapters/bus/shares.h"
#include "adapters/bus/transactions.h"
#include "core/random.h"
#include "events/start_marker.h"
#include "events/topics.h"
#include "stages/studio/claim.h"
#include "stages/studio/desk.h"

namespace antiphon::studio {

struct StateLogSettings {
  events::Topics topics;
  Claim claim;  // ours: written with every transaction
  std::chrono::milliseconds kafka_time_max{10'000};
};

// Thread-safe: one transaction at a time.
class StateLog {
 public:
  // Everything given must outlive it.
  StateLog(StateLogSettings settings, const bus::Connection& connection, bus::Shares& shares);

  // In the place of those who left these notes: ends what they may have left open, then writes a start marker to each
  // partition. After it nothing that they write will be read. kCancelled: `cancelled` said so before the markers.
  Result<> take_over(const std::map<PartitionId, std::string>& notes, const events::StartMarker& marker,
                     const std::function<bool()>& cancelled);
  // All or nothing. kConflict, kUnavailable: see Transactions::write().
  Result<> write(const std::vector<StateChange>& changes);

 private:
  Result<> commit(const std::vector<OutgoingRecord>& records, const std::set<PartitionId>& partitions);

  const StateLogSettings settings_;
  const bus::Connection connection_;
  bus::Shares& shares_;
  std::mutex mutex_;
  std::unique_ptr<bus::Transactions> transactions_;
};

}  // namespace antiphon::studio
