// The transaction of a Transformer, step by step.
#include <fmt/format.h>

#include <algorithm>

#include "kafka/wire/add_offsets_to_txn.h"
#include "kafka/wire/add_partitions_to_txn.h"
#include "kafka/wire/end_txn.h"
#include "kafka/wire/init_producer_id.h"
#include "kafka/wire/txn_offset_commit.h"
#include "sim/broker/offsets.h"
#include "sim/broker/transformer.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {

constexpr std::size_t kPaddingMax = 100;

// What is asked again until it is answered otherwise: it was not done, and nothing of it is on its way.
bool not_now(ErrorCode error) {
  return error == ErrorCode::kConcurrentTransactions || error == ErrorCode::kNotEnoughReplicas;
}

Event of_transaction(What what, const std::string& process, const std::string& transaction) {
  Event event;
  event.what = what;
  event.process = process;
  event.transaction = transaction;
  return event;
}

}  // namespace

// As one that has just been started: whatever an earlier epoch left open is aborted.
void Transformer::init() {
  asking_ = true;
  wire::InitProducerIdRequest request;
  request.transactional_id = settings_.transactional_id;
  request.transaction_timeout_ms = settings_.timeout_ms;
  world_.call<wire::InitProducerIdResponse>(*this, 4, request, [this](const wire::InitProducerIdResponse& answer) {
    asking_ = false;
    if (answer.error_code != ErrorCode::kNone) return;
    id_ = answer.producer_id;
    epoch_ = answer.producer_epoch;
    has_identity_ = true;
    next_sequence_ = 0;
    for (auto& [place, position] : positions_) position = Offset(-1);
  });
}

void Transformer::begin(const Target& source, const Event& polled) {
  Work work;
  work.transaction = fmt::format("{}/{}", name(), ++next_transaction_);
  work.source = source;
  work.to = polled.offset;
  work.output = {pipeline_.output, 0};
  work.member_id = membership_.member_id();
  work.generation = membership_.generation();
  work.life = membership_.life();
  world_.note(of_transaction(What::kBegin, name(), work.transaction));
  for (const auto& [offset, value] : polled.records) {
    work.values.push_back(fmt::format("{}-{}", name(), next_value_++));
    note_send(world_, *this, work.output, work.values.back(), -1, work.transaction, value);
  }
  work_ = std::move(work);
  go_on();
}

void Transformer::go_on() {
  switch (work_->step) {
    case Step::kAddPartition:
      return add_partition();
    case Step::kProduce:
      return produce();
    case Step::kAddGroup:
      return add_group();
    case Step::kCommitOffset:
      return commit_offset();
    case Step::kEnd:
      return end();
  }
}

void Transformer::go_on_at(Step step) {
  work_->step = step;
  const bool at_risk = work_->commits && (step == Step::kCommitOffset || step == Step::kEnd);
  if (at_risk && may_stall()) return stall();
  go_on();
}

void Transformer::add_partition() {
  asking_ = true;
  wire::AddPartitionsToTxnRequest request;
  request.v3_and_below_transactional_id = settings_.transactional_id;
  request.v3_and_below_producer_id = id_;
  request.v3_and_below_producer_epoch = epoch_;
  request.v3_and_below_topics.push_back({world_.topic(work_->output.first)->name, {PartitionId(work_->output.second)}});
  world_.call<wire::AddPartitionsToTxnResponse>(
      *this, 3, request, [this](const wire::AddPartitionsToTxnResponse& answer) {
        asking_ = false;
        const ErrorCode error =
            answer.results_by_topic_v3_and_below.at(0).results_by_partition.at(0).partition_error_code;
        if (not_now(error)) return;
        if (error != ErrorCode::kNone) return give_up();
        go_on_at(Step::kProduce);
      });
}

void Transformer::produce() {
  wire::BatchSettings settings;
  settings.transactional = true;
  settings.producer_id = id_;
  settings.producer_epoch = epoch_;
  settings.base_sequence = next_sequence_;
  const Bytes bytes = batch_of(world_, settings, work_->values, (next_value_ * 7919) % kPaddingMax);
  wire::ProduceRequest request =
      produce_request(world_.topic(work_->output.first)->name, work_->output.second, -1, bytes);
  request.transactional_id = settings_.transactional_id;
  asking_ = work_->sent = true;
  world_.call<wire::ProduceResponse>(*this, 9, request, [this](const wire::ProduceResponse& answer) {
    asking_ = false;
    const auto& partition = answer.responses.at(0).partition_responses.at(0);
    produced(partition.error_code, partition.base_offset);
  });
}

void Transformer::produced(ErrorCode error, Offset base_offset) {
  if (not_now(error)) return;
  if (error != ErrorCode::kNone) return give_up();
  next_sequence_ += static_cast<std::int32_t>(work_->values.size());
  settle_records(Outcome::kOk, base_offset);
  go_on_at(Step::kAddGroup);
}

void Transformer::add_group() {
  asking_ = true;
  const wire::AddOffsetsToTxnRequest request{settings_.transactional_id, id_, epoch_, pipeline_.group};
  world_.call<wire::AddOffsetsToTxnResponse>(*this, 3, request, [this](const wire::AddOffsetsToTxnResponse& answer) {
    asking_ = false;
    if (not_now(answer.error_code)) return;
    if (answer.error_code != ErrorCode::kNone) return give_up();
    go_on_at(Step::kCommitOffset);
  });
}

void Transformer::commit_offset() {
  const auto& [topic, partition] = work_->source;
  Event event = offsets_event(What::kCommit, name(), pipeline_.group, topic, partition, work_->to);
  event.transaction = work_->transaction;
  event.generation = work_->generation;
  world_.note(std::move(event));
  asking_ = true;
  wire::TxnOffsetCommitRequest request;
  request.transactional_id = settings_.transactional_id;
  request.group_id = pipeline_.group;
  request.producer_id = id_;
  request.producer_epoch = epoch_;
  request.generation_id = work_->generation;
  request.member_id = work_->member_id;
  if (settings_.instance) request.group_instance_id = *settings_.instance;
  request.topics.push_back({world_.topic(topic)->name, {{PartitionId(partition), work_->to, LeaderEpoch(-1), ""}}});
  world_.call<wire::TxnOffsetCommitResponse>(*this, 3, request, [this](const wire::TxnOffsetCommitResponse& answer) {
    asking_ = false;
    offset_committed(answer.topics.at(0).partitions.at(0).error_code);
  });
}

void Transformer::offset_committed(ErrorCode error) {
  const bool open = passes(error) || error == ErrorCode::kCoordinatorNotAvailable;  // it may be done or not
  Event event =
      offsets_event(What::kCommitted, name(), pipeline_.group, work_->source.first, work_->source.second, work_->to);
  event.transaction = work_->transaction;
  event.outcome = error == ErrorCode::kNone ? Outcome::kOk : open ? Outcome::kUnknown : Outcome::kFailed;
  world_.note(std::move(event));
  if (error == ErrorCode::kNone) return go_on_at(Step::kEnd);
  if (open) return give_up();
  const bool of_the_group = error == ErrorCode::kIllegalGeneration || error == ErrorCode::kUnknownMemberId ||
                            error == ErrorCode::kFencedInstanceId || error == ErrorCode::kRebalanceInProgress;
  if (!of_the_group && error != ErrorCode::kConcurrentTransactions && error != ErrorCode::kInvalidProducerEpoch &&
      error != ErrorCode::kInvalidProducerIdMapping && error != ErrorCode::kInvalidTxnState) {
    world_.wrong(fmt::format("{}: TxnOffsetCommit was answered {}", name(), wire::to_string(error)));
  }
  if (of_the_group && work_->life == membership_.life() && membership_.is_inside()) (void)membership_.must_join(error);
  abort();
}

void Transformer::end() {
  if (!work_->end_noted) {
    Event event = of_transaction(What::kEnd, name(), work_->transaction);
    event.commits = work_->commits;
    world_.note(std::move(event));
    work_->end_noted = true;
  }
  asking_ = true;
  const wire::EndTxnRequest request{settings_.transactional_id, id_, epoch_, work_->commits};
  world_.call<wire::EndTxnResponse>(*this, 3, request, [this](const wire::EndTxnResponse& answer) {
    asking_ = false;
    ended(answer.error_code);
  });
}

void Transformer::ended(ErrorCode error) {
  if (error == ErrorCode::kNone) return over(Outcome::kOk);
  if (error == ErrorCode::kConcurrentTransactions) return;
  const bool fenced = error == ErrorCode::kProducerFenced || error == ErrorCode::kInvalidProducerEpoch ||
                      error == ErrorCode::kInvalidProducerIdMapping;
  if (fenced) return over(work_->end_uncertain ? Outcome::kUnknown : Outcome::kFailed);
  if (!passes(error) && error != ErrorCode::kCoordinatorNotAvailable)
    world_.wrong(fmt::format("{}: EndTxn was answered {}", name(), wire::to_string(error)));
  work_->end_uncertain = true;
}

void Transformer::over(Outcome outcome) {
  Event event = of_transaction(What::kEnded, name(), work_->transaction);
  event.outcome = outcome;
  world_.note(std::move(event));
  const Work work = *std::exchange(work_, std::nullopt);
  const bool done = outcome == Outcome::kOk && work.commits;
  if (done) pipeline_.note_done(work.source.second, work.to);
  if (outcome != Outcome::kOk || work.end_uncertain) has_identity_ = false;  // the same end may arrive once more
  const auto position = positions_.find(work.source);
  if (position == positions_.end() || work.life != membership_.life()) return;
  if (!done) position->second = Offset(-1);
}

void Transformer::settle_records(Outcome outcome, Offset base_offset) {
  note_sent(world_, *this, work_->output, work_->values, outcome, base_offset);
  work_->settled = true;
}

void Transformer::abort() {
  work_->commits = false;
  go_on_at(Step::kEnd);
}

void Transformer::give_up() {
  if (!work_->settled) settle_records(work_->sent ? Outcome::kUnknown : Outcome::kFailed, Offset(-1));
  work_.reset();
  has_identity_ = false;
  for (auto& [place, position] : positions_) position = Offset(-1);
}

}  // namespace antiphon::sim
