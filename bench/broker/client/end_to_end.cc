#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "../../spine/statistics.h"
#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {
namespace {

using Clock = std::chrono::steady_clock;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(std::string("not delivered: ") + rd_kafka_err2str(message->err));
}

// Takes `count` messages, each of which begins with the time of its sending.
Samples receive(rd_kafka_topic_t* from, int count, std::atomic<bool>& ready) {
  Samples samples;
  int seen = 0;
  while (seen < count) {
    rd_kafka_message_t* const message = rd_kafka_consume(from, 0, 100);
    const auto now = Clock::now().time_since_epoch();
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::int64_t sent = 0;
      std::memcpy(&sent, message->payload, sizeof sent);
      if (!ready.exchange(true)) {  // the one that made the topic known
      } else if (sent > 0 && seen++ >= count / 10) {
        samples.add(now - std::chrono::nanoseconds(sent));
      }
    } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      give_up(std::string("not consumed: ") + rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
  return samples;
}

}  // namespace

nlohmann::json end_to_end(const std::string& bootstrap, const std::string& topic, int rate, int size, int count,
                          const char* acks) {
  const Handle producer =
      make_handle(RD_KAFKA_PRODUCER, bootstrap, {{"linger.ms", "0"}, {"socket.nagle.disable", "true"}}, on_delivery);
  const Handle consumer =
      make_handle(RD_KAFKA_CONSUMER, bootstrap, {{"socket.nagle.disable", "true"}, {"group.id", "bench"}});
  const Topic to = make_topic(producer.get(), topic, acks);
  const Topic from = make_topic(consumer.get(), topic, nullptr);
  std::vector<char> payload(static_cast<std::size_t>(size), 0);
  const auto send = [&](std::int64_t time) {
    std::memcpy(payload.data(), &time, sizeof time);
    if (rd_kafka_produce(to.get(), 0, RD_KAFKA_MSG_F_COPY, payload.data(), payload.size(), nullptr, 0, nullptr) != 0)
      give_up(rd_kafka_err2str(rd_kafka_last_error()));
  };
  send(0);
  while (rd_kafka_outq_len(producer.get()) > 0) rd_kafka_poll(producer.get(), 10);
  if (rd_kafka_consume_start(from.get(), 0, RD_KAFKA_OFFSET_TAIL(1)) != 0) give_up("cannot consume");
  std::atomic<bool> ready = false;
  Samples samples;
  std::thread receiver([&] { samples = receive(from.get(), count, ready); });
  while (!ready) rd_kafka_poll(producer.get(), 1);
  const auto begin = Clock::now();
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::nanoseconds(1'000'000'000LL * i / rate));
    send(Clock::now().time_since_epoch().count());
    rd_kafka_poll(producer.get(), 0);
  }
  receiver.join();
  rd_kafka_consume_stop(from.get(), 0);
  return samples.summary();
}

}  // namespace antiphon::bench
