#include <fmt/format.h>

#include "adapters/bus/consumer.h"
#include "adapters/bus/rdkafka.h"

namespace antiphon::bus {
namespace {

class RdPartitionReader final : public PartitionReader {
 public:
  ~RdPartitionReader() override {
    if (handle_) rd_kafka_consumer_close(handle_.get());
  }

  RdPartitionReader(const Connection& connection, const ReaderSettings& settings)
      : asker_(connection, settings.readable_ends) {}

  Result<> start(const Connection& connection, const ReaderSettings& settings) {
    rd::Configuration conf(connection);
    // The library wants a group name before it lets partitions be assigned; no group is joined and nothing is
    // committed.
    conf.set("group.id", connection.client_id + ".reader")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("enable.partition.eof", "true")
        .set("fetch.error.backoff.ms", "50")
        .set("fetch.wait.max.ms", std::to_string(settings.fetch_wait.count()))
        .set("fetch.message.max.bytes", std::to_string(6U << 20))
        .set("queued.max.messages.kbytes", std::to_string(16U << 10));
    ANTIPHON_TRY(handle, std::move(conf).make(RD_KAFKA_CONSUMER));
    handle_ = std::move(handle);
    rd_kafka_poll_set_consumer(handle_.get());
    queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
    return {};
  }

  Result<> assign(const std::map<TopicPartition, Offset>& from) override {
    positions_.clear();
    const auto code = rd_kafka_assign(handle_.get(), rd::list_of(from).get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::error_of(code, "assign partitions");
    return {};
  }

  Result<std::unique_ptr<Message>> poll(std::chrono::milliseconds timeout) override {
    rd::MessageHandle message(rd_kafka_consumer_poll(handle_.get(), rd::milliseconds(timeout)));
    if (!message) return std::unique_ptr<Message>();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const bool end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
      positions_[{rd_kafka_topic_name(message->rkt), PartitionId(message->partition)}] =
          Offset(end ? message->offset : message->offset + 1);
      return end ? std::unique_ptr<Message>() : rd::wrap(std::move(message));
    }
    const std::string where =
        message->rkt == nullptr
            ? std::string("read")
            : fmt::format("read {} partition {}", rd_kafka_topic_name(message->rkt), message->partition);
    return rd::error_of(message->err, where);
  }

  void wake() override { rd_kafka_queue_yield(queue_.get()); }

  [[nodiscard]] std::optional<Offset> position(const TopicPartition& partition) const override {
    const auto it = positions_.find(partition);
    return it == positions_.end() ? std::nullopt : std::optional(it->second);
  }

  Result<OffsetRange> offsets(const TopicPartition& partition, std::chrono::milliseconds timeout) override {
    ANTIPHON_TRY(asker, asker_.handle());
    return rd::query_offsets(asker, partition, timeout);
  }

  Result<Offset> offset_at(const TopicPartition& partition, std::int64_t timestamp_ms,
                           std::chrono::milliseconds timeout) override {
    ANTIPHON_TRY(asker, asker_.handle());
    ANTIPHON_TRY(found, rd::query_offset(asker, partition, timestamp_ms, timeout));
    if (found) return *found;
    ANTIPHON_TRY(range, offsets(partition, timeout));
    return range.end;
  }

 private:
  rd::Handle handle_;
  rd::Queue queue_;
  rd::Asker asker_;
  std::map<TopicPartition, Offset> positions_;
};

}  // namespace

Result<std::unique_ptr<PartitionReader>> PartitionReader::create(const Connection& connection,
                                                                 const ReaderSettings& settings) {
  auto reader = std::make_unique<RdPartitionReader>(connection, settings);
  if (!settings.asks_only) ANTIPHON_TRY_VOID(reader->start(connection, settings));
  return std::unique_ptr<PartitionReader>(std::move(reader));
}

}  // namespace antiphon::bus
