#include <fmt/format.h>

#include "adapters/bus/consumer.h"
#include "adapters/bus/doubt.h"
#include "adapters/bus/rdkafka.h"
#include "core/logging.h"

namespace antiphon::bus {
namespace {

class RdPartitionReader final : public PartitionReader {
 public:
  ~RdPartitionReader() override {
    if (handle_) rd_kafka_consumer_close(handle_.get());
  }

  RdPartitionReader(const Connection& connection, const ReaderSettings& settings)
      : asker_(connection, settings.readable_ends), doubt_max_(settings.doubt_max), doubts_(doubt_max_) {}

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
    doubts_.clear();
    from_ = from;
    const auto code = rd_kafka_assign(handle_.get(), rd::list_of(from).get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::error_of(code, "assign partitions");
    return {};
  }

  Result<std::unique_ptr<Message>> poll(std::chrono::milliseconds timeout) override {
    ANTIPHON_TRY_VOID(look_at_a_doubt());
    const auto until = doubts_.until_due(timeout, std::chrono::steady_clock::now());
    rd::MessageHandle message(rd_kafka_consumer_poll(handle_.get(), rd::milliseconds(until)));
    if (!message) return std::unique_ptr<Message>();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const bool end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
      positions_[rd::partition_of(*message)] = Offset(end ? message->offset : message->offset + 1);
      return end ? std::unique_ptr<Message>() : rd::wrap(std::move(message));
    }
    if (begins_a_doubt(*message)) return std::unique_ptr<Message>();
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
  // Whether the library has stopped reading a partition because its log does not hold the next offset.
  bool begins_a_doubt(const rd_kafka_message_t& message) {
    if (message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.rkt == nullptr) return false;
    const TopicPartition partition = rd::partition_of(message);
    const auto it = from_.find(partition);
    if (it == from_.end()) return false;
    doubts_.begin(partition, message.offset >= 0 ? Offset(message.offset) : position(partition).value_or(it->second),
                  rd::end_told_in(message));
    return true;
  }

  Result<> look_at_a_doubt() {
    const auto partition = doubts_.due(std::chrono::steady_clock::now());
    if (!partition) return {};
    const auto told = offsets(*partition, Doubts::kLookTimeMax);
    const auto found =
        doubts_.look(*partition, told ? std::optional(*told) : std::nullopt, std::chrono::steady_clock::now());
    if (found.verdict == Doubt::Verdict::kWait) return {};
    const Offset offset = doubts_.offset(*partition);
    if (found.verdict == Doubt::Verdict::kLost) {
      doubts_.end(*partition);
      return lost(*partition, offset, found.log);
    }
    if (!rd::read_anew(handle_.get(), *partition, found.log.end)) return {};  // with the next look
    doubts_.end(*partition);
    positions_.erase(*partition);
    from_[*partition] = found.log.end;
    if (found.log.end < offset) {
      logging::warn("a log ended before what was read of it; it is read again from there",
                    {{"topic", partition->topic},
                     {"partition", partition->partition},
                     {"stood_at", offset},
                     {"from", found.log.end}});
    }
    return {};
  }

  [[nodiscard]] Error lost(const TopicPartition& partition, Offset offset, const OffsetRange& log) const {
    const std::string where = fmt::format("read {} partition {}", partition.topic, partition.partition.value());
    if (offset < log.start) {
      return make_error(ErrorKind::kNotFound, fmt::format("{}: offset {} is gone, the log starts at {}; start "
                                                          "again: a new start reads what the log holds",
                                                          where, offset.value(), log.start.value()));
    }
    return make_error(
        ErrorKind::kNotFound,
        fmt::format(
            "{}: offset {} was not there for {} s, the log ends at {}: it was cut or replaced, or its leader is "
            "cut off from the other brokers; see that the brokers reach one another, then start again: a new "
            "start reads what the log holds",
            where, offset.value(), std::chrono::duration_cast<std::chrono::seconds>(doubt_max_).count(),
            log.end.value()));
  }

  rd::Handle handle_;
  rd::Queue queue_;
  rd::Asker asker_;
  std::map<TopicPartition, Offset> positions_;
  std::map<TopicPartition, Offset> from_;  // as assigned
  const std::chrono::milliseconds doubt_max_;
  Doubts doubts_;
};

}  // namespace

Result<std::unique_ptr<PartitionReader>> PartitionReader::create(const Connection& connection,
                                                                 const ReaderSettings& settings) {
  auto reader = std::make_unique<RdPartitionReader>(connection, settings);
  if (!settings.asks_only) ANTIPHON_TRY_VOID(reader->start(connection, settings));
  return std::unique_ptr<PartitionReader>(std::move(reader));
}

}  // namespace antiphon::bus
