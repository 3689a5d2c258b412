#include "sim/broker/offset_reader.h"

#include "sim/broker/offsets.h"
#include "sim/broker/sending.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

void OffsetReader::act() {
  if (waiting_) return;
  const auto target = any_target(world_);
  if (!target) return;
  waiting_ = true;
  ask_offset(world_, *this, groups_[world_.below(groups_.size())], *world_.topic(target->first), target->second,
             world_.one_in(2), [this](kafka::wire::ErrorCode, Offset) { waiting_ = false; });
}

}  // namespace antiphon::sim
