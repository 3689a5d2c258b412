// Positions: for each partition that is ours, what was taken, what is finished, what may be committed and what is. A
// plain object.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/bus/watermark.h"
#include "stages/archive/storer.h"

namespace antiphon::archive {

class Positions {
 public:
  void start(const bus::TopicPartition& partition, Offset from);
  void end(const bus::TopicPartition& partition);
  // Its assignment; nothing when the record was taken before (a broker may hand a record out twice). A record of a
  // partition that nobody assigned starts it there.
  std::shared_ptr<Assignment> take(const IncomingRecord& record);
  // False: no longer ours, or not of this assignment; nothing happened.
  bool finish(const Assignment& assignment, Offset offset);

  // What may be committed and is not yet.
  [[nodiscard]] std::map<bus::TopicPartition, Offset> committable() const;
  void committed(const std::map<bus::TopicPartition, Offset>& next);

  [[nodiscard]] std::vector<bus::TopicPartition> partitions() const;
  [[nodiscard]] std::shared_ptr<Assignment> assignment(const bus::TopicPartition& partition) const;
  [[nodiscard]] std::size_t in_flight(const bus::TopicPartition& partition) const;
  // The first offset that is not finished.
  [[nodiscard]] Offset reached(const bus::TopicPartition& partition) const;
  // Timestamp of the oldest record that is not finished, or of the last one seen where none is; nothing where none was.
  [[nodiscard]] std::optional<std::int64_t> oldest_open_ms(const bus::TopicPartition& partition) const;

 private:
  struct Position {
    std::shared_ptr<Assignment> assignment;
    bus::ContiguousWatermark watermark;
    Offset next;  // the lowest that may be taken
    Offset committed;
    std::map<Offset, std::int64_t> open;  // -> timestamp
    std::optional<std::int64_t> last_seen_ms;
  };
  std::map<bus::TopicPartition, Position> positions_;
};

}  // namespace antiphon::archive
