#include "adapters/bus/watermark.h"

#include <algorithm>

#include "core/assert.h"

namespace antiphon::bus {

void ContiguousWatermark::taken(Offset offset) {
  ANTIPHON_ASSERT(entries_.empty() ? offset >= committable_ : offset > entries_.back().offset);
  entries_.push_back({offset});
  ++open_;
}

void ContiguousWatermark::done(Offset offset) {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), offset,
                                   [](const Entry& entry, const Offset& o) { return entry.offset < o; });
  ANTIPHON_ASSERT(it != entries_.end() && it->offset == offset && !it->done);
  it->done = true;
  --open_;
  while (!entries_.empty() && entries_.front().done) {
    committable_ = entries_.front().offset + 1;
    entries_.pop_front();
  }
}

}  // namespace antiphon::bus
