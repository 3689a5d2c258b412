// What passes between the connections and the request core: one frame in, one response out, later perhaps, by a sink.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "kafka/broker/group/types.h"
#include "kafka/log/partition.h"
#include "kafka/wire/buffer.h"
#include "kafka/wire/frame.h"

namespace antiphon::kafka::broker {

// Which request of which connection. The connection answers in the order of `sequence`, whatever the order of replies.
struct ReplyTo {
  ConnectionId connection;
  std::uint64_t sequence = 0;
};

// A request's bytes behind the length. The core patches produced batches in place (offset, epoch).
struct RequestFrame {
  MutableByteView bytes;
  // Keeps `bytes` alive; null: they are good only until handle() returns.
  std::shared_ptr<const void> owner;
};

// A response: bytes in memory, with runs of segment files between them, which go from the page cache to the socket.
// Empty: the request has no answer (acks=0), the next one's may go.
struct Response {
  wire::Buffer bytes;                       // from the four bytes of length on
  std::vector<wire::ExternalSlice> slices;  // ascending; `handle` indexes files
  std::vector<log::LogSlice> files;
  bool last = false;  // once it has left, the connection ends

  [[nodiscard]] bool empty() const { return bytes.empty(); }
};

class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // Exactly once for each request that handle() took, unless its connection was closed.
  virtual void respond(ReplyTo to, Response response) = 0;
  // The client speaks no Kafka, or not to us: close without an answer, as Kafka does.
  virtual void close(ConnectionId connection, std::string_view reason) = 0;
  // The client of this connection is known from now on (SASL).
  virtual void authenticated(ConnectionId) {}
};

struct Request {
  wire::RequestHeader header;
  ReplyTo reply_to;
  std::string_view client_host;
  MutableByteView frame;  // the whole, header included: records are patched in it
  ByteView body;
  std::shared_ptr<const void> owner;

  [[nodiscard]] wire::ApiVersion version() const { return header.api_version; }
};

// What is left of a request while its answer waits.
struct ReplyStub {
  ReplyTo to;
  wire::ApiVersion version = 0;
  std::int32_t correlation_id = 0;

  static ReplyStub of(const Request& r) { return {r.reply_to, r.version(), r.header.correlation_id}; }
};

}  // namespace antiphon::kafka::broker
