#include "adapters/bus/epochs.h"

#include <iterator>

namespace antiphon::bus {

void Epochs::read(Offset offset, std::int32_t epoch) {
  if (epoch != kUnknown && before(offset) != epoch) begins_.insert_or_assign(offset, epoch);
}

std::int32_t Epochs::before(Offset next) const {
  const auto behind = begins_.lower_bound(next);
  return behind == begins_.begin() ? kUnknown : std::prev(behind)->second;
}

void Epochs::forget_before(Offset next) {
  const auto behind = begins_.lower_bound(next);
  if (behind != begins_.begin()) begins_.erase(begins_.begin(), std::prev(behind));
}

}  // namespace antiphon::bus
