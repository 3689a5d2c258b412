#include "stages/archive/archiver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/logging.h"

namespace antiphon::archive {
namespace {

constexpr std::chrono::milliseconds kBusyPoll{20};  // something is under way and will want attention
constexpr std::chrono::milliseconds kAwayPause{50};

std::size_t bytes_of(const IncomingRecord& record) { return record.value ? record.value->size() : 0; }

}  // namespace

Result<> Archiver::run(bus::GroupConsumer& consumer, const StopToken& stop) {
  consumer_ = &consumer;
  last_commit_ = last_report_ = parts_.clock.mono_now();
  const WhenStopped ends_the_wait(stop, [&consumer] { consumer.end(); });
  Result<> outcome;
  while (outcome && !stop.stop_requested()) outcome = step(stop);
  finish();
  return outcome;
}

Result<> Archiver::step(const StopToken& stop) {
  collect();
  const MonoTime now = parts_.clock.mono_now();
  if (now - last_commit_ >= settings_.commit_interval || finished_since_commit_ >= settings_.commit_records) commit();
  if (now - last_report_ >= settings_.progress_interval) report();
  if (!make_room()) return {};
  auto message = consumer_->poll(poll_timeout());
  if (!message && message.error().kind == ErrorKind::kUnavailable) {
    kafka_problem(message.error().message);
    stop.wait_for(kAwayPause);
    return {};
  }
  if (!message) return std::move(message).error();
  if (*message) {
    kafka_problem("");
    take(std::move(*message));
  }
  return {};
}

void Archiver::take(std::unique_ptr<bus::Message> message) {
  auto assignment = positions_.take(message->record());
  if (!assignment) return;
  ++assignment->in_flight;
  ++in_flight_;
  in_flight_bytes_ += bytes_of(message->record());
  parts_.metrics.in_flight.Set(static_cast<double>(in_flight_));
  parts_.storer.submit(Job{std::move(assignment), std::move(message)});
}

void Archiver::collect() {
  for (auto& finished : parts_.storer.take_finished()) settle(std::move(finished));
  for (auto& finished : parts_.dead_letters.advance()) release(finished);
}

void Archiver::settle(Finished finished) {
  if (finished.attempts > 1) parts_.metrics.retries.Increment(finished.attempts - 1);
  if (finished.outcome && std::holds_alternative<Refused>(*finished.outcome)) return refuse(std::move(finished));
  if (finished.outcome) {
    auto& metrics = parts_.metrics;
    if (const auto* stored = std::get_if<Stored>(&*finished.outcome)) {
      metrics.stored.Increment();
      metrics.stored_bytes.Increment(static_cast<double>(stored->bytes));
      Metrics::observe(metrics.store_seconds, finished.took);
      Metrics::observe(metrics.arrival_seconds, std::max(finished.arrival_to_done, std::chrono::nanoseconds{0}));
    } else if (std::holds_alternative<AlreadyThere>(*finished.outcome)) {
      metrics.redelivered.Increment();
    } else {
      metrics.erased.Increment();
    }
  }
  release(finished);
}

void Archiver::refuse(Finished finished) {
  if (finished.job.assignment->ended) {  // whoever has the partition next says it
    finished.outcome.reset();
    return release(finished);
  }
  const auto& refusal = std::get<Refused>(*finished.outcome);
  parts_.metrics.dead_letter(refusal.label);
  const auto& record = finished.job.message->record();
  if (++refusal_lines_ <= kRefusalLinesMax) {
    logging::warn("an event cannot be used and goes to the dead letters", {{"topic", record.topic},
                                                                           {"partition", record.partition},
                                                                           {"offset", record.offset},
                                                                           {"reason", refusal.label}});
  }
  parts_.dead_letters.add(std::move(finished));
}

// The end of a record's way through this process, decided or not.
void Archiver::release(const Finished& finished) {
  const auto& record = finished.job.message->record();
  --finished.job.assignment->in_flight;
  --in_flight_;
  in_flight_bytes_ -= bytes_of(record);
  parts_.metrics.in_flight.Set(static_cast<double>(in_flight_));
  if (!finished.outcome) return;
  if (!positions_.finish(*finished.job.assignment, record.offset)) return;
  ++finished_;
  ++finished_since_commit_;
}

void Archiver::commit() {
  last_commit_ = parts_.clock.mono_now();
  finished_since_commit_ = 0;
  const auto next = positions_.committable();
  if (next.empty()) return;
  const auto done = consumer_->commit(next);
  if (done) {
    positions_.committed(next);
    return kafka_problem("");
  }
  // Nothing is lost by a commit that failed: the next one says it again, or the next owner of the partition reads it
  // again.
  if (done.error().kind == ErrorKind::kUnavailable) return kafka_problem(done.error().message);
  logging::info("a commit was refused", {{"kind", to_string(done.error().kind)}, {"detail", done.error().message}});
}

bool Archiver::full() const {
  return in_flight_ >= settings_.in_flight_max || in_flight_bytes_ >= settings_.in_flight_bytes_max;
}

// False: wait a moment instead of polling.
bool Archiver::make_room() {
  if (!full()) {
    full_since_.reset();
    const bool half =
        in_flight_ <= settings_.in_flight_max / 2 && in_flight_bytes_ <= settings_.in_flight_bytes_max / 2;
    if (paused_ && half) resume_all();
    return true;
  }
  const MonoTime now = parts_.clock.mono_now();
  if (!full_since_) full_since_ = now;
  if (paused_) return true;
  if (now - *full_since_ >= kPauseAfter) pause_all();
  if (paused_) return true;
  parts_.storer.wait_finished(kBusyPoll);
  return false;
}

// Where it fails there is no room, and nothing is read before the next attempt.
void Archiver::pause_all() {
  const auto paused = consumer_->pause(positions_.partitions());
  if (!paused) logging::warn("pausing failed", {{"detail", paused.error().message}});
  paused_ = paused.has_value();
}

void Archiver::resume_all() {
  std::vector<bus::TopicPartition> flowing;
  for (const auto& partition : positions_.partitions()) {
    if (!lost_.contains(partition)) flowing.push_back(partition);
  }
  const auto resumed = consumer_->resume(flowing);
  if (!resumed) logging::warn("resuming failed", {{"detail", resumed.error().message}});
  paused_ = !resumed;
}

// A message and a stop end the wait at once; what is due by the clock bounds it.
std::chrono::milliseconds Archiver::poll_timeout() const {
  if (in_flight_ > 0 || paused_) return std::min(kBusyPoll, settings_.commit_interval);
  return finished_since_commit_ > 0 ? settings_.commit_interval : settings_.progress_interval;
}

void Archiver::kafka_problem(const std::string& text) {
  const bool away = !text.empty();
  if (away == kafka_away_) return;
  kafka_away_ = away;
  parts_.health.set_problem("kafka", away ? fmt::format("{}; waiting", text) : "");
  if (away) logging::warn("Kafka is away", {{"detail", text}});
  if (!away) logging::info("Kafka is back");
}

}  // namespace antiphon::archive
