#include "sim/broker/transformer.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/broker/offsets.h"
#include "sim/broker/reading.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

using kafka::wire::ErrorCode;

namespace {

constexpr std::int32_t kReadBytes = 1024;
constexpr std::uint64_t kComesBackOneIn = 12;
// Of the end: a stall is longer than a session, so that the group goes on without who stalls; and there is a last one.
constexpr std::uint64_t kStallRounds = 30;
constexpr std::uint64_t kLastStallRound = 60;
constexpr std::uint64_t kStallsOneIn = 3;

}  // namespace

void Pipeline::note_done(std::int32_t partition, Offset to) {
  Offset& known = done.try_emplace(partition, Offset(0)).first->second;
  known = std::max(known, to);
}

bool Pipeline::drained(World& world) const {
  const Topic& topic = *world.topic(input);
  for (std::int32_t p = 0; p < topic.partitions; ++p) {
    const auto known = done.find(p);
    const Offset to = known == done.end() ? Offset(0) : known->second;
    if (world.driver.core->log().partition(topic.name, PartitionId(p))->high_watermark() > to) return false;
  }
  return true;
}

Transformer::Transformer(World& world, std::string name, Pipeline& pipeline, TransformerSettings settings)
    : Client(world, std::move(name)),
      pipeline_(pipeline),
      settings_(std::move(settings)),
      membership_(
          world, *this, {pipeline.group, pipeline.input, settings_.instance},
          [this](const std::vector<Target>& partitions) {
            for (const Target& place : partitions) positions_[place] = Offset(-1);
          },
          [this](ErrorCode why) {
            positions_.clear();
            if (why == ErrorCode::kFencedInstanceId) stands_by_ = true;
          }),
      stands_by_(settings_.stands_by) {}

void Transformer::connection_lost() {
  const bool lost = std::exchange(asking_, false);
  if (lost && work_ && work_->step == Step::kEnd) {
    work_->end_uncertain = true;  // it is asked again
  } else if (lost && work_) {
    give_up();
  } else if (lost) {
    has_identity_ = false;  // whatever was asked for last may still be carried out
  }
  membership_.outside(world_.one_in(2));
}

void Transformer::act() {
  if (stall_ != Stall::kProcess) tend_membership();
  if (asking_ || is_stalled()) return;
  if (work_) return go_on();
  if (!has_identity_) return init();
  if (membership_.is_inside()) look_for_work();
}

bool Transformer::finish() {
  ++end_rounds_;
  if (!asking_ && !work_ && pipeline_.drained(world_)) return true;
  act();
  return false;
}

void Transformer::tend_membership() {
  if (membership_.is_inside()) {
    if (end_rounds_ > 0 || world_.one_in(3)) membership_.heartbeat();
  } else if (membership_.is_outside()) {
    if (stands_by_ && !world_.one_in(kComesBackOneIn)) return;
    stands_by_ = false;
    membership_.join();
  }
}

bool Transformer::may_stall() { return end_rounds_ <= kLastStallRound && world_.one_in(kStallsOneIn); }

bool Transformer::is_stalled() {
  if (stall_ == Stall::kNone) return false;
  const bool wakes = end_rounds_ > 0 ? end_rounds_ >= wakes_in_round_ : world_.one_in(6);
  if (wakes) stall_ = Stall::kNone;
  return !wakes;
}

// The whole process, or the thread that works, while another one of the process goes on with the group, leaves it, or
// lets it begin another generation.
void Transformer::stall() {
  wakes_in_round_ = end_rounds_ + kStallRounds;
  stall_ = Stall::kWorker;
  switch (world_.below(4)) {
    case 0:
      stall_ = Stall::kProcess;
      return;
    case 1:
      if (membership_.is_inside() && !settings_.instance) membership_.leave();
      return;
    case 2:
      if (membership_.is_inside()) membership_.rebalance();
      return;
    default:
      return;
  }
}

void Transformer::look_for_work() {
  if (positions_.empty()) return;
  auto at = positions_.begin();
  std::advance(at, world_.below(positions_.size()));
  if (at->second.value() < 0) return find_position(at->first);
  consume(at->first);
}

// Where the group stands, when no transaction can move it any more; else the beginning.
void Transformer::find_position(const Target& place) {
  asking_ = true;
  const Topic& topic = *world_.topic(place.first);
  const auto stand_at = [this, place](Offset offset, const char* reason) {
    positions_[place] = offset;
    world_.note(position_event(name(), place.first, place.second, offset, reason));
  };
  ask_offset(world_, *this, pipeline_.group, topic, place.second, true,
             [this, place, &topic, life = membership_.life(), stand_at](ErrorCode error, Offset offset) {
               asking_ = false;
               if (error != ErrorCode::kNone) return;
               pipeline_.note_done(place.second, offset);
               if (life != membership_.life()) return;
               if (offset.value() >= 0) return stand_at(offset, "committed");
               asking_ = true;
               list_offset(world_, *this, topic.name, place.second, -2, Isolation::kReadCommitted,
                           [this, life, stand_at](ErrorCode listed, Offset first) {
                             asking_ = false;
                             if (life == membership_.life() && listed == ErrorCode::kNone)
                               stand_at(first, "nothing committed");
                           });
             });
}

void Transformer::consume(const Target& place) {
  asking_ = true;
  const Offset from = positions_[place];
  fetch(world_, *this, world_.topic(place.first)->name, place.second, from, kReadBytes, Isolation::kReadCommitted,
        [this, place, from, life = membership_.life()](const auto& answer) {
          asking_ = false;
          if (life != membership_.life() || answer.error_code != ErrorCode::kNone) return;
          const Event event =
              polled(world_, name(), place.first, place.second, from, answer, Isolation::kReadCommitted);
          world_.note(event);
          positions_[place] = event.offset;
          if (!event.records.empty()) begin(place, event);
        });
}

}  // namespace antiphon::sim
