// Archiver: one member of an archive's group. One thread reads, decides what is committed and answers the group; the
// Storer's threads do the storing.
//
//   poll -> Storer (several at once) -> finished -> watermark -> commit
//                                  \-> refused -> DeadLetters -> acknowledged -> watermark
//
// Always: an offset is committed only when everything below it is finished. What is under way is bounded in records and
// bytes; at the bound reading stops, after kPauseAfter the partitions are paused while polling goes on, so that the
// group keeps this member.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "adapters/bus/consumer.h"
#include "core/clock.h"
#include "core/health.h"
#include "core/stop.h"
#include "stages/archive/archive.h"
#include "stages/archive/dead_letters.h"
#include "stages/archive/metrics.h"
#include "stages/archive/positions.h"
#include "stages/archive/progress.h"
#include "stages/archive/storer.h"

namespace antiphon::archive {

class Archiver final : public bus::GroupEvents {
 public:
  static constexpr std::chrono::milliseconds kPauseAfter{1'000};
  static constexpr std::chrono::milliseconds kRevokeWaitMax{
      3'000};  // for what is under way in a partition that is taken from us
  static constexpr std::chrono::milliseconds kFinishWaitMax{5'000};    // at stop, for all that was read
  static constexpr std::chrono::milliseconds kAbandonWaitMax{10'000};  // ... then for the calls that are running
  static constexpr int kRefusalLinesMax = 20;                          // logged a progress interval; all are counted
  static constexpr int kReportsAtRest = 12;  // progress intervals between two questions when nothing happens

  struct Parts {  // all outlive the archiver
    const Clock& clock;
    Health& health;
    Metrics& metrics;
    Outage& outage;
    Storer& storer;
    DeadLetters& dead_letters;
  };
  Archiver(const ArchiveSettings& settings, const Parts& parts) : settings_(settings), parts_(parts) {}

  // Until `stop`; then finishes, commits and returns. `consumer` was made with this as its events. An error: Kafka
  // refuses us for good.
  Result<> run(bus::GroupConsumer& consumer, const StopToken& stop);

  void on_assigned(const std::map<bus::TopicPartition, Offset>& partitions) override;
  void on_revoked(const std::vector<bus::TopicPartition>& partitions) override;
  void on_loss(const bus::TopicPartition& partition, Offset committed, bus::OffsetRange available) override;

 private:
  Result<> step(const StopToken& stop);
  void take(std::unique_ptr<bus::Message> message);
  void collect();
  void settle(Finished finished);
  void refuse(Finished finished);
  void release(const Finished& finished);
  void commit();
  void report();
  Result<> ask_now_and_then();
  Result<Offset> end_of(const bus::TopicPartition& partition);
  bool make_room();
  void pause_all();
  void resume_all();
  void finish();
  // Collects until `wanted` or the time is over.
  void collect_until(std::chrono::milliseconds timeout, const std::function<bool()>& wanted);
  [[nodiscard]] bool full() const;
  [[nodiscard]] std::chrono::milliseconds poll_timeout() const;
  void kafka_problem(const std::string& text);

  const ArchiveSettings settings_;
  const Parts parts_;
  bus::GroupConsumer* consumer_ = nullptr;

  Positions positions_;
  std::set<bus::TopicPartition> lost_;  // stand still until a person decides
  Progress progress_;
  std::size_t in_flight_ = 0;  // taken and not yet released, with open dead letters
  std::size_t in_flight_bytes_ = 0;
  std::int64_t finished_ = 0;
  std::size_t finished_since_commit_ = 0;
  MonoTime last_commit_{};
  MonoTime last_report_{};
  std::optional<MonoTime> full_since_;
  bool paused_ = false;
  bool kafka_away_ = false;
  int refusal_lines_ = 0;
  std::int64_t finished_at_report_ = 0;
  int reports_at_rest_ = 0;
};

}  // namespace antiphon::archive
