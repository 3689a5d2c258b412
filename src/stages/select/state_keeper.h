// Saves how far each corpus is read, and says how it fares: in NAMESPACE.corpus-state, in Health and in the metrics.
//
// One record of a corpus is under way at a time, at most one every `state_every` (longer for long records), except that
// a change of condition goes out at once. Called by the publisher only; acknowledgements come on the producer's thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "adapters/bus/producer.h"
#include "core/clock.h"
#include "core/health.h"
#include "events/topics.h"
#include "stages/select/desk.h"

namespace antiphon::select {

class StateKeeper {
 public:
  StateKeeper(Desk& desk, const std::vector<std::string>& corpus_ids, const events::Topics& topics,
              bus::Producer& producer, Health& health, const Clock& clock, std::chrono::milliseconds every);

  // Under the desk's mutex: what is to be sent now. `all`: the last time, whatever the hour.
  std::vector<OutgoingRecord> due(bool all);
  // Without the mutex.
  Result<> send(std::vector<OutgoingRecord> records);

 private:
  struct Corpus {
    std::string id;
    events::CorpusCondition condition = events::CorpusCondition::kReading;
    WallTime since;
    std::string detail;
    bool told = false;  // condition and detail are in a record that was sent
    std::uint64_t sent_revision = ~std::uint64_t{0};
    MonoTime next_time{};
    bool under_way = false;
    bool too_large = false;
  };
  void look(std::size_t index, Corpus& corpus);
  std::optional<OutgoingRecord> build(std::size_t index, Corpus& corpus);
  [[nodiscard]] static std::string describe(const std::map<std::string, std::string>& problems);

  Desk& desk_;
  const events::Topics& topics_;
  bus::Producer& producer_;
  Health& health_;
  const Clock& clock_;
  std::chrono::milliseconds every_;
  std::vector<Corpus> corpora_;
};

}  // namespace antiphon::select
