#include "adapters/bus/rdkafka.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/logging.h"

namespace antiphon::bus::rd {
namespace {

constexpr std::chrono::milliseconds kAskerLearnTimeout{1'000};

// librdkafka's own lines: connection troubles it cures by itself are worth a debug line, the rest a warning.
void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  const auto severity = level <= 3 ? logging::Level::kWarn : logging::Level::kDebug;
  const bool transport = std::string_view(facility) == "FAIL" || std::string_view(facility) == "ERROR";
  logging::write(transport ? logging::Level::kDebug : severity, "kafka client",
                 {{"client", rd_kafka_name(handle)}, {"facility", facility}, {"detail", text}});
}

class HeldMessage final : public Message {
 public:
  explicit HeldMessage(MessageHandle message) : message_(std::move(message)) {
    const rd_kafka_message_t& m = *message_;
    record_.topic = rd_kafka_topic_name(m.rkt);
    record_.partition = PartitionId(m.partition);
    record_.offset = Offset(m.offset);
    record_.timestamp_ms = rd_kafka_message_timestamp(&m, nullptr);
    if (m.key != nullptr) record_.key = ByteView{static_cast<const std::byte*>(m.key), m.key_len};
    if (m.payload != nullptr) record_.value = ByteView{static_cast<const std::byte*>(m.payload), m.len};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      RecordHeader header{name, std::nullopt};
      if (value != nullptr) header.value.emplace(static_cast<const char*>(value), size);
      record_.headers.push_back(std::move(header));
    }
  }
  [[nodiscard]] const IncomingRecord& record() const override { return record_; }

 private:
  MessageHandle message_;
  IncomingRecord record_;
};

HeadersHandle headers_of(const RecordHeaders& headers) {
  HeadersHandle out(rd_kafka_headers_new(headers.size()));
  for (const RecordHeader& h : headers) {
    rd_kafka_header_add(out.get(), h.name.data(), static_cast<ssize_t>(h.name.size()),
                        h.value ? h.value->data() : nullptr, h.value ? static_cast<ssize_t>(h.value->size()) : 0);
  }
  return out;
}

}  // namespace

Configuration::Configuration(const Connection& connection) : conf_(rd_kafka_conf_new()) {
  rd_kafka_conf_set_log_cb(conf_.get(), on_log);
  set("bootstrap.servers", connection.bootstrap);
  set("client.id", connection.client_id);
  set("allow.auto.create.topics", "false");
  set("socket.nagle.disable", "true");
  set("socket.keepalive.enable", "true");
  // A broker that stops without closing its connections is left after so long, and what it was sent goes to the next
  // leader; the library's 60 s would keep volunteers waiting far longer than the cluster needs to choose one.
  set("socket.timeout.ms", "10000");
  set("reconnect.backoff.ms", "20");
  set("reconnect.backoff.max.ms", "1000");
  set("broker.address.family", "any");
  for (const auto& [name, value] : connection.properties) set(name, value);
}

Configuration& Configuration::set(const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  const auto result = rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), reason.data(), reason.size());
  // The library's reason repeats the value, which may be a password; the name is enough.
  if (result != RD_KAFKA_CONF_OK && refused_.empty()) refused_ = name;
  return *this;
}

Result<Handle> Configuration::make(rd_kafka_type_t type) && {
  if (!refused_.empty()) {
    return make_error(ErrorKind::kConfig, fmt::format("the Kafka client refuses the setting '{}'", refused_));
  }
  std::array<char, 512> reason{};
  Handle handle(rd_kafka_new(type, conf_.get(), reason.data(), reason.size()));
  if (!handle) return make_error(ErrorKind::kConfig, fmt::format("the Kafka client does not start: {}", reason.data()));
  static_cast<void>(conf_.release());  // now the handle's
  return handle;
}

ErrorKind kind_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
      return ErrorKind::kUnavailable;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return ErrorKind::kNotFound;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorKind::kAlreadyExists;
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return ErrorKind::kConflict;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return ErrorKind::kPermission;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return ErrorKind::kLimit;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return ErrorKind::kInvalidInput;
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return ErrorKind::kConfig;
    default:
      return ErrorKind::kInternal;
  }
}

Error error_of(rd_kafka_resp_err_t code, std::string_view what) {
  return make_error(kind_of(code), fmt::format("{}: {} ({})", what, rd_kafka_err2str(code), rd_kafka_err2name(code)));
}

PartitionList list_of(const std::map<TopicPartition, Offset>& partitions, const std::string& metadata) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [partition, offset] : partitions) {
    auto* element = rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition.value());
    element->offset = offset.value();
    if (metadata.empty()) continue;
    element->metadata = std::malloc(metadata.size());  // the library frees it
    if (element->metadata == nullptr) throw std::bad_alloc();
    std::memcpy(element->metadata, metadata.data(), metadata.size());
    element->metadata_size = metadata.size();
  }
  return list;
}

std::string metadata_of(const rd_kafka_topic_partition_t& partition) {
  if (partition.metadata == nullptr) return {};
  return {static_cast<const char*>(partition.metadata), partition.metadata_size};
}

Result<> produce(rd_kafka_t* handle, const OutgoingRecord& record, void* opaque) {
  auto headers = headers_of(record.headers);
  const void* key = record.key ? record.key->data() : nullptr;
  void* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;  // MSG_F_COPY: it is only read
  const std::size_t key_size = record.key ? record.key->size() : 0;
  const std::size_t value_size = record.value ? record.value->size() : 0;
  const std::int32_t partition = record.partition ? record.partition->value() : RD_KAFKA_PARTITION_UA;
  const std::int64_t timestamp = record.timestamp_ms.value_or(0);  // 0: now
  const auto code = rd_kafka_producev(handle, RD_KAFKA_V_TOPIC(record.topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
                                      RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_HEADERS(headers.get()),
                                      RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, fmt::format("send to {}", record.topic));
  static_cast<void>(headers.release());  // the message's from here on
  return {};
}

PartitionList list_of(const std::vector<TopicPartition>& partitions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition.value());
  }
  return list;
}

TopicPartition partition_of(const rd_kafka_message_t& message) {
  return {rd_kafka_topic_name(message.rkt), PartitionId(message.partition)};
}

std::optional<Offset> end_told_in(const rd_kafka_message_t& message) {
  constexpr std::string_view kBefore = "broker end offset is ";
  const char* raw = rd_kafka_message_errstr(&message);
  const std::string_view text = raw == nullptr ? "" : raw;
  const auto at = text.find(kBefore);
  std::int64_t end = 0;
  if (at == std::string_view::npos) return message.offset >= 0 ? std::nullopt : std::optional(Offset(end));
  std::from_chars(text.data() + at + kBefore.size(), text.data() + text.size(), end);
  return end >= 0 ? std::optional(Offset(end)) : std::nullopt;
}

bool read_anew(rd_kafka_t* handle, const TopicPartition& partition, Offset offset) {
  const auto list = list_of(std::map<TopicPartition, Offset>{{partition, offset}});
  static_cast<void>(ErrorHandle(rd_kafka_incremental_unassign(handle, list.get())));
  return !ErrorHandle(rd_kafka_incremental_assign(handle, list.get()));
}

Result<std::optional<Offset>> query_offset(rd_kafka_t* handle, const TopicPartition& partition,
                                           std::int64_t timestamp_ms, std::chrono::milliseconds timeout) {
  const auto list = list_of(std::map<TopicPartition, Offset>{{partition, Offset(timestamp_ms)}});
  auto code = rd_kafka_offsets_for_times(handle, list.get(), milliseconds(timeout));
  const auto& element = list->elems[0];
  // Without any leader the call says that the partition is unknown; the element tells whether it is.
  const bool in_the_element = code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
  if (in_the_element && element.err != RD_KAFKA_RESP_ERR_NO_ERROR) code = element.err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return error_of(code, fmt::format("offsets of {} partition {}", partition.topic, partition.partition.value()));
  }
  return element.offset >= 0 ? std::optional(Offset(element.offset)) : std::nullopt;
}

Result<OffsetRange> query_offsets(rd_kafka_t* handle, const TopicPartition& partition,
                                  std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  ANTIPHON_TRY(start, query_offset(handle, partition, RD_KAFKA_OFFSET_BEGINNING, timeout));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  ANTIPHON_TRY(end, query_offset(handle, partition, RD_KAFKA_OFFSET_END, std::max(left, std::chrono::milliseconds(1))));
  if (!start || !end) return make_error(ErrorKind::kInternal, "a partition without a start or an end");
  return OffsetRange{*start, *end};
}

void learn_topics(rd_kafka_t* handle, std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(handle, 1, nullptr, &metadata, milliseconds(timeout)) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
  }
}

Result<rd_kafka_t*> Asker::handle() {
  if (!handle_) {
    Configuration conf(connection_);
    conf.set("isolation.level", readable_ends_ ? "read_committed" : "read_uncommitted");
    ANTIPHON_TRY(made, std::move(conf).make(RD_KAFKA_CONSUMER));
    handle_ = std::move(made);
    learn_topics(handle_.get(), kAskerLearnTimeout);
  }
  return handle_.get();
}

std::unique_ptr<Message> wrap(MessageHandle message) { return std::make_unique<HeldMessage>(std::move(message)); }

}  // namespace antiphon::bus::rd
