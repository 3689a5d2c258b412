// Skips that were done here and do not stand in prompt-state yet, with those who wait for that: whom we tell 204 is not
// given the sentence again, whoever owns its partition next. A skip is no voice: its answer may wait. A plain object,
// not thread-safe.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "adapters/http/routes.h"
#include "core/clock.h"
#include "stages/studio/leases.h"

namespace antiphon::studio {

constexpr std::size_t kSkipsUnderWayMax = 10'000;
constexpr std::size_t kWaitersPerSkipMax = 16;

class Skips {
 public:
  using Waiters = std::vector<http::Responder>;

  // Ask before a skip is done: while there are too many, none is.
  [[nodiscard]] bool full() const { return under_way_.size() >= kSkipsUnderWayMax; }
  // False: too many wait for this one. `lease`: of a request that names nothing else, so that its repeat is known.
  bool wait(const Skipped& skipped, const http::Responder& responder, MonoTime until, std::optional<Id128> lease);
  // The skip that ended this lease, while it is under way.
  [[nodiscard]] std::optional<Skipped> of_lease(const Id128& lease) const;

  // What is over is forgotten; who waited for it is to be told.
  Waiters written(const StateChange& change);
  Waiters gone(PartitionId partition);
  // Who has waited until now. Their skips stay: a repeat waits for the same write.
  Waiters tired(MonoTime now);

 private:
  using Key = std::pair<Id128, Id128>;  // prompt, speaker
  struct Waiter {
    http::Responder responder;
    MonoTime until;
  };
  struct UnderWay {
    Skipped skipped;
    std::vector<Id128> leases;
    std::vector<Waiter> waiters;
  };
  std::map<Key, UnderWay>::iterator end(std::map<Key, UnderWay>::iterator it, Waiters& told);

  std::map<Key, UnderWay> under_way_;
  std::unordered_map<Id128, Key> by_lease_;
};

}  // namespace antiphon::studio
