#include "core/assert.h"
#include "kafka/broker/net/connection.h"

namespace antiphon::kafka::broker {
namespace {
constexpr std::size_t kPiecesMax = 64;
}

void Connection::set_response(std::uint64_t sequence, Response response) {
  ANTIPHON_ASSERT(sequence >= first_sequence_ && sequence - first_sequence_ < slots_.size());
  Slot& slot = slots_[static_cast<std::size_t>(sequence - first_sequence_)];
  ANTIPHON_ASSERT(!slot.ready);
  output_bytes_ += response.bytes.size();
  slot.response = std::move(response);
  slot.ready = true;
}

void Connection::pop_finished() {
  while (!slots_.empty() && slots_.front().ready) {
    const Response& front = slots_.front().response;
    if (front_bytes_sent_ < front.bytes.size() || front_slices_sent_ < front.slices.size()) return;
    output_bytes_ -= front.bytes.size();
    finished_ = finished_ || front.last;
    slots_.pop_front();
    ++first_sequence_;
    front_bytes_sent_ = front_slices_sent_ = slice_bytes_sent_ = 0;
  }
}

// `sent` bytes of memory left, across answers that have no slice between them.
void Connection::advance_output(std::size_t sent) {
  while (sent > 0) {
    const Response& front = slots_.front().response;
    const std::size_t end =
        front_slices_sent_ < front.slices.size() ? front.slices[front_slices_sent_].position : front.bytes.size();
    const std::size_t step = std::min(sent, end - front_bytes_sent_);
    front_bytes_sent_ += step;
    sent -= step;
    if (sent > 0) pop_finished();
  }
  pop_finished();
}

Moved Connection::write_once() {
  const Response& front = slots_.front().response;
  if (front_slices_sent_ < front.slices.size() && front.slices[front_slices_sent_].position == front_bytes_sent_) {
    const auto& slice = front.slices[front_slices_sent_];
    const auto& file = front.files[slice.handle];
    const Moved n = transport_->write_file(file, slice_bytes_sent_, slice.size - slice_bytes_sent_);
    if (n <= 0) return n;
    slice_bytes_sent_ += static_cast<std::size_t>(n);
    BrokerMetrics::add(metrics_.bytes_out, static_cast<std::uint64_t>(n));
    if (slice_bytes_sent_ == slice.size) {
      ++front_slices_sent_;
      slice_bytes_sent_ = 0;
      pop_finished();
    }
    return n;
  }
  iovec pieces[kPiecesMax];
  std::size_t count = 0;
  bool file_follows = false;
  std::size_t from = front_bytes_sent_;
  for (std::size_t i = 0; i < slots_.size() && slots_[i].ready && count < kPiecesMax && !file_follows; ++i) {
    Response& each = slots_[i].response;
    const std::size_t next_slice = i == 0 ? front_slices_sent_ : 0;
    file_follows = next_slice < each.slices.size();
    const std::size_t end = file_follows ? each.slices[next_slice].position : each.bytes.size();
    if (end > from) pieces[count++] = {each.bytes.data() + from, end - from};
    from = 0;
  }
  if (count == 0) {  // only answers of no bytes (acks=0)
    pop_finished();
    return 1;
  }
  const Moved n = transport_->write({pieces, count}, file_follows);
  if (n <= 0) return n;
  BrokerMetrics::add(metrics_.bytes_out, static_cast<std::uint64_t>(n));
  advance_output(static_cast<std::size_t>(n));
  return n;
}

bool Connection::flush(MonoTime now) {
  blocked_ = false;
  while (!slots_.empty() && slots_.front().ready) {
    const Moved moved = write_once();
    if (moved < 0) return false;
    if (moved == kBlocked) {
      blocked_ = true;
      return true;
    }
    last_active_ = now;
    if (finished_) return false;
  }
  return true;
}

}  // namespace antiphon::kafka::broker
