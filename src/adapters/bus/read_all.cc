// read_all: see consumer.h.
#include <fmt/format.h>

#include "adapters/bus/consumer.h"

namespace antiphon::bus {

Result<> read_all(PartitionReader& reader, const std::map<TopicPartition, OffsetRange>& ranges,
                  std::chrono::milliseconds timeout_without_progress,
                  const std::function<Result<>(const IncomingRecord&)>& each, const std::function<bool()>& cancelled) {
  std::map<TopicPartition, Offset> from;
  for (const auto& [partition, range] : ranges) {
    if (range.start < range.end) from[partition] = range.start;
  }
  // A compacted or transactional partition may hold no record at end - 1: the reader's own position tells when it is
  // through.
  ANTIPHON_TRY_VOID(reader.assign(from));
  auto deadline = std::chrono::steady_clock::now() + timeout_without_progress;
  while (!from.empty()) {
    if (cancelled()) return make_error(ErrorKind::kCancelled, "what is read is not needed any more");
    if (std::chrono::steady_clock::now() > deadline) {
      return make_error(ErrorKind::kUnavailable,
                        fmt::format("no progress in {} ms, {} partitions not read to their end",
                                    timeout_without_progress.count(), from.size()));
    }
    auto message = reader.poll(std::chrono::milliseconds(100));
    if (!message && message.error().kind != ErrorKind::kUnavailable) return message.error();
    if (message && *message) {
      deadline = std::chrono::steady_clock::now() + timeout_without_progress;
      const IncomingRecord& record = (*message)->record();
      const TopicPartition partition{std::string(record.topic), record.partition};
      const auto it = from.find(partition);
      if (it == from.end()) continue;
      const Offset end = ranges.at(partition).end;
      if (record.offset >= it->second && record.offset < end) ANTIPHON_TRY_VOID(each(record));
      if (record.offset + 1 >= end) from.erase(it);
      continue;
    }
    for (auto it = from.begin(); it != from.end();) {
      const auto position = reader.position(it->first);
      it = position && *position >= ranges.at(it->first).end ? from.erase(it) : std::next(it);
    }
  }
  return {};
}

}  // namespace antiphon::bus
