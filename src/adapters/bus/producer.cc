#include "adapters/bus/producer.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "adapters/bus/rdkafka.h"
#include "core/logging.h"

namespace antiphon::bus {
namespace {

class RdProducer final : public Producer {
 public:
  ~RdProducer() override {
    stopping_ = true;
    if (poller_.joinable()) {
      rd_kafka_queue_yield(queue_.get());
      poller_.join();
    }
    if (handle_) {
      // Whoever flushed has nothing here; the rest hears that its outcome is unknown.
      rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      rd_kafka_poll(handle_.get(), 0);
    }
  }

  Result<> start(const Connection& connection, const ProducerSettings& settings) {
    rd::Configuration conf(connection);
    conf.set("enable.idempotence", "true")
        .set("message.timeout.ms", "0")
        .set("linger.ms", "0")
        .set("partitioner", "murmur2_random")
        .set("retry.backoff.ms", "50")
        .set("message.max.bytes", std::to_string(settings.record_bytes_max))
        .set("queue.buffering.max.kbytes", std::to_string(std::max<std::size_t>(settings.queue_bytes_max / 1024, 1)));
    rd_kafka_conf_set_opaque(conf.raw(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.raw(), on_delivery_report);
    rd_kafka_conf_set_error_cb(conf.raw(), on_error);
    ANTIPHON_TRY(handle, std::move(conf).make(RD_KAFKA_PRODUCER));
    handle_ = std::move(handle);
    rd::learn_topics(handle_.get());
    queue_.reset(rd_kafka_queue_get_main(handle_.get()));
    poller_ = std::thread([this] {
      while (!stopping_) rd_kafka_poll(handle_.get(), -1);  // until something comes, or the destructor's yield
    });
    return {};
  }

  Result<> send(OutgoingRecord record, DeliveryCallback on_delivery) override {
    auto callback = std::make_unique<DeliveryCallback>(std::move(on_delivery));
    ++open_;
    if (auto queued = rd::produce(handle_.get(), record, callback.get()); !queued) {
      settled();
      return queued;
    }
    static_cast<void>(callback.release());  // the delivery report's
    return {};
  }

  Result<Delivered> send_and_wait(OutgoingRecord record, std::chrono::milliseconds timeout) override {
    struct Outcome {
      std::mutex mutex;
      std::condition_variable changed;
      std::optional<Result<Delivered>> result;
    };
    auto outcome = std::make_shared<Outcome>();
    const std::string topic = record.topic;
    ANTIPHON_TRY_VOID(send(std::move(record), [outcome](Result<Delivered> result) {
      const std::lock_guard lock(outcome->mutex);
      outcome->result = std::move(result);
      outcome->changed.notify_all();
    }));
    std::unique_lock lock(outcome->mutex);
    if (!outcome->changed.wait_for(lock, timeout, [&] { return outcome->result.has_value(); })) {
      return make_error(
          ErrorKind::kUnavailable,
          fmt::format("send to {}: no answer in {} ms; the outcome is not known yet", topic, timeout.count()));
    }
    return *outcome->result;
  }

  bool flush(std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    return settled_.wait_for(lock, timeout, [this] { return open_ == 0; });
  }

  [[nodiscard]] bool fatal() const override { return fatal_; }
  [[nodiscard]] std::size_t in_flight() const override { return open_; }

 private:
  void settled() {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) settled_.notify_all();
  }

  static void on_delivery_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& self = *static_cast<RdProducer*>(opaque);
    const std::unique_ptr<DeliveryCallback> callback(static_cast<DeliveryCallback*>(message->_private));
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto offset = message->offset >= 0 ? std::optional(Offset(message->offset)) : std::nullopt;
      (*callback)(Delivered{PartitionId(message->partition), offset});
    } else {
      (*callback)(rd::error_of(message->err, fmt::format("send to {}", rd_kafka_topic_name(message->rkt))));
    }
    self.settled();
  }

  static void on_error(rd_kafka_t* handle, int code, const char*, void* opaque) {
    if (code != RD_KAFKA_RESP_ERR__FATAL) return;  // the rest is retried by the library
    auto& self = *static_cast<RdProducer*>(opaque);
    std::array<char, 512> reason{};
    rd_kafka_fatal_error(handle, reason.data(), reason.size());
    logging::error("kafka producer is unusable", {{"client", rd_kafka_name(handle)}, {"detail", reason.data()}});
    self.fatal_ = true;
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }

  std::mutex mutex_;
  std::condition_variable settled_;
  std::atomic<std::size_t> open_ = 0;  // accepted, callback not yet done
  std::atomic<bool> fatal_ = false;
  std::atomic<bool> stopping_ = false;
  rd::Handle handle_;
  rd::Queue queue_;
  std::thread poller_;
};

}  // namespace

Result<std::unique_ptr<Producer>> Producer::create(const Connection& connection, const ProducerSettings& settings) {
  auto producer = std::make_unique<RdProducer>();
  ANTIPHON_TRY_VOID(producer->start(connection, settings));
  return std::unique_ptr<Producer>(std::move(producer));
}

}  // namespace antiphon::bus
