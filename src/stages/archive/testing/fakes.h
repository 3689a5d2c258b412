// Kafka as the archive sees it, without Kafka: records that a test makes, a consumer that hands them out, a producer
// that remembers.
#pragma once

#include <fmt/format.h>
#include <atomic>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "adapters/bus/consumer.h"
#include "adapters/bus/producer.h"
#include "core/sha256.h"
#include "events/codec.h"

namespace antiphon::archive::testing {

inline const std::string kPrompt = "16VAHQ3ZDK8QKMHETNY0DKA6Z7";

inline std::string recording_id(int n) { return fmt::format("019a0000-0000-7000-8000-{:012d}", n); }

inline OutgoingRecord recording(int n, std::string audio, const std::string& locale = "sw") {
  events::Recording about;
  about.id = RecordingId(recording_id(n));
  about.prompt_id = PromptId(kPrompt);
  about.prompt_text = "Habari ya asubuhi.";
  about.locale = locale;
  about.speaker_id = SpeakerId("3f2504e0-4f89-41d3-9a0c-0305e82c3301");
  about.consent_version = "2026-1";
  about.sha256 = sha256_hex(as_bytes(audio));
  about.content_type = "audio/webm";
  about.time = from_unix_ms(1'767'225'600'000);
  return events::build_recording(events::Topics(), about, std::move(audio), 6);
}

inline OutgoingRecord erasure(int n, const std::string& locale = "sw") {
  events::Erasure about;
  about.id = RecordingId(recording_id(n));
  about.prompt_id = PromptId(kPrompt);
  about.locale = locale;
  about.speaker_id = SpeakerId("3f2504e0-4f89-41d3-9a0c-0305e82c3301");
  about.time = from_unix_ms(1'767'225'600'000);
  return events::build_erasure(events::Topics(), about, 6);
}

inline std::string object_name(int n, const std::string& extension = "webm", const std::string& locale = "sw") {
  return fmt::format("{}/{}/{}.{}", locale, kPrompt, recording_id(n), extension);
}

// A record as consumed, owning what it looks at.
class FakeMessage final : public bus::Message {
 public:
  FakeMessage(OutgoingRecord record, PartitionId partition, Offset offset) : owned_(std::move(record)) {
    view_.topic = owned_.topic;
    view_.partition = partition;
    view_.offset = offset;
    view_.timestamp_ms = owned_.timestamp_ms.value_or(0);
    if (owned_.key) view_.key = as_bytes(*owned_.key);
    if (owned_.value) view_.value = as_bytes(*owned_.value);
    view_.headers = owned_.headers;
  }
  [[nodiscard]] const IncomingRecord& record() const override { return view_; }

 private:
  OutgoingRecord owned_;
  IncomingRecord view_;
};

// One topic. push() and what tests look at are thread-safe; the rest is for the archiver's thread.
class FakeConsumer final : public bus::GroupConsumer {
 public:
  explicit FakeConsumer(bus::GroupEvents& events) : events_(events) {}

  void push(OutgoingRecord record, int partition = 0) {
    const std::lock_guard lock(mutex_);
    auto& log = logs_[PartitionId(partition)];
    log.push_back(std::move(record));
  }
  // Does it inside the next poll().
  void in_next_poll(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    actions_.push_back(std::move(action));
  }
  void assign(int partition, std::int64_t from = 0) {
    in_next_poll([this, partition, from] {
      {
        const std::lock_guard lock(mutex_);
        next_[PartitionId(partition)] = static_cast<std::size_t>(from);
      }
      events_.on_assigned({{of(partition), Offset(from)}});
    });
  }
  void revoke(int partition) {
    in_next_poll([this, partition] {
      events_.on_revoked({of(partition)});
      const std::lock_guard lock(mutex_);
      next_.erase(PartitionId(partition));
      paused_.erase(of(partition));
    });
  }

  void lose(int partition, Offset committed, bus::OffsetRange available) {
    in_next_poll([=, this] { events_.on_loss(of(partition), committed, available); });
  }

  void end() override { woken_ = true; }
  void close() override {}
  void commit_later(const std::map<bus::TopicPartition, Offset>& next, const std::string& metadata,
                    std::function<void(const Result<>&)> then) override {
    then(commit(next, metadata));
  }
  std::unique_ptr<bus::Membership> membership() override { return std::make_unique<bus::Membership>(); }
  [[nodiscard]] std::string metadata(const bus::TopicPartition&) const override { return {}; }
  Result<std::unique_ptr<bus::Message>> poll(std::chrono::milliseconds timeout) override {
    ++polls;
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    do {
      std::vector<std::function<void()>> actions;
      {
        const std::lock_guard lock(mutex_);
        actions.swap(actions_);
      }
      for (const auto& action : actions) action();
      if (away) return make_error(ErrorKind::kUnavailable, "brokers away");
      if (auto message = next()) return message;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } while (!woken_.exchange(false) && std::chrono::steady_clock::now() < deadline);
    return std::unique_ptr<bus::Message>();
  }
  Result<> commit(const std::map<bus::TopicPartition, Offset>& next, const std::string& /*metadata*/) override {
    if (away) return make_error(ErrorKind::kUnavailable, "brokers away");
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, offset] : next) committed_[partition] = offset;
    ++commits;
    return {};
  }
  Result<> pause(const std::vector<bus::TopicPartition>& partitions) override {
    if (fail_pauses > 0) {
      --fail_pauses;
      return make_error(ErrorKind::kNotFound, "pause refused");
    }
    const std::lock_guard lock(mutex_);
    paused_.insert(partitions.begin(), partitions.end());
    return {};
  }
  Result<> resume(const std::vector<bus::TopicPartition>& partitions) override {
    const std::lock_guard lock(mutex_);
    for (const auto& partition : partitions) paused_.erase(partition);
    return {};
  }
  Result<> seek(const bus::TopicPartition&, Offset) override { return {}; }
  Result<bus::OffsetRange> offsets(const bus::TopicPartition& partition, std::chrono::milliseconds) override {
    const std::lock_guard lock(mutex_);
    if (!paused_.contains(partition)) ++questions_beside_fetches;
    return bus::OffsetRange{Offset(0), end_of(partition)};
  }
  [[nodiscard]] std::optional<Offset> known_end(const bus::TopicPartition& partition) const override {
    const std::lock_guard lock(mutex_);
    return end_of(partition);
  }
  Result<> reach_coordinator(std::chrono::milliseconds) override {
    if (away) return make_error(ErrorKind::kUnavailable, "brokers away");
    return {};
  }

  static bus::TopicPartition of(int partition) { return {"voices.recordings", PartitionId(partition)}; }
  [[nodiscard]] std::int64_t committed(int partition = 0) const {
    const std::lock_guard lock(mutex_);
    const auto it = committed_.find(of(partition));
    return it == committed_.end() ? -1 : it->second.value();
  }
  [[nodiscard]] std::size_t paused() const {
    const std::lock_guard lock(mutex_);
    return paused_.size();
  }

  std::atomic<bool> away{false};
  std::atomic<int> polls{0};
  std::atomic<int> commits{0};
  std::atomic<int> fail_pauses{0};  // so many are refused
  std::atomic<int> questions_beside_fetches{0};

 private:
  [[nodiscard]] Offset end_of(const bus::TopicPartition& partition) const {
    const auto it = logs_.find(partition.partition);
    return Offset(it == logs_.end() ? 0 : static_cast<std::int64_t>(it->second.size()));
  }
  std::unique_ptr<bus::Message> next() {
    const std::lock_guard lock(mutex_);
    for (auto& [partition, position] : next_) {
      auto& log = logs_[partition];
      if (position >= log.size() || paused_.contains(of(partition.value()))) continue;
      auto message =
          std::make_unique<FakeMessage>(log[position], partition, Offset(static_cast<std::int64_t>(position)));
      ++position;
      return message;
    }
    return nullptr;
  }

  bus::GroupEvents& events_;
  std::atomic<bool> woken_{false};
  mutable std::mutex mutex_;
  std::map<PartitionId, std::vector<OutgoingRecord>> logs_;
  std::map<PartitionId, std::size_t> next_;
  std::map<bus::TopicPartition, Offset> committed_;
  std::set<bus::TopicPartition> paused_;
  std::vector<std::function<void()>> actions_;
};

// What dead letters were sent. Shared by all producers that a test's archive makes.
struct SentLetters {
  std::mutex mutex;
  std::vector<OutgoingRecord> arrived;
  std::atomic<bool> hold{false};                        // acknowledge nothing until release()
  std::atomic<int> fail_next{0};                        // so many end with a fatal producer
  std::atomic<int> refuse_next{0};                      // so many find the queue full
  std::atomic<std::size_t> client_bytes_max{SIZE_MAX};  // a larger value is refused by send()
  std::atomic<std::size_t> topic_bytes_max{SIZE_MAX};   // a larger value is refused by the topic
  std::vector<std::function<void()>> held;

  std::vector<OutgoingRecord> all() {
    const std::lock_guard lock(mutex);
    return arrived;
  }
  void release() {
    hold = false;
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(mutex);
      waiting.swap(held);
    }
    for (const auto& one : waiting) one();
  }
};

class FakeProducer final : public bus::Producer {
 public:
  explicit FakeProducer(SentLetters& letters) : letters_(letters) {}
  Result<> send(OutgoingRecord record, bus::DeliveryCallback on_delivery) override {
    if (letters_.refuse_next > 0) {
      --letters_.refuse_next;
      return make_error(ErrorKind::kLimit, "the queue is full");
    }
    const std::size_t bytes = record.value ? record.value->size() : 0;
    if (bytes > letters_.client_bytes_max) return make_error(ErrorKind::kInvalidInput, "larger than the client takes");
    if (bytes > letters_.topic_bytes_max) {
      on_delivery(make_error(ErrorKind::kInvalidInput, "larger than the topic takes"));
      return {};
    }
    if (letters_.fail_next > 0) {
      --letters_.fail_next;
      fatal_ = true;
      on_delivery(make_error(ErrorKind::kUnavailable, "fatal"));
      return {};
    }
    auto arrive = [this, record = std::move(record), on_delivery] {
      {
        const std::lock_guard lock(letters_.mutex);
        letters_.arrived.push_back(record);
      }
      on_delivery(bus::Delivered{PartitionId(0), Offset(0)});
    };
    if (letters_.hold) {
      const std::lock_guard lock(letters_.mutex);
      letters_.held.push_back(std::move(arrive));
    } else {
      arrive();
    }
    return {};
  }
  Result<bus::Delivered> send_and_wait(OutgoingRecord, std::chrono::milliseconds) override {
    return make_error(ErrorKind::kInternal, "not used");
  }
  bool flush(std::chrono::milliseconds) override { return true; }
  [[nodiscard]] bool fatal() const override { return fatal_; }
  [[nodiscard]] std::size_t in_flight() const override { return 0; }

 private:
  SentLetters& letters_;
  bool fatal_ = false;
};

}  // namespace antiphon::archive::testing
