// librdkafka's C handles under RAII, and its errors as ours. Only the .cc files of this folder include it.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bus/connection.h"
#include "adapters/bus/consumer.h"
#include "core/record.h"
#include "core/result.h"

namespace antiphon::bus::rd {

template <auto Function>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    Function(handle);
  }
};

using Handle = std::unique_ptr<rd_kafka_t, Deleter<rd_kafka_destroy>>;
using MessageHandle = std::unique_ptr<rd_kafka_message_t, Deleter<rd_kafka_message_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, Deleter<rd_kafka_topic_partition_list_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Deleter<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Deleter<rd_kafka_event_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Deleter<rd_kafka_error_destroy>>;
using HeadersHandle = std::unique_ptr<rd_kafka_headers_t, Deleter<rd_kafka_headers_destroy>>;

// Configuration in the making; owns the conf until it is given to rd_kafka_new. The first refused property is kept as
// the error.
class Configuration {
 public:
  // Address, client id, no topic creation by accident, no Nagle, quick reconnects; then the connection's own
  // properties.
  explicit Configuration(const Connection& connection);

  Configuration& set(const std::string& name, const std::string& value);
  [[nodiscard]] rd_kafka_conf_t* raw() const { return conf_.get(); }
  // kConfig names a refused property.
  Result<Handle> make(rd_kafka_type_t type) &&;

 private:
  std::unique_ptr<rd_kafka_conf_t, Deleter<rd_kafka_conf_destroy>> conf_;
  std::string refused_;
};

ErrorKind kind_of(rd_kafka_resp_err_t code);
Error error_of(rd_kafka_resp_err_t code, std::string_view what);

// `metadata` is that of each.
PartitionList list_of(const std::map<TopicPartition, Offset>& partitions, const std::string& metadata = {});
std::string metadata_of(const rd_kafka_topic_partition_t& partition);
PartitionList list_of(const std::vector<TopicPartition>& partitions);

// Of a message that belongs to one.
TopicPartition partition_of(const rd_kafka_message_t& message);

// Of an _AUTO_OFFSET_RESET: the end that a leader told for the epoch of what was read last (KIP-320), where that was
// behind what was read: the log was cut there, however long it is now. The library says it in its text alone; where the
// text is another and there is no offset either, it may have been cut anywhere. Nothing: an offset beyond the log, or a
// leader that does not know that epoch.
std::optional<Offset> end_told_in(const rd_kafka_message_t& message);

// Of an assigned partition that the library has stopped reading: it refuses to seek there, and takes it anew.
bool read_anew(rd_kafka_t* handle, const TopicPartition& partition, Offset offset);

// The first offset whose timestamp is at or after the time; nothing where there is none.
Result<std::optional<Offset>> query_offset(rd_kafka_t* handle, const TopicPartition& partition,
                                           std::int64_t timestamp_ms, std::chrono::milliseconds timeout);
// `timeout` for both ends.
Result<OffsetRange> query_offsets(rd_kafka_t* handle, const TopicPartition& partition,
                                  std::chrono::milliseconds timeout);

class GroupMetadata final : public Membership {
 public:
  explicit GroupMetadata(rd_kafka_consumer_group_metadata_t* raw) : raw_(raw) {}
  [[nodiscard]] const rd_kafka_consumer_group_metadata_t* raw() const { return raw_.get(); }

 private:
  std::unique_ptr<rd_kafka_consumer_group_metadata_t, Deleter<rd_kafka_consumer_group_metadata_destroy>> raw_;
};

// Queues a copy of the record; `opaque` comes back in its delivery report.
Result<> produce(rd_kafka_t* handle, const OutgoingRecord& record, void* opaque);

// For a producer: the first record of a topic that the library does not know yet waits for its next scan, a second
// away. So does a question that comes before the first connection stands. Where the brokers do not answer in time, that
// is what happens.
constexpr std::chrono::milliseconds kLearnTimeout{2'000};
void learn_topics(rd_kafka_t* handle, std::chrono::milliseconds timeout = kLearnTimeout);

// A client of its own for questions, made with the first. A broker answers in order: on a consumer's connection a
// question waits behind the fetch that waits for records there, half a second each. And a partition's end is the high
// watermark to this one, unless it is to tell readable ends: to a reader of read_committed it is the last stable
// offset, which is not yet past a transaction that was committed a moment ago (Kafka writes the markers after its
// answer).
class Asker {
 public:
  // `readable_ends`: see ReaderSettings.
  explicit Asker(Connection connection, bool readable_ends = false)
      : connection_(std::move(connection)), readable_ends_(readable_ends) {}
  Result<rd_kafka_t*> handle();

 private:
  Connection connection_;
  bool readable_ends_;
  Handle handle_;
};

// The message a record() looks at.
std::unique_ptr<Message> wrap(MessageHandle message);

inline int milliseconds(std::chrono::milliseconds timeout) { return static_cast<int>(timeout.count()); }

}  // namespace antiphon::bus::rd
