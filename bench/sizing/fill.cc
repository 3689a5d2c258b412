// Fills topics through the product's own producer and codecs.
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "adapters/bus/admin.h"
#include "adapters/bus/producer.h"
#include "core/sha256.h"
#include "events/codec.h"
#include "measurements.h"
#include "voices.h"

namespace antiphon::bench {
namespace {

constexpr std::chrono::milliseconds kKafkaTimeMax{30'000};
constexpr std::chrono::milliseconds kFlushTimeMax{300'000};
constexpr std::chrono::microseconds kQueueFullWait{500};
constexpr std::size_t kQueueBytesMax = 256U << 20;
constexpr std::uint32_t kTextBytes = 80;
constexpr std::uint64_t kInHandsMax = 1'000;  // sentences that are leased before the first of them is read

void check(const Result<>& result) {
  if (result) return;
  fmt::print(stderr, "bench_sizing: {}\n", result.error().message);
  std::exit(1);
}
template <class T>
T take(Result<T> result) {
  if (!result) check(result.error());
  return std::move(*result);
}

class Filler {
 public:
  explicit Filler(const FillPlan& plan) : plan_(plan), voices_(plan.partitions, 1, kTextBytes) {
    connection_.bootstrap = plan.bootstrap;
    connection_.client_id = "voices.bench.0";
    check(bus::wait_until_reachable(connection_, kKafkaTimeMax));
    const auto admin = take(bus::Admin::create(connection_));
    check(bus::ensure_topics(*admin, topics_.specs(plan.partitions), 0, kKafkaTimeMax));
    producer_ = take(bus::Producer::create(connection_, {.queue_bytes_max = kQueueBytesMax}));
    audio_sha256_ = sha256_hex(as_bytes(plan.audio));
  }

  nlohmann::json run() {
    for (std::uint64_t n = 0; n < plan_.sentences; ++n) send(events::build_prompt(topics_, voices_.prompt(n)));
    for (std::uint64_t n = 0; n < plan_.sentences + kInHandsMax; ++n) {
      if (plan_.leases && n < plan_.sentences) send_state(voices_.leased(voices_.prompt(n)));
      if (n >= kInHandsMax) send_state(voices_.complete(voices_.prompt(n - kInHandsMax)));
    }
    for (std::uint64_t n = 0; n < plan_.recordings; ++n) {
      events::Recording recording = voices_.recording(voices_.prompt(plan_.first + n), 0);
      recording.sha256 = audio_sha256_;
      send(events::build_recording(topics_, recording, plan_.audio, plan_.partitions));
    }
    if (!producer_->flush(kFlushTimeMax))
      check(make_error(ErrorKind::kUnavailable, "the topics are not filled in time"));
    if (failed_ != 0) check(make_error(ErrorKind::kUnavailable, fmt::format("{} records were refused", failed_)));
    return {{"records", sent_}, {"bytes", bytes_}};
  }

 private:
  void send_state(const events::PromptState& state) { send(take(events::build_prompt_state(topics_, state))); }

  void send(OutgoingRecord record) {
    const std::uint64_t bytes = record.key->size() + record.value->size();
    while (true) {
      const auto sent = producer_->send(record, [this](const Result<bus::Delivered>& delivered) {
        if (!delivered) ++failed_;
      });
      if (sent) break;
      if (sent.error().kind != ErrorKind::kLimit) check(sent);
      std::this_thread::sleep_for(kQueueFullWait);  // backpressure: the producer says when by taking the next one
    }
    ++sent_;
    bytes_ += bytes;
  }

  const FillPlan& plan_;
  Voices voices_;
  events::Topics topics_;
  bus::Connection connection_;
  std::string audio_sha256_;
  std::atomic<std::uint64_t> failed_{0};
  std::uint64_t sent_ = 0;
  std::uint64_t bytes_ = 0;                  // of keys and values
  std::unique_ptr<bus::Producer> producer_;  // last: its callbacks use the rest
};

}  // namespace

nlohmann::json fill(const FillPlan& plan) { return Filler(plan).run(); }

}  // namespace antiphon::bench
