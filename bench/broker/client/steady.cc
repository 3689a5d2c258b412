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
  std::int64_t refused_unsent = 0;  // the sender's alone
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

// A producer with the thread that polls it. Whatever it sent has its outcome before it goes.
class Sender {
 public:
  Sender(const SteadyPlan& plan, Outcomes& outcomes)
      : plan_(plan),
        outcomes_(outcomes),
        handle_(make_handle(RD_KAFKA_PRODUCER, plan.bootstrap,
                            {{"linger.ms", "0"},
                             {"socket.nagle.disable", "true"},
                             {"enable.idempotence", plan.idempotent ? "true" : "false"},
                             {"message.timeout.ms", kOutcomeAfterMs},
                             {"retry.backoff.ms", "50"},
                             {"reconnect.backoff.max.ms", "500"}},
                            on_delivery, &outcomes)),
        to_(make_topic(handle_.get(), plan.topic, plan.acks.c_str())),
        payload_(static_cast<std::size_t>(plan.size), 'a'),
        poller_([this] {
          while (!ended_) rd_kafka_poll(handle_.get(), 100);
        }) {}
  ~Sender() {
    while (outcomes_.open > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ended_ = true;
    poller_.join();
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // False: it has lost track of its sequence numbers and sends nothing any more.
  bool send(std::int64_t number) {
    const std::string key = std::to_string(number);
    auto sent = std::make_unique<Sent>(Sent{number, Clock::now()});
    if (rd_kafka_produce(to_.get(), static_cast<std::int32_t>(number % plan_.partitions), RD_KAFKA_MSG_F_COPY,
                         payload_.data(), payload_.size(), key.data(), key.size(), sent.get()) != 0) {
      const rd_kafka_resp_err_t error = rd_kafka_last_error();
      if (error == RD_KAFKA_RESP_ERR__FATAL) return false;
      // A broker that has just started may not know the topics yet.
      const bool for_now = error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
      if (!for_now) give_up(rd_kafka_err2str(error));
      ++outcomes_.refused_unsent;
      return true;
    }
    static_cast<void>(sent.release());  // comes back in on_delivery
    ++outcomes_.open;
    return true;
  }
  // What has no outcome yet is refused now.
  void purge() { rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT); }

 private:
  const SteadyPlan& plan_;
  Outcomes& outcomes_;
  const Handle handle_;
  const Topic to_;
  std::vector<char> payload_;
  std::atomic<bool> ended_ = false;
  std::thread poller_;
};

}  // namespace

nlohmann::json steady(const SteadyPlan& plan) {
  Outcomes outcomes;
  if (!plan.journal.empty() && (outcomes.journal = std::fopen(plan.journal.c_str(), "w")) == nullptr)
    give_up("cannot write " + plan.journal);
  auto sender = std::make_unique<Sender>(plan, outcomes);
  const auto begin = Clock::now();
  std::int64_t number = 0, new_starts = 0;
  for (; plan.count == 0 || number < plan.count; ++number) {
    if (!wait_until(begin + std::chrono::nanoseconds(1'000'000'000LL * number / plan.rate), plan.count == 0)) break;
    while (!sender->send(number)) {  // as the studio does: a new start
      ++new_starts;
      sender->purge();
      sender.reset();
      sender = std::make_unique<Sender>(plan, outcomes);
    }
  }
  sender.reset();
  if (outcomes.journal != nullptr) std::fclose(outcomes.journal);
  nlohmann::json figures = outcomes.samples.summary();
  figures.update({{"sent", number},
                  {"acked", outcomes.acked},
                  {"refused", outcomes.refused + outcomes.refused_unsent},
                  {"new_starts", new_starts}});
  if (outcomes.refused > 0) figures["first_refusal"] = outcomes.first_refusal;
  return figures;
}

}  // namespace antiphon::bench
