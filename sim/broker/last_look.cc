#include "sim/broker/last_look.h"

#include <fmt/format.h>

#include "sim/broker/offsets.h"
#include "sim/broker/reading.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

using kafka::wire::ErrorCode;

namespace {
constexpr std::int32_t kBytesAtOnce = 1 << 16;
constexpr Isolation kIsolations[] = {Isolation::kReadUncommitted, Isolation::kReadCommitted};
}  // namespace

Offset LastLook::limit(const Topic& topic, std::int32_t partition, std::int64_t which, Isolation isolation) {
  Offset limit(-1);
  list_offset(world_, *this, topic.name, partition, which, isolation, [&](ErrorCode error, Offset offset) {
    if (error == ErrorCode::kNone) limit = offset;
  });
  world_.carry_all();
  return limit;
}

void LastLook::read_log(const Topic& topic, std::int32_t partition, Isolation isolation) {
  const Offset start = limit(topic, partition, -2, isolation);
  const Offset end = limit(topic, partition, -1, Isolation::kReadUncommitted);
  const Offset stable = limit(topic, partition, -1, Isolation::kReadCommitted);
  if (stable != end) {
    return world_.wrong(fmt::format("{}-{}: no transaction is open any more, the last stable offset is {} of {}",
                                    topic.in_history, partition, stable.value(), end.value()));
  }
  if (start.value() < 0 || end < start) {
    return world_.wrong(
        fmt::format("{}-{} lies from {} to {}", topic.in_history, partition, start.value(), end.value()));
  }
  Event log;
  log.what = What::kLog;
  log.topic = topic.in_history;
  log.partition = PartitionId(partition);
  log.first = start;
  log.committed_only = isolation == Isolation::kReadCommitted;
  for (Offset at = start; at < end;) {
    Offset next = at;
    fetch(world_, *this, topic.name, partition, at, kBytesAtOnce, isolation, [&](const auto& answer) {
      if (answer.error_code != ErrorCode::kNone) return;
      Event event = polled(world_, name(), topic.in_history, partition, at, answer, isolation);
      log.records.insert(log.records.end(), event.records.begin(), event.records.end());
      next = event.offset;
    });
    world_.carry_all();
    if (next == at) {
      return world_.wrong(fmt::format("{}-{} cannot be read at offset {}, its end is {}", topic.in_history, partition,
                                      at.value(), end.value()));
    }
    at = next;
  }
  log.offset = end;
  world_.note(std::move(log));
  const auto verified = world_.driver.core->log().partition(topic.name, PartitionId(partition))->verify();
  if (!verified) world_.wrong(verified.error().message);
}

void LastLook::ask_group(const std::string& group) {
  for (const Topic& topic : world_.topics) {
    for (std::int32_t p = 0; topic.usable && p < topic.partitions; ++p) {
      bool answered = false;
      ask_offset(world_, *this, group, topic, p, true, [&](ErrorCode error, Offset) {
        answered = true;
        if (error == ErrorCode::kNone) return;
        world_.wrong(fmt::format("the offset of group {} of {}-{} is not answered: {}", group, topic.in_history, p,
                                 kafka::wire::to_string(error)));
      });
      world_.carry_all();
      if (!answered) world_.wrong(fmt::format("the offset of group {} is never answered", group));
    }
  }
}

void LastLook::look_at_all(const std::vector<std::string>& groups) {
  for (const Topic& topic : world_.topics) {
    for (std::int32_t p = 0; topic.usable && p < topic.partitions; ++p) {
      for (const Isolation isolation : kIsolations) read_log(topic, p, isolation);
    }
  }
  for (const std::string& group : groups) ask_group(group);
}

}  // namespace antiphon::sim
