// Fetch, versions 0 to 16.
// KIPs: 74 (a first batch is returned even if it is larger than every limit), 98 (read_committed: up to the last stable
// offset, with the aborted transactions that have records in what is returned), 110, 227 (sessions are declined:
// session id 0, full answers), 320 (leader epochs), 392 (preferred replica: -1), 516 (topic ids from 13), 951
// (CurrentLeader: never). Long poll: waits for min_bytes up to max_wait_ms, at most kWaitMsMax; never
// REQUEST_TIMED_OUT. Versions 0 to 3 get magic 0 and 1. Segment bytes go from the page cache to the socket, small ones
// by a copy. Not implemented: fetch sessions, followers (replica_id is ignored).
#include "kafka/wire/fetch.h"

#include <algorithm>
#include <deque>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/wire/message_set.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
constexpr std::int8_t kReadCommitted = 1;
constexpr std::int32_t kWaitMsMax = 300'000;
constexpr std::uint64_t kCopiedBytesMax = 16U << 10U;  // below this a copy costs less than another system call

// One topic as it was asked for. It is looked up once for all of its partitions.
struct Wanted {
  std::string topic_name;  // empty from version 13 on
  wire::Uuid topic_id;
  std::vector<wire::FetchRequest::Partition> partitions;
};

// A fetch that owns all it needs, so that it can be tried again.
struct FetchJob {
  ReplyStub to;
  std::vector<Wanted> wanted;
  std::int32_t max_bytes = 0;
  std::int32_t min_bytes = 0;
  bool read_committed = false;
};

struct Gathered {
  wire::FetchResponse response;
  std::vector<log::LogSlice> files;
  std::deque<Bytes> copies;
  std::deque<wire::Buffer> converted;
  std::uint64_t bytes = 0;
  bool failed = false;
};

bool asks_by_id(const FetchJob& job) { return job.to.version >= 13; }

const log::TopicMeta* find_topic(BrokerContext& context, const FetchJob& job, const Wanted& wanted) {
  return asks_by_id(job) ? context.log.topic(from_wire(wanted.topic_id)) : context.log.topic(wanted.topic_name);
}

// Puts a slice into the answer; false: it could not be read.
bool attach(Gathered& out, wire::FetchResponse::Partition& answer, const log::LogSlice& slice,
            wire::ApiVersion version) {
  const bool old_format = version <= 3;
  if (!old_format && slice.length > kCopiedBytesMax && slice.file->native_handle() >= 0) {
    answer.records =
        wire::Records::external(static_cast<std::uint32_t>(out.files.size()), static_cast<std::size_t>(slice.length));
    out.files.push_back(slice);
    return true;
  }
  auto bytes = log::read_bytes(slice);
  if (!bytes) return false;
  if (!old_format) {
    out.copies.push_back(std::move(*bytes));
    answer.records = wire::Records::in_memory(out.copies.back());
    return true;
  }
  const std::int8_t magic = version < 2 ? 0 : 1;
  wire::Buffer& converted = out.converted.emplace_back();
  if (!wire::down_convert(*bytes, magic, wire::kDecompressedBytesMax, converted)) return false;
  answer.records = wire::Records::in_memory(converted.view());
  return true;
}

// The aborted transactions with records in what the answer holds.
bool attach_aborted(log::Partition& partition, Offset from, Offset end, wire::FetchResponse::Partition& answer) {
  const auto aborted = partition.aborted_transactions(from, end);
  if (!aborted) return false;
  for (const auto& one : *aborted) answer.aborted_transactions->push_back({one.producer_id, one.first_offset});
  return true;
}

// `topic`: null where there is none.
void gather_one(BrokerContext& context, const FetchJob& job, const log::TopicMeta* topic,
                const wire::FetchRequest::Partition& asked, Gathered& out, wire::FetchResponse::Partition& answer) {
  answer.partition_index = asked.partition;
  answer.high_watermark = Offset(-1);
  answer.records = wire::Records::empty();
  log::Partition* partition = topic == nullptr ? nullptr : context.log.partition(topic->id, asked.partition);
  if (partition == nullptr) {
    const bool unknown_id = topic == nullptr && asks_by_id(job);
    answer.error_code = unknown_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition;
    out.failed = true;
    return;
  }
  answer.error_code = check_leader_epoch(asked.current_leader_epoch, partition->leader_epoch());
  if (answer.error_code != ErrorCode::kNone) {
    out.failed = true;
    return;
  }
  const Offset end = job.read_committed ? partition->last_stable_offset() : partition->high_watermark();
  const Offset from = asked.fetch_offset;
  if (from < partition->log_start_offset() || from > partition->log_end_offset()) {
    answer.error_code = ErrorCode::kOffsetOutOfRange;
    out.failed = true;
    return;
  }
  answer.high_watermark = partition->high_watermark();
  answer.last_stable_offset = partition->last_stable_offset();
  answer.log_start_offset = partition->log_start_offset();
  if (job.read_committed) answer.aborted_transactions.emplace();
  if (from >= end) return;

  const auto total_max = std::min<std::uint64_t>(static_cast<std::uint64_t>(std::max(job.max_bytes, 0)),
                                                 context.settings.limits.fetch_bytes_max);
  const auto left = total_max > out.bytes ? total_max - out.bytes : 0;
  const auto limit = std::min<std::uint64_t>(left, static_cast<std::uint64_t>(std::max(asked.partition_max_bytes, 0)));
  if (limit == 0 && out.bytes > 0) return;
  auto slice = partition->read(from, limit, end);
  if (slice && slice->length > limit && out.bytes > 0) return;  // only the first batch of an answer may be too large
  const auto attached = [&] {
    if (job.read_committed && !attach_aborted(*partition, from, slice->next_offset, answer)) return false;
    return attach(out, answer, *slice, job.to.version);
  };
  if (!slice || (slice->length > 0 && !attached())) {
    answer.error_code = slice || slice.error().kind != ErrorKind::kNotFound ? ErrorCode::kKafkaStorageError
                                                                            : ErrorCode::kOffsetOutOfRange;
    out.failed = true;
    return;
  }
  out.bytes += slice->length;
}

Gathered gather(BrokerContext& context, const FetchJob& job) {
  Gathered out;
  for (const auto& wanted : job.wanted) {
    auto& answers = out.response.responses.emplace_back();
    answers.topic = wanted.topic_name;
    answers.topic_id = wanted.topic_id;
    answers.partitions.resize(wanted.partitions.size());
    const auto* topic = find_topic(context, job, wanted);
    for (std::size_t i = 0; i < wanted.partitions.size(); ++i) {
      gather_one(context, job, topic, wanted.partitions[i], out, answers.partitions[i]);
    }
  }
  return out;
}

bool attempt(BrokerContext& context, const FetchJob& job, bool last) {
  Gathered out = gather(context, job);
  const bool enough = out.failed || out.bytes >= static_cast<std::uint64_t>(std::max(job.min_bytes, 0));
  if (!enough && !last) return false;
  context.respond(job.to, out.response, std::move(out.files));
  return true;
}

std::vector<PartitionKey> keys_of(BrokerContext& context, const FetchJob& job) {
  std::vector<PartitionKey> keys;
  for (const auto& wanted : job.wanted) {
    const auto* topic = find_topic(context, job, wanted);
    if (topic == nullptr) continue;
    for (const auto& asked : wanted.partitions) {
      if (const auto* partition = context.log.partition(topic->id, asked.partition))
        keys.push_back(PartitionKey::of(*partition));
    }
  }
  return keys;
}

}  // namespace

void handle_fetch(BrokerContext& context, const Request& request) {
  auto message = decode<wire::FetchRequest>(context, request);
  if (!message) return;
  if (message->session_id != 0) {  // we never gave one out
    wire::FetchResponse response;
    response.error_code = ErrorCode::kFetchSessionIdNotFound;
    return context.respond(request, response);
  }
  auto job = std::make_shared<FetchJob>();
  job->to = ReplyStub::of(request);
  job->max_bytes = message->max_bytes;
  job->min_bytes = message->min_bytes;
  job->read_committed = message->isolation_level == kReadCommitted;
  for (auto& topic : message->topics) {
    if (topic.partitions.empty()) continue;
    job->wanted.push_back({std::string(topic.topic), topic.topic_id, std::move(topic.partitions)});
  }
  const bool may_wait = message->max_wait_ms > 0 && !job->wanted.empty() &&
                        context.fetches.size() < context.settings.limits.waiting_requests_max;
  if (attempt(context, *job, !may_wait)) return;
  const auto deadline = context.clock.mono_now() + Milliseconds(std::min(message->max_wait_ms, kWaitMsMax));
  context.fetches.add(request.reply_to.connection, deadline, keys_of(context, *job),
                      [&context, job](bool last) { return attempt(context, *job, last); });
}

}  // namespace antiphon::kafka::broker
