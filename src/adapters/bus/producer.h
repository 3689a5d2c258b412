// Producer: acks=all, idempotent, never gives up an unknown outcome.
//
// A record that was accepted by send() is retried for as long as the process lives (delivery has no time limit), so its
// outcome is known in the end: on_delivery says where it stands. Who cannot wait that long (an HTTP request) answers
// for itself and leaves the record under way. After a fatal error of the client library (fatal() is set, every open
// send fails with kUnavailable) the outcome of those sends is unknown: drop this producer, make a new one, and read the
// log before sending again.
//
// Partition: Kafka's murmur2 of the key unless the record names one. No linger: a record leaves at once; what is sent
// while a request is in flight travels together in the next.
//
// Thread-safe. Callbacks run on the producer's own thread: short, never blocking, never calling flush() or the
// destructor.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "adapters/bus/connection.h"
#include "core/record.h"
#include "core/result.h"

namespace antiphon::bus {

struct Delivered {
  PartitionId partition;
  // Nothing: it stands in the log, but the broker has answered a repeat of it (the first answer was lost) and no longer
  // knows where the first one stands. A reader of the partition finds it.
  std::optional<Offset> offset;
};
using DeliveryCallback = std::function<void(Result<Delivered>)>;

struct ProducerSettings {
  std::size_t queue_bytes_max = 64U << 20;  // send() answers kLimit above it
  std::size_t record_bytes_max = 6U << 20;  // message.max.bytes of the client; the dead letter topics' limit
};

class Producer {
 public:
  static Result<std::unique_ptr<Producer>> create(const Connection& connection, const ProducerSettings& settings = {});
  virtual ~Producer() = default;  // waits for nothing: flush() first

  // Queues the record. kLimit: the queue is full, nothing was taken, try again. Otherwise on_delivery is called exactly
  // once.
  virtual Result<> send(OutgoingRecord record, DeliveryCallback on_delivery) = 0;
  // Sends and waits. kUnavailable after `timeout`: the outcome is unknown and the record still under way.
  virtual Result<Delivered> send_and_wait(OutgoingRecord record, std::chrono::milliseconds timeout) = 0;
  // True when everything accepted so far has had its callback.
  virtual bool flush(std::chrono::milliseconds timeout) = 0;
  [[nodiscard]] virtual bool fatal() const = 0;
  [[nodiscard]] virtual std::size_t in_flight() const = 0;
};

}  // namespace antiphon::bus
