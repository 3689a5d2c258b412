// librdkafka's C API under RAII, as little as the measurements need. What fails ends the program with the reason.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace antiphon::bench {

using Settings = std::initializer_list<std::pair<const char*, const char*>>;

[[noreturn]] void give_up(const std::string& why);

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const;
};
struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

// `on_delivery`, where given, is told of each message by rd_kafka_poll(); `opaque` is its last argument.
using OnDelivery = void (*)(rd_kafka_t*, const rd_kafka_message_t*, void*);
Handle make_handle(rd_kafka_type_t type, const std::string& bootstrap, Settings settings,
                   OnDelivery on_delivery = nullptr, void* opaque = nullptr);
Topic make_topic(rd_kafka_t* handle, const std::string& name, const char* acks);

inline double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace antiphon::bench
