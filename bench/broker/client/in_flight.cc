#include <memory>
#include <vector>

#include "../../spine/statistics.h"
#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Client {
  Handle handle;
  Topic topic;
  Clock::time_point sent;
};

}  // namespace

// All deliveries come by one queue: one thread of this program serves all clients.
nlohmann::json in_flight(const std::string& bootstrap, const std::string& topic, int clients, double seconds, int size,
                         const char* acks) {
  std::vector<char> payload(static_cast<std::size_t>(size), 'a');
  std::vector<std::unique_ptr<Client>> all;
  Queue queue;
  const auto send = [&](Client& client) {
    client.sent = Clock::now();
    if (rd_kafka_produce(client.topic.get(), 0, 0, payload.data(), payload.size(), nullptr, 0, &client) != 0)
      give_up(rd_kafka_err2str(rd_kafka_last_error()));
  };
  const auto next = [&](const auto& each) {
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue.get(), 1'000);
    if (event == nullptr) give_up("no answer within a second");
    while (const rd_kafka_message_t* const message = rd_kafka_event_message_next(event)) {
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up(std::string("not delivered: ") + rd_kafka_err2str(message->err));
      each(*static_cast<Client*>(message->_private));
    }
    rd_kafka_event_destroy(event);
  };
  for (int i = 0; i < clients; ++i) {
    auto client = std::make_unique<Client>();
    client->handle = make_handle(RD_KAFKA_PRODUCER, bootstrap,
                                 {{"linger.ms", "0"}, {"socket.nagle.disable", "true"}, {"enabled_events", "1"}});
    client->topic = make_topic(client->handle.get(), topic, acks);
    const Queue main(rd_kafka_queue_get_main(client->handle.get()));
    if (!queue) queue.reset(rd_kafka_queue_new(client->handle.get()));
    rd_kafka_queue_forward(main.get(), queue.get());
    bool acked = false;
    send(*client);
    while (!acked) next([&](Client&) { acked = true; });
    all.push_back(std::move(client));
  }
  Samples samples;
  int requests = 0;
  const auto begin = Clock::now();
  for (const auto& client : all) send(*client);
  int out = clients;
  while (out > 0) {
    next([&](Client& client) {
      const auto now = Clock::now();
      samples.add(now - client.sent);
      ++requests;
      if (std::chrono::duration<double>(now - begin).count() < seconds) {
        send(client);
      } else {
        --out;
      }
    });
  }
  nlohmann::json figures = samples.summary();
  figures["seconds"] = seconds_since(begin);
  figures["requests"] = requests;
  for (const auto& client : all) {
    const Queue main(rd_kafka_queue_get_main(client->handle.get()));
    rd_kafka_queue_forward(main.get(), nullptr);
  }
  queue.reset();
  return figures;
}

}  // namespace antiphon::bench
