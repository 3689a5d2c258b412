#include "kafka.h"

#include <cstdio>
#include <cstdlib>

namespace antiphon::bench {

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_broker_client: %s\n", why.c_str());
  std::_Exit(70);  // librdkafka's threads would keep an orderly end waiting
}

void HandleDeleter::operator()(rd_kafka_t* handle) const {
  rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Handle make_handle(rd_kafka_type_t type, const std::string& bootstrap, Settings settings, OnDelivery on_delivery,
                   void* opaque) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  char error[512];
  const auto set = [&](const char* name, const char* value) {
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) give_up(error);
  };
  set("bootstrap.servers", bootstrap.c_str());
  set("broker.address.family", "v4");
  for (const auto& [name, value] : settings) set(name, value);
  if (on_delivery != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set_opaque(conf, opaque);
  rd_kafka_t* const handle = rd_kafka_new(type, conf, error, sizeof error);
  if (handle == nullptr) give_up(error);
  return Handle(handle);
}

Topic make_topic(rd_kafka_t* handle, const std::string& name, const char* acks) {
  rd_kafka_topic_conf_t* const conf = rd_kafka_topic_conf_new();
  char error[512];
  if (acks != nullptr &&
      rd_kafka_topic_conf_set(conf, "request.required.acks", acks, error, sizeof error) != RD_KAFKA_CONF_OK) {
    give_up(error);
  }
  return Topic(rd_kafka_topic_new(handle, name.c_str(), conf));
}

}  // namespace antiphon::bench
