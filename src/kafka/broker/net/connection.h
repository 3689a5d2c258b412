// One client's connection: frames in, answers out in the order of the requests.
//
// In: bytes are read into a buffer that all connections share; whole frames are handled where they lie, what is left of
// a frame is kept (a large frame gets a buffer of its own size, which the journal may keep). An idle connection holds
// no buffer. Out: finished answers are gathered into one write; runs of segment files go as the transport can, at best
// by sendfile(2). Reading stops while too many requests are in flight or too many answer bytes wait.
//
// A connection is OPENING until its transport stands (a TLS handshake) and its client is known (SASL); until then it
// may take little memory and little time.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "kafka/broker/core/broker_core.h"
#include "kafka/broker/net/transport.h"

namespace antiphon::kafka::broker {

// What all connections share: the buffer to read into, and what large frames under way may take.
struct ReadBudget {
  Bytes scratch;
  std::shared_ptr<std::atomic<std::uint64_t>> large_frame_bytes = std::make_shared<std::atomic<std::uint64_t>>(0);
};

class Connection {
 public:
  Connection(ConnectionId id, std::unique_ptr<Transport> transport, std::string host, const BrokerLimits& limits,
             BrokerMetrics& metrics, MonoTime now)
      : id_(id),
        transport_(std::move(transport)),
        host_(std::move(host)),
        limits_(limits),
        metrics_(metrics),
        accepted_(now),
        last_active_(now) {}

  // Goes on with the transport's handshake; kDone from then on.
  Opening open(MonoTime now);
  // The client may ask for anything: it is known, or nobody asks who it is.
  void trust() { trusted_ = true; }
  [[nodiscard]] std::string refusal() const { return transport_->refusal(); }
  [[nodiscard]] bool has_opened() const { return opened_; }
  [[nodiscard]] bool is_opening() const { return !opened_ || !trusted_; }

  // Reads what there is (bounded, so that others get their turn) and hands whole frames to the core. False: it is over.
  bool read(BrokerCore& core, ReadBudget& budget, MonoTime now);
  // Goes on with frames that were read but had to wait for answers to leave.
  void resume(BrokerCore& core, ReadBudget& budget);
  void set_response(std::uint64_t sequence, Response response);
  // Writes what can be written. False: it is over, because the client is gone or the last answer has left.
  bool flush(MonoTime now);
  void doom() { doomed_ = true; }

  [[nodiscard]] bool doomed() const { return doomed_; }
  [[nodiscard]] bool wants_read(const ReadBudget& budget) const;
  [[nodiscard]] bool wants_write() const { return blocked_ || transport_->reads_when_writable(); }
  [[nodiscard]] bool reads_when_writable() const { return transport_->reads_when_writable(); }
  // Input that came already: read() must be called without a word from epoll.
  [[nodiscard]] bool holds_input(const ReadBudget& budget) const {
    return opened_ && transport_->holds_input() && wants_read(budget);
  }
  [[nodiscard]] bool has_kept_frames() const { return !large_ && kept_.size() >= wire::kFrameLengthBytes; }
  // Nothing moved for too long: no requests (idle_timeout), half a request or an unread answer (stall_timeout); or it
  // is still opening (opening_timeout).
  [[nodiscard]] bool timed_out(MonoTime now) const;
  // Since when it has been sending a large request that now has to wait for memory, as all of them do.
  [[nodiscard]] std::optional<MonoTime> crowded_since(const ReadBudget& budget) const;
  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] int fd() const { return transport_->fd(); }
  [[nodiscard]] const std::string& host() const { return host_; }

  std::uint32_t registered_events = 0;  // of the reactor
  bool in_dirty_list = false;           // of the reactor

 private:
  struct Slot {
    bool ready = false;
    Response response;
  };
  // A frame that did not come in one read. It lives until its request is answered, and counts what it received, no
  // more: a client that dies in the middle gives back exactly what it took.
  struct LargeFrame {
    LargeFrame(std::shared_ptr<std::atomic<std::uint64_t>> received_by_all, std::size_t frame_size, MonoTime now)
        : received(std::move(received_by_all)), bytes(new std::byte[frame_size]), size(frame_size), begun(now) {}
    LargeFrame(const LargeFrame&) = delete;
    LargeFrame& operator=(const LargeFrame&) = delete;
    ~LargeFrame() { received->fetch_sub(filled); }
    void fill(std::size_t count) {
      filled += count;
      received->fetch_add(count);
    }

    std::shared_ptr<std::atomic<std::uint64_t>> received;
    std::unique_ptr<std::byte[]> bytes;  // untouched pages cost nothing: what is announced and not sent takes no memory
    std::size_t size;
    MonoTime begun;
    std::size_t filled = 0;
  };

  [[nodiscard]] bool may_take_request() const;
  [[nodiscard]] bool is_crowded(const ReadBudget& budget) const;  // a large frame has to wait for memory
  void handle(BrokerCore& core, MutableByteView frame, std::shared_ptr<const void> owner);
  // Handles the whole frames of `bytes` and keeps the rest.
  void take_frames(BrokerCore& core, ReadBudget& budget, MutableByteView bytes);
  void begin_large(ReadBudget& budget, std::size_t frame_size, ByteView start);
  bool take_read(BrokerCore& core, ReadBudget& budget, std::size_t kept, std::size_t got);
  // One write of the transport.
  Moved write_once();
  void advance_output(std::size_t sent);
  void pop_finished();

  const ConnectionId id_;
  const std::unique_ptr<Transport> transport_;
  const std::string host_;
  const BrokerLimits& limits_;
  BrokerMetrics& metrics_;

  wire::Buffer kept_;  // the start of a small frame, or frames that wait
  std::shared_ptr<LargeFrame> large_;
  std::deque<Slot> slots_;             // requests in flight, oldest first
  std::uint64_t first_sequence_ = 0;   // of slots_.front()
  std::size_t front_bytes_sent_ = 0;   // of slots_.front(): bytes in memory
  std::size_t front_slices_sent_ = 0;  // whole slices
  std::size_t slice_bytes_sent_ = 0;   // of the next one
  std::uint64_t output_bytes_ = 0;     // in memory, of all answers that wait
  const MonoTime accepted_;
  MonoTime last_active_;  // a byte came or went
  bool opened_ = false;
  bool trusted_ = false;
  bool blocked_ = false;
  bool finished_ = false;  // its last answer has left
  bool doomed_ = false;
};

}  // namespace antiphon::kafka::broker
