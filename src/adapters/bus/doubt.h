// What to make of a partition whose log does not hold the offset that is to be read. Plain objects: no threads, no
// Kafka.
//
// Who says so may be a leader that is cut off from the others: it does not know what they have written since, and
// answers nevertheless. Or the log was cut (an unclean election, a loss of power of all replicas) and grows again, with
// new records under offsets that were read before. Nobody can tell the two apart. So an offset beyond the end is
// doubted for a while, and when the log holds it again, reading goes on from the lowest end that was told meanwhile:
// what lies behind that end may be new, and a record that is read twice does no harm.
#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "adapters/bus/consumer.h"

namespace antiphon::bus {

using SteadyTime = std::chrono::steady_clock::time_point;

class Doubt {
 public:
  enum class Verdict : std::uint8_t { kWait, kReadOn, kLost };
  struct Finding {
    Verdict verdict = Verdict::kWait;
    OffsetRange log{};  // of kReadOn and kLost: its start, and the lowest end that was told
  };

  // `max`: so long an end below `offset` is not believed.
  Doubt(Offset offset, std::chrono::milliseconds max) : offset_(offset), lowest_end_(offset), max_(max) {}

  // `told`: what a leader says of the log now; nothing where none answers.
  Finding look(const std::optional<OffsetRange>& told, SteadyTime now);
  // An end that was told beside the looks.
  void told_end(Offset end) { lowest_end_ = std::min(lowest_end_, end); }
  [[nodiscard]] Offset offset() const { return offset_; }

 private:
  Offset offset_;
  Offset lowest_end_;
  std::chrono::milliseconds max_;
  std::optional<SteadyTime> since_;  // the first answer that did not hold the offset
};

// The doubts of one reader, and when each is looked at.
class Doubts {
 public:
  static constexpr std::chrono::milliseconds kLookAgain{1'000};
  static constexpr std::chrono::milliseconds kLookTimeMax{1'000};  // of the question; poll() waits for it

  explicit Doubts(std::chrono::milliseconds max) : max_(max) {}

  // Looked at at once. A partition that is doubted already stays so from the offset where it began.
  void begin(const TopicPartition& partition, Offset offset, const std::optional<Offset>& told_end);
  void end(const TopicPartition& partition) { all_.erase(partition); }
  void clear() { all_.clear(); }
  [[nodiscard]] bool contains(const TopicPartition& partition) const {
    return !all_.empty() && all_.contains(partition);
  }
  [[nodiscard]] Offset offset(const TopicPartition& partition) const { return all_.at(partition).doubt.offset(); }

  // One that is to be looked at now.
  [[nodiscard]] std::optional<TopicPartition> due(SteadyTime now) const;
  // As Doubt's; the next look is due a second later. It ends no doubt.
  Doubt::Finding look(const TopicPartition& partition, const std::optional<OffsetRange>& told, SteadyTime now);
  // `timeout`, or less where a look is due before.
  [[nodiscard]] std::chrono::milliseconds until_due(std::chrono::milliseconds timeout, SteadyTime now) const;

 private:
  struct Entry {
    Doubt doubt;
    SteadyTime again;
    bool looked_at = false;
  };
  std::chrono::milliseconds max_;
  std::map<TopicPartition, Entry> all_;
};

}  // namespace antiphon::bus
