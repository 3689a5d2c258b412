// Produce, versions 0 to 11.
// KIPs: 13 (throttle time, always 0), 32 (timestamps, LogAppendTime), 98 (batches, idempotence, transactions), 110
// (zstd from 7), 467 (record_errors from 8), 360, 890 part 1 (a transactional batch for a partition that was not added
// to the transaction: TRANSACTION_ABORTABLE from 11, INVALID_TXN_STATE before; while the transaction ends
// NOT_ENOUGH_REPLICAS, which clients try again), 951 (CurrentLeader: never, there is one broker). acks=0: no answer.
// acks=1: answered when written. acks=all: when on stable storage, by the journal's group commit. Batches are stored as
// they came: offset and epoch are patched, CRC-32C is verified once. Magic 0 and 1 are rewritten as magic 2.
// Transactional batches without a transactional id: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, as in Kafka. Not
// implemented: recompression by compression.type.
#include "kafka/broker/handlers/produce.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/wire/message_set.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
constexpr std::int64_t kTimeoutMsMin = 1'000;  // a disk may take longer than the 0 that some clients send
constexpr std::int64_t kTimeoutMsMax = 600'000;

struct Append {
  ProducedPartition out;
  log::SyncTicket ticket;
  std::optional<PartitionKey> key;
};

void fail(ProducedPartition& out, ErrorCode error, std::string message = {}) {
  out.error = error;
  out.base_offset = Offset(-1);
  out.message = std::move(message);
}

log::Durability durability_of(std::int16_t acks) {
  return acks == 0 ? log::Durability::kNone : acks == 1 ? log::Durability::kWritten : log::Durability::kSynced;
}

// The batch to store: the request's own bytes, or a conversion of them that `converted` owns.
struct Checked {
  wire::BatchVerdict verdict;
  MutableByteView batch;
  std::shared_ptr<Bytes> converted;
};

Checked check_records(BrokerContext& context, const Request& request, const wire::Records& records,
                      const TopicPolicy& policy) {
  const wire::BatchPolicy batch_policy{
      .batch_bytes_max = policy.message_bytes_max, .check_records = false, .keys_required = policy.compacted};
  const ByteView bytes = records.bytes();
  if (request.version() < 3 && wire::is_message_set(bytes)) {
    wire::UpConverted up = wire::up_convert(bytes, batch_policy);
    Checked checked{std::move(up.verdict), {}, std::make_shared<Bytes>(std::move(up.batch))};
    checked.batch = *checked.converted;
    return checked;
  }
  Checked checked{wire::validate_produced(bytes, request.version(), batch_policy, context.scratch), {}, nullptr};
  // The same bytes, as the frame's owner may write them.
  if (!bytes.empty())
    checked.batch = request.frame.subspan(static_cast<std::size_t>(bytes.data() - request.frame.data()), bytes.size());
  return checked;
}

Result<> check_timestamps(const wire::BatchView& batch, const TopicPolicy& policy, std::int64_t now_ms) {
  const auto max = batch.max_timestamp();
  if (max < 0) return {};
  if (max > now_ms && max - now_ms > policy.timestamp_after_max_ms) {
    return make_error(ErrorKind::kInvalidInput,
                      fmt::format("Timestamp {} is too far ahead of the broker's {}", max, now_ms));
  }
  const auto base = batch.base_timestamp();
  if (base >= 0 && base < now_ms && now_ms - base > policy.timestamp_before_max_ms) {
    return make_error(ErrorKind::kInvalidInput,
                      fmt::format("Timestamp {} is too old for the broker's {}", base, now_ms));
  }
  return {};
}

// May this batch be a part of the transaction that the request names? The log refuses what stands outside of an open
// one.
Result<> check_transaction(BrokerContext& context, const Request& request, const wire::ProduceRequest& produce,
                           std::string_view topic, PartitionId index, const wire::BatchView& batch,
                           ProducedPartition& out) {
  if (!batch.transactional()) return {};
  const auto refuse = [&](ErrorCode error, std::string message) {
    out.error = error;
    return make_error(ErrorKind::kConflict, std::move(message));
  };
  if (!produce.transactional_id) {
    return refuse(ErrorCode::kTransactionalIdAuthorizationFailed, "A transactional batch needs a transactional id");
  }
  const ErrorCode error =
      verify_transaction(context, *produce.transactional_id, {batch.producer_id(), batch.producer_epoch()},
                         {std::string(topic), index}, request.version() >= 11);
  if (error == ErrorCode::kNone) return {};
  if (error == ErrorCode::kConcurrentTransactions) {
    return refuse(ErrorCode::kNotEnoughReplicas, "The transaction of this producer is just ending");
  }
  return refuse(error, "The transaction does not have this partition, or is not this producer's");
}

Append append_one(BrokerContext& context, const Request& request, const wire::ProduceRequest& produce,
                  std::string_view topic, const wire::ProduceRequest::Partition& part) {
  const std::int16_t acks = produce.acks;
  Append append;
  ProducedPartition& out = append.out;
  out.topic = topic;
  out.index = part.index;
  const auto* meta = context.log.topic(topic);
  log::Partition* partition = meta == nullptr ? nullptr : context.log.partition(meta->id, part.index);
  if (partition == nullptr) return fail(out, ErrorCode::kUnknownTopicOrPartition), append;
  if (is_internal_topic(topic))
    return fail(out, ErrorCode::kInvalidTopicException, "Internal topics are the broker's own"), append;
  const TopicPolicy& policy = context.policy_of(*meta);
  if (acks == -1 && policy.min_insync_replicas > 1) return fail(out, ErrorCode::kNotEnoughReplicas), append;

  Checked checked = check_records(context, request, part.records, policy);
  if (!checked.verdict.accepted()) {
    fail(out, checked.verdict.error, std::move(checked.verdict.message));
    out.keyless_records = std::move(checked.verdict.keyless_records);
    return append;
  }
  if (!wire::mend_max_timestamp(checked.batch, context.scratch))
    return fail(out, ErrorCode::kInvalidRecord, "The batch's records cannot be read"), append;
  const auto batch = wire::BatchView::at(checked.batch);
  if (!batch) return fail(out, ErrorCode::kCorruptMessage, batch.error().message), append;
  if (const auto may = check_transaction(context, request, produce, topic, part.index, *batch, out); !may)
    return fail(out, out.error, may.error().message), append;
  const auto now_ms = to_unix_ms(context.clock.wall_now());
  if (policy.log_append_time) {
    wire::patch_log_append_time(checked.batch, now_ms);
    out.log_append_time_ms = now_ms;
  } else if (const auto checked_times = check_timestamps(*batch, policy, now_ms); !checked_times) {
    return fail(out, ErrorCode::kInvalidTimestamp, checked_times.error().message), append;
  }

  const std::shared_ptr<const void> owner =
      checked.converted ? std::shared_ptr<const void>(checked.converted) : request.owner;
  const auto result = partition->append({.batches = checked.batch, .durability = durability_of(acks), .owner = owner});
  if (const auto error = to_wire_error(result.status); error != ErrorCode::kNone)
    return fail(out, error, result.error), append;
  out.base_offset = result.base_offset;
  out.log_start_offset = partition->log_start_offset();
  append.ticket = acks == -1 ? result.ticket : log::SyncTicket{};
  append.key = PartitionKey::of(*partition);
  context.moved.push_back(*append.key);
  return append;
}

void answer_later(BrokerContext& context, const Request& request, std::vector<Append> appends,
                  std::int32_t timeout_ms) {
  DelayedProduces::Waiting waiting{ReplyStub::of(request), {}, 0, {}};
  waiting.deadline =
      context.clock.mono_now() + Milliseconds(std::clamp<std::int64_t>(timeout_ms, kTimeoutMsMin, kTimeoutMsMax));
  for (auto& append : appends) {
    append.out.unsettled = append.ticket != log::SyncTicket{};
    if (append.out.unsettled) ++waiting.unsettled;
    waiting.partitions.push_back(std::move(append.out));
  }
  const auto id = context.produces.add(std::move(waiting));
  for (std::size_t i = 0; i < appends.size(); ++i) {
    if (appends[i].ticket == log::SyncTicket{}) continue;
    context.sync_waiters.add(appends[i].ticket,
                             [&context, id, i](bool durable) { context.produces.settled(context, id, i, durable); });
  }
}

}  // namespace

void respond_produced(BrokerContext& context, const ReplyStub& to, const std::vector<ProducedPartition>& partitions) {
  wire::ProduceResponse response;
  for (const auto& each : partitions) {  // the partitions of one topic follow one another, as they were asked for
    if (response.responses.empty() || response.responses.back().name != each.topic)
      response.responses.push_back({each.topic, {}});
    wire::ProduceResponse::Partition out;
    out.index = each.index;
    out.error_code = each.error;
    out.base_offset = each.base_offset;
    out.log_append_time_ms = each.log_append_time_ms;
    out.log_start_offset = each.log_start_offset;
    for (const auto record : each.keyless_records) out.record_errors.push_back({record, each.message});
    if (!each.message.empty()) out.error_message = each.message;
    response.responses.back().partition_responses.push_back(std::move(out));
  }
  context.respond(to, response);
}

DelayedProduces::Id DelayedProduces::add(Waiting waiting) {
  const Id id = next_id_++;
  deadlines_.insert({waiting.deadline, id});
  waiting_.emplace(id, std::move(waiting));
  return id;
}

void DelayedProduces::answer(BrokerContext& context, Id id) {
  auto node = waiting_.extract(id);
  deadlines_.erase({node.mapped().deadline, id});
  respond_produced(context, node.mapped().to, node.mapped().partitions);
}

void DelayedProduces::settled(BrokerContext& context, Id id, std::size_t index, bool durable) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;  // timed out, or its client has gone
  ProducedPartition& partition = found->second.partitions[index];
  partition.unsettled = false;
  if (!durable) fail(partition, ErrorCode::kKafkaStorageError, "The write could not be made durable");
  if (--found->second.unsettled == 0) answer(context, id);
}

void DelayedProduces::expire(BrokerContext& context, MonoTime now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Id id = deadlines_.begin()->second;
    for (auto& partition : waiting_.find(id)->second.partitions) {
      if (partition.unsettled) fail(partition, ErrorCode::kRequestTimedOut);
    }
    answer(context, id);
  }
}

void DelayedProduces::disconnected(ConnectionId connection) {
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.to.to.connection != connection) {
      ++it;
      continue;
    }
    deadlines_.erase({it->second.deadline, it->first});
    it = waiting_.erase(it);
  }
}

void handle_produce(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::ProduceRequest>(context, request);
  if (!message) return;
  const bool acks_known = message->acks >= -1 && message->acks <= 1;
  std::vector<Append> appends;
  bool waits = false;
  for (const auto& topic : message->topic_data) {
    for (const auto& partition : topic.partition_data) {
      Append append;
      if (acks_known) {
        append = append_one(context, request, *message, topic.name, partition);
      } else {
        append.out.topic = topic.name;
        append.out.index = partition.index;
        fail(append.out, ErrorCode::kInvalidRequiredAcks);
      }
      waits = waits || append.ticket != log::SyncTicket{};
      appends.push_back(std::move(append));
    }
  }
  if (message->acks == 0) {
    // No answer exists; after an error the connection is closed, so that the client looks again (as Kafka does).
    const bool failed =
        std::any_of(appends.begin(), appends.end(), [](const Append& a) { return a.out.error != ErrorCode::kNone; });
    if (failed) return context.sink.close(request.reply_to.connection, "an acks=0 write failed");
    return context.sink.respond(request.reply_to, Response{});
  }
  if (waits) return answer_later(context, request, std::move(appends), message->timeout_ms);
  std::vector<ProducedPartition> partitions;
  partitions.reserve(appends.size());
  for (auto& append : appends) partitions.push_back(std::move(append.out));
  respond_produced(context, ReplyStub::of(request), partitions);
}

}  // namespace antiphon::kafka::broker
