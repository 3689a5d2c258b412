// ContiguousWatermark: which offset of one partition may be committed while records are finished in any order.
//
// taken(5), taken(6), done(6): nothing yet; done(5): 7 may be committed. Offsets are taken in rising order; gaps
// (compacted or transaction markers) count as done. A plain object: no threads, no Kafka.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "core/types.h"

namespace antiphon::bus {

class ContiguousWatermark {
 public:
  explicit ContiguousWatermark(Offset start) : committable_(start) {}

  void taken(Offset offset);
  void done(Offset offset);  // taken before, not yet done
  // The next offset to read after a restart: everything below it is done.
  [[nodiscard]] Offset committable() const { return committable_; }
  [[nodiscard]] std::size_t in_flight() const { return open_; }

 private:
  struct Entry {
    Offset offset;
    bool done = false;
  };
  std::deque<Entry> entries_;  // from the oldest that is not done
  Offset committable_;
  std::size_t open_ = 0;
};

}  // namespace antiphon::bus
