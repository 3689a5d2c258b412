#include "kafka/broker/net/connection.h"
#include "kafka/wire/endian.h"

namespace antiphon::kafka::broker {
namespace {
constexpr int kReadsAtOnceMax = 4;                    // then others have their turn
constexpr std::size_t kLargeFrameBytes = 64U << 10U;  // from here on a frame gets its own buffer
// So much is read of what follows a large frame: another one follows most of the time, and its start is copied.
constexpr std::size_t kHeadBytes = 4U << 10U;
}  // namespace

bool Connection::may_take_request() const {
  return !doomed_ && slots_.size() < limits_.requests_in_flight_max && output_bytes_ < limits_.output_bytes_max;
}

bool Connection::wants_read(const ReadBudget& budget) const {
  if (has_kept_frames() && !may_take_request()) return false;
  return may_take_request() && !is_crowded(budget);
}

bool Connection::is_crowded(const ReadBudget& budget) const {
  return large_ && budget.large_frame_bytes->load() > limits_.input_bytes_max;
}

std::optional<MonoTime> Connection::crowded_since(const ReadBudget& budget) const {
  return is_crowded(budget) ? std::optional(large_->begun) : std::nullopt;
}

bool Connection::timed_out(MonoTime now) const {
  if (is_opening() && now - accepted_ > limits_.opening_timeout) return true;
  const bool half_done = large_ != nullptr || !kept_.empty() || (blocked_ && !slots_.empty());
  if (half_done && now - last_active_ > limits_.stall_timeout) return true;
  return slots_.empty() && now - last_active_ > limits_.idle_timeout;
}

void Connection::handle(BrokerCore& core, MutableByteView frame, std::shared_ptr<const void> owner) {
  const std::uint64_t sequence = first_sequence_ + slots_.size();
  slots_.emplace_back();
  core.handle({id_, sequence}, host_, {frame, std::move(owner)});
}

void Connection::begin_large(ReadBudget& budget, std::size_t frame_size, ByteView start) {
  large_ = std::make_shared<LargeFrame>(budget.large_frame_bytes, frame_size, last_active_);
  std::copy(start.begin(), start.end(), large_->bytes.get());
  large_->fill(start.size());
}

void Connection::take_frames(BrokerCore& core, ReadBudget& budget, MutableByteView bytes) {
  while (bytes.size() >= wire::kFrameLengthBytes && may_take_request()) {
    const auto length = wire::load_big<std::int32_t>(bytes.data());
    const auto most = trusted_ ? limits_.request_bytes_max : limits_.opening_request_bytes_max;
    if (length <= 0 || static_cast<std::uint32_t>(length) > most) {
      BrokerMetrics::add(metrics_.requests_refused, 1);
      doom();
      return;
    }
    const auto size = static_cast<std::size_t>(length);
    const auto body = bytes.subspan(wire::kFrameLengthBytes);
    if (body.size() < size) {
      if (size < kLargeFrameBytes) break;
      begin_large(budget, size, body);
      return;
    }
    handle(core, body.first(size), nullptr);
    bytes = body.subspan(size);
  }
  if (!doomed_) kept_.append(bytes);
}

bool Connection::take_read(BrokerCore& core, ReadBudget& budget, std::size_t kept, std::size_t got) {
  std::size_t in_scratch = kept + got;
  if (large_) {
    const std::size_t missing = large_->size - large_->filled;
    const std::size_t taken = std::min(missing, got);
    large_->fill(taken);
    in_scratch = got - taken;
    if (large_->filled < large_->size) return true;
    const auto done = std::move(large_);
    handle(core, {done->bytes.get(), done->size}, done);
  }
  take_frames(core, budget, MutableByteView(budget.scratch).first(in_scratch));
  return !doomed_;
}

Opening Connection::open(MonoTime now) {
  if (opened_) return Opening::kDone;
  const Opening outcome = transport_->open();
  if (outcome != Opening::kDone) return outcome;
  opened_ = true;
  last_active_ = now;
  return outcome;
}

bool Connection::read(BrokerCore& core, ReadBudget& budget, MonoTime now) {
  // Who is not known yet leaves little to keep: a frame, and what may stand behind it.
  const std::size_t scratch_size =
      trusted_ ? budget.scratch.size() : std::size_t{2} * limits_.opening_request_bytes_max;
  for (int round = 0; round < kReadsAtOnceMax && wants_read(budget); ++round) {
    iovec to[2];
    std::size_t pieces = 0;
    std::size_t room = 0;
    const std::size_t kept = kept_.size();
    if (large_) {
      to[pieces++] = {large_->bytes.get() + large_->filled, large_->size - large_->filled};
      room = to[0].iov_len;
    } else if (kept > 0) {
      std::memcpy(budget.scratch.data(), kept_.data(), kept);
    }
    const std::size_t scratch_room = large_ ? kHeadBytes : std::max(scratch_size, kept + 1) - kept;
    to[pieces++] = {budget.scratch.data() + kept, scratch_room};
    room += scratch_room;
    const Moved got = transport_->read({to, pieces});
    if (got == kBlocked) return true;
    if (got < 0) return false;
    last_active_ = now;
    BrokerMetrics::add(metrics_.bytes_in, static_cast<std::uint64_t>(got));
    kept_.clear();
    if (!take_read(core, budget, kept, static_cast<std::size_t>(got))) return false;
    if (static_cast<std::size_t>(got) < room) break;  // that was all
  }
  if (kept_.empty()) kept_.shrink(0);
  return true;
}

void Connection::resume(BrokerCore& core, ReadBudget& budget) {
  if (!has_kept_frames() || !may_take_request()) return;
  const std::size_t kept = kept_.size();
  std::memcpy(budget.scratch.data(), kept_.data(), kept);
  kept_.clear();
  take_frames(core, budget, MutableByteView(budget.scratch).first(kept));
}

}  // namespace antiphon::kafka::broker
