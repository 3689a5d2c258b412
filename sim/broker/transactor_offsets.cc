// The consuming half of a Transactor: it reads committed records of one partition and commits how far it came inside
// of the transaction that has what it made of them (KIP-447).
#include <fmt/format.h>

#include "kafka/wire/add_offsets_to_txn.h"
#include "kafka/wire/txn_offset_commit.h"
#include "sim/broker/offsets.h"
#include "sim/broker/reading.h"
#include "sim/broker/transactor.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {
constexpr std::int32_t kReadBytes = 1024;
}

void Transactor::transform() {
  if (!source_) source_ = any_target(world_);
  if (!source_) return;
  if (position_.value() < 0) return find_position();
  if (consumed_to_.value() < 0) return consume();
  if (!group_added_) return add_offsets();
  commit_offset();
}

void Transactor::stand_at(Offset offset, const char* reason) {
  position_ = offset;
  world_.note(position_event(name(), source_->first, source_->second, offset, reason));
}

// Where the group stands, else the beginning.
void Transactor::find_position() {
  asking_ = true;
  const Target source = *source_;
  const Topic& topic = *world_.topic(source.first);
  ask_offset(world_, *this, settings_.group, topic, source.second, true,
             [this, source, &topic](ErrorCode error, Offset offset) {
               asking_ = false;
               if (source != source_ || error != ErrorCode::kNone) return;
               if (offset.value() >= 0) return stand_at(offset, "committed");
               asking_ = true;
               list_offset(world_, *this, topic.name, source.second, -2, Isolation::kReadCommitted,
                           [this, source](ErrorCode listed, Offset first) {
                             asking_ = false;
                             if (source == source_ && listed == ErrorCode::kNone) stand_at(first, "nothing committed");
                           });
             });
}

void Transactor::consume() {
  asking_ = true;
  const Target source = *source_;
  fetch(world_, *this, world_.topic(source.first)->name, source.second, position_, kReadBytes,
        Isolation::kReadCommitted, [this, source, from = position_](const auto& answer) {
          asking_ = false;
          if (source != source_ || state_ != State::kOpen) return;
          if (answer.error_code == ErrorCode::kOffsetOutOfRange) {
            asking_ = true;
            return list_offset(world_, *this, world_.topic(source.first)->name, source.second, -2,
                               Isolation::kReadCommitted, [this, source](ErrorCode error, Offset first) {
                                 asking_ = false;
                                 if (source == source_ && error == ErrorCode::kNone) stand_at(first, "out of range");
                               });
          }
          if (answer.error_code != ErrorCode::kNone) return;
          Event event = polled(world_, name(), source.first, source.second, from, answer, Isolation::kReadCommitted);
          if (event.offset > from) {
            consumed_to_ = event.offset;
          } else {
            consumes_ = false;  // nothing new
            source_.reset();
            position_ = Offset(-1);
          }
          world_.note(std::move(event));
          go_on();
        });
}

void Transactor::look_back() {
  if (!source_) return;
  asking_ = true;
  ask_offset(world_, *this, settings_.group, *world_.topic(source_->first), source_->second, false,
             [this](ErrorCode, Offset) { asking_ = false; });
}

void Transactor::add_offsets() {
  asking_ = true;
  const wire::AddOffsetsToTxnRequest request{settings_.transactional_id, id_, epoch_, settings_.group};
  world_.call<wire::AddOffsetsToTxnResponse>(*this, 3, request, [this](const wire::AddOffsetsToTxnResponse& answer) {
    asking_ = false;
    const bool fenced = is_fenced(answer.error_code);
    if (fenced && !zombie_) return;
    if (!fenced && answer.error_code != ErrorCode::kNone) return not_done("AddOffsetsToTxn", answer.error_code);
    group_added_ = opened_ = true;
    go_on();
  });
}

void Transactor::commit_offset() {
  const auto& [topic, partition] = *source_;
  if (!commit_sent_) {
    Event event = offsets_event(What::kCommit, name(), settings_.group, topic, partition, consumed_to_);
    event.transaction = transaction_;
    world_.note(std::move(event));
    commit_sent_ = true;
  }
  asking_ = true;
  wire::TxnOffsetCommitRequest request;
  request.transactional_id = settings_.transactional_id;
  request.group_id = settings_.group;
  request.producer_id = id_;
  request.producer_epoch = epoch_;
  request.topics.push_back({world_.topic(topic)->name, {{PartitionId(partition), consumed_to_, LeaderEpoch(-1), ""}}});
  world_.call<wire::TxnOffsetCommitResponse>(*this, 3, request,
                                             [this, source = *source_](const wire::TxnOffsetCommitResponse& answer) {
                                               asking_ = false;
                                               if (source == source_ && consumes_)
                                                 offset_committed(answer.topics.at(0).partitions.at(0).error_code);
                                             });
}

void Transactor::offset_committed(ErrorCode error) {
  const bool over = error == ErrorCode::kNone || is_fenced(error) || zombie_;
  if (!over) {
    if (error != ErrorCode::kConcurrentTransactions) commit_uncertain_ = true;
    return not_done("TxnOffsetCommit", error);
  }
  Event event = offsets_event(What::kCommitted, name(), settings_.group, source_->first, source_->second, consumed_to_);
  event.transaction = transaction_;
  event.outcome = error == ErrorCode::kNone ? Outcome::kOk : commit_uncertain_ ? Outcome::kUnknown : Outcome::kFailed;
  world_.note(std::move(event));
  consumes_ = false;
  go_on();
}

}  // namespace antiphon::sim
