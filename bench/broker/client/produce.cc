#include <vector>

#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {
namespace {

struct Counted {
  int acked = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(std::string("not delivered: ") + rd_kafka_err2str(message->err));
  ++static_cast<Counted*>(opaque)->acked;
}

}  // namespace

nlohmann::json produce(const std::string& bootstrap, const std::string& topic, int count, int size, const char* acks) {
  Counted counted;
  const Handle handle =
      make_handle(RD_KAFKA_PRODUCER, bootstrap,
                  {{"linger.ms", "5"}, {"queue.buffering.max.messages", "500000"}, {"message.max.bytes", "2000000"}},
                  on_delivery, &counted);
  const Topic to = make_topic(handle.get(), topic, acks);
  std::vector<char> payload(static_cast<std::size_t>(size), 'a');
  const auto send = [&] {
    while (rd_kafka_produce(to.get(), 0, 0, payload.data(), payload.size(), nullptr, 0, nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(handle.get(), 5);
    }
  };
  send();
  while (counted.acked < 1) rd_kafka_poll(handle.get(), 100);
  const auto begin = std::chrono::steady_clock::now();
  constexpr int kPollEvery = 64;
  for (int i = 0; i < count; ++i) {
    send();
    if (i % kPollEvery == 0) rd_kafka_poll(handle.get(), 0);
  }
  while (counted.acked < count + 1) rd_kafka_poll(handle.get(), 100);
  const double seconds = seconds_since(begin);
  return {{"seconds", seconds}, {"messages", count}, {"bytes", static_cast<double>(count) * size}};
}

}  // namespace antiphon::bench
