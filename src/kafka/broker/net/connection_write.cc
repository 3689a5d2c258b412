#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

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

int Connection::write_once() {
  const Response& front = slots_.front().response;
  const auto outcome = [](ssize_t n) { return n >= 0 ? 1 : (errno == EAGAIN || errno == EINTR) ? 0 : -1; };
  if (front_slices_sent_ < front.slices.size() && front.slices[front_slices_sent_].position == front_bytes_sent_) {
    const auto& slice = front.slices[front_slices_sent_];
    const auto& file = front.files[slice.handle];
    off_t at = static_cast<off_t>(file.position + slice_bytes_sent_);
    const ssize_t n = ::sendfile(socket_.get(), file.file->native_handle(), &at, slice.size - slice_bytes_sent_);
    if (n == 0) return -1;  // the file is shorter than it said: nothing sensible can follow
    if (n < 0) return outcome(n);
    slice_bytes_sent_ += static_cast<std::size_t>(n);
    BrokerMetrics::add(metrics_.bytes_out, static_cast<std::uint64_t>(n));
    if (slice_bytes_sent_ == slice.size) {
      ++front_slices_sent_;
      slice_bytes_sent_ = 0;
      pop_finished();
    }
    return 1;
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
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  const ssize_t n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | (file_follows ? MSG_MORE : 0));
  if (n < 0) return outcome(n);
  BrokerMetrics::add(metrics_.bytes_out, static_cast<std::uint64_t>(n));
  advance_output(static_cast<std::size_t>(n));
  return 1;
}

bool Connection::flush(MonoTime now) {
  blocked_ = false;
  while (!slots_.empty() && slots_.front().ready) {
    const int outcome = write_once();
    if (outcome < 0) return false;
    if (outcome == 0) {
      blocked_ = true;
      return true;
    }
    last_active_ = now;
  }
  return true;
}

}  // namespace antiphon::kafka::broker
