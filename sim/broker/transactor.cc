#include "sim/broker/transactor.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/wire/add_partitions_to_txn.h"
#include "kafka/wire/end_txn.h"
#include "kafka/wire/init_producer_id.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {

constexpr std::uint64_t kComesBackOneIn = 12;
constexpr std::size_t kRecordsMax = 3;
constexpr std::uint64_t kPartitionsMax = 3;
constexpr std::uint64_t kBatchesMax = 5;
constexpr std::size_t kPaddingMax = 300;

bool says_fenced(ErrorCode error) {
  return error == ErrorCode::kProducerFenced || error == ErrorCode::kInvalidProducerEpoch ||
         error == ErrorCode::kInvalidProducerIdMapping;
}

Event transaction_event(What what, const std::string& process, const std::string& transaction) {
  Event event;
  event.what = what;
  event.process = process;
  event.transaction = transaction;
  return event;
}

}  // namespace

void Transactor::act() {
  if (asking_) return;
  switch (state_) {
    case State::kOutside:
      if (fenced_ && !world_.one_in(kComesBackOneIn)) return;
      return init();
    case State::kReady:
      return raise_epoch_ ? init() : begin();
    case State::kOpen:
      return go_on();
    case State::kEnding:
      return end();
  }
}

bool Transactor::finish() {
  finishing_ = true;
  if (state_ == State::kOutside || state_ == State::kReady) return true;
  if (!asking_) act();
  return false;
}

void Transactor::connection_lost() {
  lost_ = lost_ || asking_;
  if (asking_ && state_ == State::kEnding) end_uncertain_ = true;
  if (asking_ && commit_sent_) commit_uncertain_ = true;
  asking_ = false;
  for (auto& [target, part] : parts_) {
    if (!part.batch || !part.batch->under_way) continue;
    part.batch->under_way = false;
    part.batch->uncertain = true;
    lost_ = true;
  }
}

void Transactor::topic_gone(const Topic& topic) {
  const auto of_topic = [&](const auto& item) { return item.first.first == topic.in_history; };
  std::erase_if(parts_, of_topic);
  std::erase_if(sequences_, of_topic);
  if (!source_ || source_->first != topic.in_history) return;
  source_.reset();
  position_ = Offset(-1);
  consumes_ = false;
}

void Transactor::not_done(const char* what, ErrorCode error) {
  const bool surely = error == ErrorCode::kConcurrentTransactions || error == ErrorCode::kNotEnoughReplicas ||
                      error == ErrorCode::kUnstableOffsetCommit;
  if (!surely) lost_ = true;
  if (surely || passes(error) || error == ErrorCode::kCoordinatorNotAvailable ||
      error == ErrorCode::kOperationNotAttempted || zombie_) {
    return;
  }
  world_.wrong(fmt::format("{}: {} was answered {}", name(), what, wire::to_string(error)));
}

bool Transactor::is_fenced(ErrorCode error) {
  if (!says_fenced(error)) return false;
  fenced_ = true;
  zombie_ = (state_ == State::kOpen) && !finishing_ && world_.one_in(2);
  if (zombie_) return true;
  if (state_ == State::kOpen) give_up_batches();
  state_ = State::kOutside;
  position_ = Offset(-1);
  return true;
}

// With the identity that it has if it only wants another epoch (KIP-360), else as one that has just been started.
void Transactor::init() {
  asking_ = true;
  wire::InitProducerIdRequest request;
  request.transactional_id = settings_.transactional_id;
  request.transaction_timeout_ms = settings_.timeout_ms;
  if (state_ == State::kReady) {
    request.producer_id = id_;
    request.producer_epoch = epoch_;
  }
  world_.call<wire::InitProducerIdResponse>(*this, 4, request, [this](const wire::InitProducerIdResponse& answer) {
    asking_ = false;
    initialised(answer.error_code, answer.producer_id, answer.producer_epoch);
  });
}

void Transactor::initialised(ErrorCode error, ProducerId id, ProducerEpoch epoch) {
  if (is_fenced(error)) return;
  if (error != ErrorCode::kNone) return not_done("InitProducerId", error);
  if (id == id_ && epoch <= epoch_) world_.wrong(fmt::format("{} was given epoch {} again", name(), epoch.value()));
  id_ = id;
  epoch_ = epoch;
  state_ = State::kReady;
  fenced_ = raise_epoch_ = lost_ = false;
  position_ = Offset(-1);
  sequences_.clear();
}

void Transactor::begin() {
  if (lost_ && world_.one_in(2)) {
    raise_epoch_ = true;
    return init();
  }
  if (lost_) world_.close_lost_connections();
  lost_ = false;
  transaction_ = fmt::format("{}/{}", name(), ++next_transaction_);
  world_.note(transaction_event(What::kBegin, name(), transaction_));
  parts_.clear();
  const std::uint64_t partitions = 2 + world_.below(kPartitionsMax - 1);
  for (std::uint64_t i = 0; i < 2 * partitions && parts_.size() < partitions; ++i) {
    if (const auto target = any_target(world_)) parts_.try_emplace(*target);
  }
  batches_left_ = 2 + world_.below(kBatchesMax - 1);
  opened_ = zombie_ = commits_ = end_sent_ = end_uncertain_ = false;
  group_added_ = commit_sent_ = commit_uncertain_ = false;
  consumed_to_ = Offset(-1);
  consumes_ = world_.one_in(2);
  state_ = State::kOpen;
  go_on();
}

// The next step of the open transaction; also called by the answer to the one before.
void Transactor::go_on() {
  if (asking_ || state_ != State::kOpen) return;
  send_ready();
  const bool all_added = std::all_of(parts_.begin(), parts_.end(), [](const auto& p) { return p.second.added; });
  if (!finishing_ && !all_added && (!opened_ || world_.one_in(2))) return add_partitions();
  if (!finishing_ && consumes_ && world_.one_in(2)) return transform();
  const bool any_added = std::any_of(parts_.begin(), parts_.end(), [](const auto& p) { return p.second.added; });
  if (finishing_ || !any_added || (batches_left_ == 0 && !consumes_) || world_.one_in(20)) return decide();
  if (batches_left_ > 0) make_batch();
}

bool Transactor::settled() const {
  return std::none_of(parts_.begin(), parts_.end(), [](const auto& p) { return p.second.batch.has_value(); });
}

// Commits when all is answered; aborts then, too, or leaves batches behind, which must not come into the next one.
void Transactor::decide() {
  const bool commit_open = commit_sent_ && consumes_;  // of the offset: sent and not answered
  if (!opened_) return abandon();
  if (!settled() || commit_open) {
    if (!world_.one_in(4)) {
      if (commit_open) commit_offset();
      return;
    }
    commits_ = false;
    give_up_batches();
    lost_ = raise_epoch_ = true;
  } else {
    commits_ = !world_.one_in(4);
  }
  state_ = State::kEnding;
  end();
}

// Nothing is known to be open: no end is owed.
void Transactor::abandon() {
  give_up_batches();
  raise_epoch_ = lost_;
  state_ = State::kReady;
  position_ = Offset(-1);
}

void Transactor::end() {
  if (!end_sent_) {
    Event event = transaction_event(What::kEnd, name(), transaction_);
    event.commits = commits_;
    world_.note(std::move(event));
    end_sent_ = true;
  }
  asking_ = true;
  const wire::EndTxnRequest request{settings_.transactional_id, id_, epoch_, commits_};
  world_.call<wire::EndTxnResponse>(*this, 3, request, [this](const wire::EndTxnResponse& answer) {
    asking_ = false;
    ended(answer.error_code);
  });
}

void Transactor::ended(ErrorCode error) {
  if (error == ErrorCode::kNone) return over(Outcome::kOk);
  if (says_fenced(error)) {
    over(end_uncertain_ ? Outcome::kUnknown : Outcome::kFailed);
    (void)is_fenced(error);
    return;
  }
  if (error != ErrorCode::kConcurrentTransactions) end_uncertain_ = true;
  not_done("EndTxn", error);
}

void Transactor::over(Outcome outcome) {
  Event event = transaction_event(What::kEnded, name(), transaction_);
  event.outcome = outcome;
  world_.note(std::move(event));
  parts_.clear();
  state_ = State::kReady;
  const bool moved = commits_ && outcome == Outcome::kOk && commit_sent_;
  position_ = moved ? consumed_to_ : Offset(-1);
  if (moved && !finishing_ && world_.one_in(2)) look_back();
}

void Transactor::add_partitions() {
  std::vector<Target> targets;
  wire::AddPartitionsToTxnRequest request;
  request.v3_and_below_transactional_id = settings_.transactional_id;
  request.v3_and_below_producer_id = id_;
  request.v3_and_below_producer_epoch = epoch_;
  for (const auto& [target, part] : parts_) {
    if (part.added || (!targets.empty() && world_.one_in(2))) continue;
    targets.push_back(target);
    request.v3_and_below_topics.push_back({world_.topic(target.first)->name, {PartitionId(target.second)}});
  }
  if (targets.empty()) return decide();
  asking_ = true;
  world_.call<wire::AddPartitionsToTxnResponse>(
      *this, 3, request, [this, targets](const wire::AddPartitionsToTxnResponse& answer) {
        asking_ = false;
        ErrorCode error = ErrorCode::kNone;
        for (const auto& topic : answer.results_by_topic_v3_and_below) {
          for (const auto& result : topic.results_by_partition) {
            const bool tells_more = result.partition_error_code != ErrorCode::kOperationNotAttempted;
            if (error == ErrorCode::kNone || tells_more) error = result.partition_error_code;
          }
        }
        added(targets, error);
      });
}

void Transactor::added(const std::vector<Target>& targets, ErrorCode error) {
  const bool fenced = is_fenced(error);
  if (fenced && !zombie_) return;
  if (!fenced && error != ErrorCode::kNone) return not_done("AddPartitionsToTxn", error);
  opened_ = true;
  for (const Target& target : targets) {
    const auto part = parts_.find(target);
    if (part != parts_.end()) part->second.added = true;
  }
  go_on();
}

void Transactor::make_batch() {
  std::vector<std::pair<Target, Part*>> free;
  for (auto& [target, part] : parts_) {
    if (part.added && !part.batch) free.emplace_back(target, &part);
  }
  if (free.empty()) return;
  auto& [target, part] = free[world_.below(free.size())];
  Batch batch;
  batch.number = next_batch_++;
  batch.first_sequence = sequences_[target];
  const std::size_t count = 1 + world_.below(kRecordsMax);
  for (std::size_t i = 0; i < count; ++i) {
    batch.values.push_back(fmt::format("{}-{}", name(), next_value_++));
    note_send(world_, *this, target, batch.values.back(), -1, transaction_);
  }
  sequences_[target] += static_cast<std::int32_t>(count);
  part->batch = std::move(batch);
  --batches_left_;
  send(target, *part->batch);
}

void Transactor::send_ready() {
  for (auto& [target, part] : parts_) {
    if (part.batch && !part.batch->under_way) send(target, *part.batch);
  }
}

void Transactor::send(const Target& target, Batch& batch) {
  wire::BatchSettings settings;
  settings.transactional = true;
  settings.producer_id = id_;
  settings.producer_epoch = epoch_;
  settings.base_sequence = batch.first_sequence;
  const Bytes bytes = batch_of(world_, settings, batch.values, (batch.number * 7919) % kPaddingMax);
  wire::ProduceRequest request = produce_request(world_.topic(target.first)->name, target.second, -1, bytes);
  request.transactional_id = settings_.transactional_id;
  batch.under_way = true;
  world_.call<wire::ProduceResponse>(*this, 9, request,
                                     [this, target, number = batch.number](const wire::ProduceResponse& answer) {
                                       produced(target, number, answer.responses.at(0).partition_responses.at(0));
                                     });
}

void Transactor::produced(const Target& target, std::uint64_t number, const wire::ProduceResponse::Partition& answer) {
  const auto part = parts_.find(target);
  if (part == parts_.end() || !part->second.batch || part->second.batch->number != number) return;
  Batch& batch = *part->second.batch;
  const ErrorCode error = answer.error_code;
  if (error == ErrorCode::kNone) {
    note_sent(world_, *this, target, batch.values, Outcome::kOk, answer.base_offset);
    part->second.batch.reset();
    return go_on();
  }
  if (says_fenced(error) || zombie_) {
    const Outcome outcome = batch.uncertain ? Outcome::kUnknown : Outcome::kFailed;
    note_sent(world_, *this, target, batch.values, outcome, Offset(-1));
    part->second.batch.reset();
    (void)is_fenced(error);
    return;
  }
  batch.under_way = false;
  if (error != ErrorCode::kNotEnoughReplicas) batch.uncertain = true;
  not_done("Produce", error);
}

void Transactor::give_up_batches() {
  for (auto& [target, part] : parts_) {
    if (!part.batch) continue;
    note_sent(world_, *this, target, part.batch->values, Outcome::kUnknown, Offset(-1));
    part.batch.reset();
  }
}

}  // namespace antiphon::sim
