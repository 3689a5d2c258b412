#include "sim/broker/producer.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/wire/init_producer_id.h"
#include "sim/broker/sending.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

using kafka::wire::ErrorCode;
using kafka::wire::InitProducerIdRequest;
using kafka::wire::InitProducerIdResponse;
using kafka::wire::ProduceRequest;
using kafka::wire::ProduceResponse;

namespace {
constexpr std::size_t kRecordsMax = 4;
}

void Producer::ask_for_id() {
  if (asking_) return;
  asking_ = true;
  InitProducerIdRequest request;
  request.transaction_timeout_ms = 60'000;
  world_.call<InitProducerIdResponse>(*this, 1, request, [this](const InitProducerIdResponse& answer) {
    asking_ = false;
    if (answer.error_code != ErrorCode::kNone) return;
    id_ = answer.producer_id;
    epoch_ = answer.producer_epoch;
  });
}

void Producer::act() {
  if (settings_.idempotent && id_.value() < 0) return ask_for_id();
  if (!world_.one_in(3)) make_batch();
  send_ready();
}

bool Producer::finish() {
  const bool owes =
      std::any_of(queues_.begin(), queues_.end(), [](const auto& q) { return !q.second.batches.empty(); });
  if (!owes) return true;
  if (settings_.idempotent && id_.value() < 0) {
    ask_for_id();
  } else {
    send_ready();
  }
  return false;
}

void Producer::make_batch() {
  const auto target = settings_.topic.empty() ? any_target(world_)
                                              : std::optional(any_partition(world_, *world_.topic(settings_.topic)));
  if (!target) return;
  const Place place = *target;
  Queue& queue = queues_[place];
  if (queue.batches.size() >= settings_.batches_max) return;
  Batch batch;
  batch.number = next_batch_++;
  batch.first_sequence = queue.next_sequence;
  const std::size_t count = 1 + world_.below(kRecordsMax);
  for (std::size_t i = 0; i < count; ++i) {
    std::string value = fmt::format("{}-{}", name(), next_value_++);
    note_send(world_, *this, place, value, settings_.acks, {});
    batch.values.push_back(std::move(value));
  }
  queue.next_sequence += static_cast<std::int32_t>(count);
  queue.batches.push_back(std::move(batch));
}

// In order. One that must go again waits until what was sent behind it is answered, too.
void Producer::send_ready() {
  for (auto& [place, queue] : queues_) {
    bool behind = false;
    bool hold = false;
    for (auto batch = queue.batches.rbegin(); batch != queue.batches.rend(); ++batch) {
      behind = behind || batch->under_way;
      hold = hold || (behind && !batch->under_way);
    }
    if (hold) continue;
    for (Batch& batch : queue.batches) {
      if (!batch.under_way) send(place, batch);
    }
    if (settings_.acks == 0) queue.batches.clear();
  }
}

void Producer::send(const Place& place, Batch& batch) {
  const Topic* topic = world_.topic(place.first);
  kafka::wire::BatchSettings settings;
  if (settings_.idempotent) {
    settings.producer_id = id_;
    settings.producer_epoch = epoch_;
    settings.base_sequence = batch.first_sequence;
  }
  const Bytes bytes = batch_of(world_, settings, batch.values, (batch.number * 7919) % settings_.record_bytes_max);
  const ProduceRequest request = produce_request(topic->name, place.second, settings_.acks, bytes);
  batch.under_way = true;
  if (settings_.acks == 0) {
    world_.tell(*this, 7, request);
    return settle(place, batch, Outcome::kOk, Offset(-1));
  }
  world_.call<ProduceResponse>(
      *this, 7, request,
      [this, place, number = batch.number, incarnation = incarnation_](const ProduceResponse& answer) {
        if (incarnation != incarnation_) return;
        const auto& partition = answer.responses.at(0).partition_responses.at(0);
        answered(place, number, partition.error_code, partition.base_offset);
      });
}

void Producer::answered(const Place& place, std::uint64_t number, ErrorCode error, Offset base_offset) {
  Queue& queue = queues_[place];
  const auto batch =
      std::find_if(queue.batches.begin(), queue.batches.end(), [&](const Batch& b) { return b.number == number; });
  if (batch == queue.batches.end()) return;
  if (error == ErrorCode::kNone) {
    settle(place, *batch, Outcome::kOk, base_offset);
    queue.batches.erase(batch);
    return;
  }
  const bool first = batch == queue.batches.begin();
  batch->under_way = false;
  if (settings_.idempotent && (passes(error) || (error == ErrorCode::kOutOfOrderSequenceNumber && !first))) return;
  if (error == ErrorCode::kOutOfOrderSequenceNumber || error == ErrorCode::kInvalidProducerEpoch ||
      error == ErrorCode::kUnknownProducerId) {
    return begin_anew();
  }
  if (!passes(error)) {
    world_.wrong(
        fmt::format("{}: a produce to {} was answered {}", name(), place.first, kafka::wire::to_string(error)));
  }
  settle(place, *batch, Outcome::kUnknown, Offset(-1));
  queue.batches.erase(batch);
}

void Producer::settle(const Place& place, const Batch& batch, Outcome outcome, Offset base_offset) {
  note_sent(world_, *this, place, batch.values, outcome, base_offset);
}

void Producer::give_up(const Place& place) {
  Queue& queue = queues_[place];
  for (const Batch& batch : queue.batches) settle(place, batch, Outcome::kUnknown, Offset(-1));
  queue.batches.clear();
}

void Producer::begin_anew() {
  std::vector<Place> places;
  for (const auto& [place, queue] : queues_) places.push_back(place);
  for (const Place& place : places) give_up(place);
  queues_.clear();
  id_ = ProducerId(-1);
  ++incarnation_;
}

void Producer::connection_lost() {
  asking_ = false;
  std::vector<Place> places;
  for (const auto& [place, queue] : queues_) places.push_back(place);
  for (const Place& place : places) {
    Queue& queue = queues_[place];
    for (Batch& batch : queue.batches) batch.under_way = false;
    if (!settings_.idempotent) give_up(place);
  }
}

void Producer::topic_gone(const Topic& topic) {
  std::erase_if(queues_, [&](const auto& item) { return item.first.first == topic.in_history; });
}

}  // namespace antiphon::sim
