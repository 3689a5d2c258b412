#include "sim/broker/last_look.h"

#include <fmt/format.h>

#include "kafka/wire/offset_fetch.h"
#include "sim/broker/reading.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {
constexpr std::int32_t kBytesAtOnce = 1 << 16;
}

void LastLook::read_log(const Topic& topic, std::int32_t partition) {
  Offset start(-1);
  Offset end(-1);
  for (const bool first : {true, false}) {
    list_offset(world_, *this, topic.name, partition, first ? -2 : -1, [&](ErrorCode error, Offset offset) {
      if (error == ErrorCode::kNone) (first ? start : end) = offset;
    });
    world_.carry_all();
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
  for (Offset at = start; at < end;) {
    Offset next = at;
    fetch(world_, *this, topic.name, partition, at, kBytesAtOnce, [&](const auto& answer) {
      if (answer.error_code != ErrorCode::kNone) return;
      Event event = polled(world_, name(), topic.in_history, partition, at, answer.records.bytes());
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
      wire::OffsetFetchRequest request;
      request.group_id = group;
      request.topics.emplace();
      request.topics->push_back({topic.name, {PartitionId(p)}});
      world_.call<wire::OffsetFetchResponse>(*this, 3, request, [&](const wire::OffsetFetchResponse& answer) {
        if (answer.error_code != ErrorCode::kNone || answer.topics.empty()) {
          return world_.wrong(
              fmt::format("the offsets of group {} are not answered: {}", group, wire::to_string(answer.error_code)));
        }
        const auto& found = answer.topics.at(0).partitions.at(0);
        Event event;
        event.what = What::kStored;
        event.process = name();
        event.group = group;
        event.topic = topic.in_history;
        event.partition = PartitionId(p);
        event.offset = found.committed_offset;
        if (found.error_code != ErrorCode::kNone) {
          world_.wrong(
              fmt::format("an offset of group {} is not answered: {}", group, wire::to_string(found.error_code)));
        }
        world_.note(std::move(event));
      });
      world_.carry_all();
    }
  }
}

void LastLook::look_at_all(std::size_t groups) {
  for (std::size_t i = 0; i < groups; ++i) ask_group(fmt::format("g{}", i));
  for (const Topic& topic : world_.topics) {
    for (std::int32_t p = 0; topic.usable && p < topic.partitions; ++p) read_log(topic, p);
  }
}

}  // namespace antiphon::sim
