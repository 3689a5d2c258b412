#include "sim/broker/reader.h"

#include "sim/broker/world.h"

namespace antiphon::sim {

using kafka::wire::ErrorCode;

void Reader::from_the_beginning(const Place& place, const std::string& topic_name, const char* reason) {
  waiting_.insert(place);
  list_offset(world_, *this, topic_name, place.second, -2, isolation_,
              [this, place, reason](ErrorCode error, Offset offset) {
                waiting_.erase(place);
                if (error != ErrorCode::kNone) return;
                positions_[place] = offset;
                world_.note(position_event(name(), place.first, place.second, offset, reason));
              });
}

void Reader::act() {
  for (Topic& topic : world_.topics) {
    if (!topic.usable || world_.one_in(2)) continue;
    const auto partition = static_cast<std::int32_t>(world_.below(static_cast<std::uint64_t>(topic.partitions)));
    const Place place{topic.in_history, partition};
    if (waiting_.contains(place)) continue;
    const auto position = positions_.find(place);
    if (position == positions_.end() || world_.one_in(12)) {
      from_the_beginning(place, topic.name, "the beginning");
      continue;
    }
    waiting_.insert(place);
    const Offset from = position->second;
    const auto bytes = static_cast<std::int32_t>(1 + world_.below(4096));
    fetch(world_, *this, topic.name, partition, from, bytes, isolation_, [this, place, from](const auto& answer) {
      waiting_.erase(place);
      if (answer.error_code == ErrorCode::kOffsetOutOfRange) positions_.erase(place);
      if (answer.error_code != ErrorCode::kNone) return;
      Event event = polled(world_, name(), place.first, place.second, from, answer, isolation_);
      positions_[place] = event.offset;
      world_.note(std::move(event));
    });
  }
}

}  // namespace antiphon::sim
