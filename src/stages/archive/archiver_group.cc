// What the group asks of its member: partitions come, go and are found short; and the orderly end.
#include <fmt/format.h>

#include <algorithm>

#include "core/logging.h"
#include "stages/archive/archiver.h"

namespace antiphon::archive {
namespace {

constexpr std::chrono::milliseconds kCollectStep{20};
constexpr std::chrono::milliseconds kQuestionTimeout{500};

std::string text_of(const bus::TopicPartition& partition) {
  return fmt::format("{} partition {}", partition.topic, partition.partition.value());
}

}  // namespace

void Archiver::on_assigned(const std::map<bus::TopicPartition, Offset>& partitions) {
  std::vector<bus::TopicPartition> fresh;
  for (const auto& [partition, from] : partitions) {
    positions_.start(partition, from);
    lost_.erase(partition);
    parts_.health.set_problem(fmt::format("loss {}", text_of(partition)), "");
    fresh.push_back(partition);
  }
  logging::info("partitions assigned", {{"new", partitions.size()}, {"all", positions_.partitions().size()}});
  // The others are paused already; one call of resume_all() is for all of them.
  if (paused_ && consumer_ != nullptr && !fresh.empty()) {
    const auto paused = consumer_->pause(fresh);
    if (!paused) logging::warn("pausing failed", {{"detail", paused.error().message}});
    paused_ = paused.has_value();  // else all are paused again where it is full
  }
}

void Archiver::on_revoked(const std::vector<bus::TopicPartition>& partitions) {
  for (const auto& partition : partitions) {
    if (const auto assignment = positions_.assignment(partition)) assignment->ended = true;
  }
  parts_.storer.look_again();
  // What runs, and every open dead letter, may finish and still counts; what has not begun, or waits for the store, is
  // dropped.
  collect_until(kRevokeWaitMax, [&] {
    return std::all_of(partitions.begin(), partitions.end(), [&](const auto& p) {
      const auto assignment = positions_.assignment(p);
      return !assignment || assignment->in_flight == 0;
    });
  });
  if (consumer_ != nullptr) commit();
  for (const auto& partition : partitions) {
    positions_.end(partition);
    lost_.erase(partition);
    parts_.health.set_problem(fmt::format("loss {}", text_of(partition)), "");
  }
  logging::info("partitions revoked", {{"gone", partitions.size()}, {"left", positions_.partitions().size()}});
}

void Archiver::on_loss(const bus::TopicPartition& partition, Offset committed, bus::OffsetRange available) {
  lost_.insert(partition);
  const bool behind = committed < available.start;
  if (behind) parts_.metrics.lost.Increment(static_cast<double>(available.start - committed));
  const std::string what =
      behind ? fmt::format("LOSS: offsets {} to {} of {} left Kafka before they were archived", committed.value(),
                           available.start.value() - 1, text_of(partition))
             : fmt::format("LOSS: the group stands at offset {} of {}, the log ends at {}: it was cut or replaced",
                           committed.value(), text_of(partition), available.end.value());
  const std::string cure =
      "the partition stands still; to go on, stop the archive and reset the group's offset with Kafka's tools";
  parts_.health.set_problem(fmt::format("loss {}", text_of(partition)), fmt::format("{}; {}", what, cure));
  logging::error("events were lost", {{"topic", partition.topic},
                                      {"partition", partition.partition},
                                      {"committed", committed},
                                      {"log_start", available.start},
                                      {"log_end", available.end},
                                      {"detail", cure}});
}

void Archiver::collect_until(std::chrono::milliseconds timeout, const std::function<bool()>& wanted) {
  const MonoTime deadline = parts_.clock.mono_now() + timeout;
  for (collect(); !wanted() && parts_.clock.mono_now() < deadline; collect()) {
    if (parts_.dead_letters.open() > 0) {
      parts_.dead_letters.wait(kCollectStep);
    } else {
      parts_.storer.wait_finished(kCollectStep);
    }
  }
}

// Where nothing happens nobody would notice that Kafka is away, or back.
Result<> Archiver::ask_now_and_then() {
  const bool at_rest = in_flight_ == 0 && finished_ == finished_at_report_;
  finished_at_report_ = finished_;
  if (!kafka_away_ && (!at_rest || ++reports_at_rest_ < kReportsAtRest)) return {};
  reports_at_rest_ = 0;
  return consumer_->reach_coordinator(kQuestionTimeout);
}

// The fetches tell it; while they are paused the brokers are asked. Asking beside a fetch would hold up what arrives.
Result<Offset> Archiver::end_of(const bus::TopicPartition& partition) {
  const auto known = consumer_->known_end(partition);
  if (!paused_) return known.value_or(positions_.reached(partition));
  ANTIPHON_TRY(range, consumer_->offsets(partition, kQuestionTimeout));
  return range.end;
}

void Archiver::report() {
  last_report_ = parts_.clock.mono_now();
  if (refusal_lines_ > kRefusalLinesMax) {
    logging::warn("more dead letters than lines", {{"not_shown", refusal_lines_ - kRefusalLinesMax}});
  }
  refusal_lines_ = 0;
  if (const auto answers = ask_now_and_then(); !answers) return kafka_problem(answers.error().message);
  std::int64_t behind = 0;
  double oldest_seconds = 0;
  for (const auto& partition : positions_.partitions()) {
    const auto end = end_of(partition);
    if (!end) return kafka_problem(end.error().message);
    const std::int64_t left = *end - positions_.reached(partition);
    if (left <= 0) continue;
    behind += left;
    if (const auto oldest = positions_.oldest_open_ms(partition)) {
      oldest_seconds =
          std::max(oldest_seconds, static_cast<double>(to_unix_ms(parts_.clock.wall_now()) - *oldest) / 1000.0);
    }
  }
  kafka_problem("");
  parts_.metrics.lag_events.Set(static_cast<double>(behind));
  parts_.metrics.lag_seconds.Set(oldest_seconds);
  const auto line = progress_.tell(parts_.clock.mono_now(), behind, finished_);
  if (!line) return;
  logging::info(
      line->caught_up ? "caught up" : "catching up",
      {{"behind", line->behind},
       {"rate_per_second", line->rate_per_second},
       {"seconds_left", line->seconds_left ? fmt::format("{:.0f}", *line->seconds_left) : std::string("unknown")}});
}

void Archiver::finish() {
  parts_.health.set_stopping();
  collect_until(kFinishWaitMax, [this] { return in_flight_ == 0 || parts_.outage.lasting(); });
  parts_.storer.give_up();
  collect_until(kAbandonWaitMax, [this] { return in_flight_ == 0; });
  commit();
}

}  // namespace antiphon::archive
