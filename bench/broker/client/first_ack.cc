#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {
namespace {

constexpr std::chrono::microseconds kKnockEvery{200};

bool port_open(const std::string& host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  const bool open = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return open;
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(std::string("not delivered: ") + rd_kafka_err2str(message->err));
  *static_cast<bool*>(opaque) = true;
}

}  // namespace

nlohmann::json first_ack(const std::string& host, int port, const std::string& topic) {
  while (!port_open(host, port)) std::this_thread::sleep_for(kKnockEvery);
  bool acked = false;
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, host + ":" + std::to_string(port),
                                    {{"linger.ms", "0"},
                                     {"reconnect.backoff.ms", "5"},
                                     {"retry.backoff.ms", "5"},
                                     {"topic.metadata.refresh.fast.interval.ms", "5"}},
                                    on_delivery, &acked);
  const Topic to = make_topic(handle.get(), topic, "1");
  char payload[] = "first";
  if (rd_kafka_produce(to.get(), 0, 0, payload, sizeof payload, nullptr, 0, nullptr) != 0) give_up("cannot send");
  while (!acked) rd_kafka_poll(handle.get(), 1'000);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {{"acked_ns", std::chrono::nanoseconds(now).count()}};
}

}  // namespace antiphon::bench
