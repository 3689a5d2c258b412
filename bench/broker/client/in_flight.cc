#include <barrier>
#include <thread>
#include <vector>

#include "../../spine/statistics.h"
#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Client {
  bool answered = false;
  Samples samples;
  int requests = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(std::string("not delivered: ") + rd_kafka_err2str(message->err));
  static_cast<Client*>(opaque)->answered = true;
}

}  // namespace

nlohmann::json in_flight(const std::string& bootstrap, const std::string& topic, int clients, double seconds, int size,
                         const char* acks) {
  std::vector<Client> all(static_cast<std::size_t>(clients));
  std::barrier ready(clients + 1);
  const auto serve = [&](Client& client) {
    const Handle handle = make_handle(RD_KAFKA_PRODUCER, bootstrap,
                                      {{"linger.ms", "0"}, {"socket.nagle.disable", "true"}}, on_delivery, &client);
    const Topic to = make_topic(handle.get(), topic, acks);
    std::vector<char> payload(static_cast<std::size_t>(size), 'a');
    const auto send_one = [&] {
      client.answered = false;
      if (rd_kafka_produce(to.get(), 0, 0, payload.data(), payload.size(), nullptr, 0, nullptr) != 0)
        give_up(rd_kafka_err2str(rd_kafka_last_error()));
      while (!client.answered) rd_kafka_poll(handle.get(), 1'000);
    };
    send_one();  // makes the topic known
    ready.arrive_and_wait();
    for (auto begin = Clock::now(); seconds_since(begin) < seconds; ++client.requests) {
      const auto sent = Clock::now();
      send_one();
      client.samples.add(Clock::now() - sent);
    }
  };
  std::vector<std::thread> threads;
  for (Client& client : all) threads.emplace_back(serve, std::ref(client));
  ready.arrive_and_wait();
  for (std::thread& thread : threads) thread.join();
  Samples samples;
  int requests = 0;
  for (const Client& client : all) {
    samples.add(client.samples);
    requests += client.requests;
  }
  nlohmann::json figures = samples.summary();
  figures["seconds"] = seconds;
  figures["requests"] = requests;
  return figures;
}

}  // namespace antiphon::bench
