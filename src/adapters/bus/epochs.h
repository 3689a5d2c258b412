// Epochs: under which leader each record of one partition was written (KIP-320). An offset that is committed with the
// epoch of the record before it can be asked about later: a leader knows where each epoch ended in its log, so a log
// that was cut below the offset is found out, however long it has grown since. A plain object.
#pragma once

#include <cstdint>
#include <map>

#include "core/types.h"

namespace antiphon::bus {

class Epochs {
 public:
  static constexpr std::int32_t kUnknown = -1;

  // In rising order of offsets. kUnknown, as of brokers that know no epochs, is not kept.
  void read(Offset offset, std::int32_t epoch);
  // Of the record before `next`, or of the last one read before it.
  [[nodiscard]] std::int32_t before(Offset next) const;
  // Nobody asks for less than `next` any more.
  void forget_before(Offset next);

 private:
  std::map<Offset, std::int32_t> begins_;
};

}  // namespace antiphon::bus
