#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "../../spine/statistics.h"
#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr char kOutcomeAfterMs[] = "120000";  // longer than any leader is away

struct Sent {
  std::int64_t number;
  Clock::time_point at;
};

// What became of the records so far. Written by the thread that polls alone, `open` apart.
struct Outcomes {
  std::atomic<std::int64_t> open = 0;
  std::int64_t acked = 0, refused = 0;
  std::string first_refusal;
  Samples samples;
  std::FILE* journal = nullptr;

  void take(const Sent& sent, rd_kafka_resp_err_t error) {
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      samples.add(Clock::now() - sent.at);
      ++acked;
      if (journal != nullptr) {
        std::fprintf(journal, "%lld\n", static_cast<long long>(sent.number));
        std::fflush(journal);  // what is written here was acknowledged, whenever somebody looks
      }
    } else if (refused++ == 0) {
      first_refusal = rd_kafka_err2str(error);
    }
    --open;
  }
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  const std::unique_ptr<Sent> sent(static_cast<Sent*>(message->_private));
  static_cast<Outcomes*>(opaque)->take(*sent, message->err);
}

// Sleeps until `due`; false as soon as standard input has ended, where that is what ends the sending.
bool wait_until(Clock::time_point due, bool heed_input) {
  if (!heed_input) {
    std::this_thread::sleep_until(due);
    return true;
  }
  const auto left = std::max(due - Clock::now(), Clock::duration::zero());
  const timespec time{std::chrono::duration_cast<std::chrono::seconds>(left).count(),
                      (left % std::chrono::seconds(1)).count()};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::ppoll(&input, 1, &time, nullptr) == 0;
}

}  // namespace

nlohmann::json steady(const SteadyPlan& plan) {
  Outcomes outcomes;
  if (!plan.journal.empty() && (outcomes.journal = std::fopen(plan.journal.c_str(), "w")) == nullptr)
    give_up("cannot write " + plan.journal);
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, plan.bootstrap,
                                    {{"linger.ms", "0"},
                                     {"socket.nagle.disable", "true"},
                                     {"enable.idempotence", plan.idempotent ? "true" : "false"},
                                     {"message.timeout.ms", kOutcomeAfterMs},
                                     {"retry.backoff.ms", "50"},
                                     {"reconnect.backoff.max.ms", "500"}},
                                    on_delivery, &outcomes);
  const Topic to = make_topic(handle.get(), plan.topic, plan.acks.c_str());
  std::atomic<bool> ended = false;
  std::thread poller([&] {
    while (!ended) rd_kafka_poll(handle.get(), 100);
  });
  std::vector<char> payload(static_cast<std::size_t>(plan.size), 'a');
  const auto begin = Clock::now();
  std::int64_t number = 0;
  for (; plan.count == 0 || number < plan.count; ++number) {
    if (!wait_until(begin + std::chrono::nanoseconds(1'000'000'000LL * number / plan.rate), plan.count == 0)) break;
    const std::string key = std::to_string(number);
    auto sent = std::make_unique<Sent>(Sent{number, Clock::now()});
    if (rd_kafka_produce(to.get(), static_cast<std::int32_t>(number % plan.partitions), RD_KAFKA_MSG_F_COPY,
                         payload.data(), payload.size(), key.data(), key.size(), sent.get()) != 0)
      give_up(rd_kafka_err2str(rd_kafka_last_error()));
    static_cast<void>(sent.release());  // comes back in on_delivery
    ++outcomes.open;
  }
  while (outcomes.open > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ended = true;
  poller.join();
  if (outcomes.journal != nullptr) std::fclose(outcomes.journal);
  nlohmann::json figures = outcomes.samples.summary();
  figures.update({{"sent", number}, {"acked", outcomes.acked}, {"refused", outcomes.refused}});
  if (outcomes.refused > 0) figures["first_refusal"] = outcomes.first_refusal;
  return figures;
}

}  // namespace antiphon::bench
