// ListOffsets, versions 0 to 9.
// KIPs: 79 (by time: the first record at or after it, per record), 98 (read_committed: nothing at or behind the last
// stable offset), 320 (leader epoch), 734 (-3 from 7: the record with the largest timestamp), 405 (-4 from 8: the
// start, as everything is local), 1005 (-5 from 9: the last tiered offset, of which there is none: -1). Version 0
// answers a list of at most max_num_offsets, which holds one offset. A special time that the version does not have:
// UNSUPPORTED_VERSION.
#include "kafka/wire/list_offsets.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;
constexpr std::int64_t kEarliestLocal = -4;
constexpr std::int64_t kLatestTiered = -5;

// Whether a request of this version may ask for this time.
bool has_time(std::int64_t timestamp, wire::ApiVersion version) {
  if (timestamp >= kEarliest) return true;
  if (timestamp == kMaxTimestamp) return version >= 7;
  if (timestamp == kEarliestLocal) return version >= 8;
  return timestamp == kLatestTiered && version >= 9;
}

void by_time(log::Partition& partition, std::int64_t timestamp, Offset end, wire::ListOffsetsResponse::Partition& out) {
  const auto found = timestamp == kMaxTimestamp ? partition.max_timestamp() : partition.offset_for_timestamp(timestamp);
  if (!found) {
    out.error_code = to_wire_error(found.error());
    return;
  }
  if (!*found || (*found)->offset >= end) return;
  out.timestamp = (*found)->timestamp_ms;
  out.offset = (*found)->offset;
  out.leader_epoch = (*found)->leader_epoch;
}

void answer(log::Partition& partition, const wire::ListOffsetsRequest& request, std::int64_t timestamp,
            wire::ListOffsetsResponse::Partition& out) {
  const Offset end = request.isolation_level == 1 ? partition.last_stable_offset() : partition.high_watermark();
  if (timestamp == kLatest) {
    out.offset = end;
    out.leader_epoch = partition.leader_epoch();
  } else if (timestamp == kEarliest || timestamp == kEarliestLocal) {
    out.offset = partition.log_start_offset();
    out.leader_epoch = partition.epoch_of(out.offset);
  } else if (timestamp == kMaxTimestamp || timestamp >= 0) {
    by_time(partition, timestamp, end, out);
  }  // nothing is tiered: -1
}

}  // namespace

void handle_list_offsets(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::ListOffsetsRequest>(context, request);
  if (!message) return;
  wire::ListOffsetsResponse response;
  for (const auto& topic : message->topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = asked.partition_index;
      log::Partition* partition = context.log.partition(topic.name, asked.partition_index);
      if (partition == nullptr) {
        out.error_code = ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      out.error_code = has_time(asked.timestamp, request.version())
                           ? check_leader_epoch(asked.current_leader_epoch, partition->leader_epoch())
                           : ErrorCode::kUnsupportedVersion;
      if (out.error_code != ErrorCode::kNone) continue;
      answer(*partition, *message, asked.timestamp, out);
      if (request.version() == 0 && out.offset.value() >= 0 && asked.max_num_offsets > 0)
        out.old_style_offsets.push_back(out.offset);
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
