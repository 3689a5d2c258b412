#include "stages/studio/state_log.h"

#include "core/logging.h"
#include "events/prompt_state.h"

namespace antiphon::studio {

StateLog::StateLog(StateLogSettings settings, const bus::Connection& connection, bus::Shares& shares)
    : settings_(std::move(settings)),
      connection_(connection),
      shares_(shares),
      transactions_(bus::Transactions::create(connection_, {.transactional_id = settings_.claim.writer})) {}

Result<> StateLog::take_over(const std::map<PartitionId, std::string>& notes, const events::StartMarker& marker,
                             const std::function<bool()>& cancelled) {
  std::set<std::string> ended{settings_.claim.writer};  // our own ends what a former process of ours left
  std::set<PartitionId> partitions;
  std::vector<OutgoingRecord> records;
  for (const auto& [partition, note] : notes) {
    partitions.insert(partition);
    records.push_back(events::build_start_marker(settings_.topics, marker, partition));
    const auto before = read_claim(note);
    if (!before || before->released || !ended.insert(before->writer).second) continue;
    // Without it the broker ends them, after a while.
    auto done = bus::end_transactions_of(connection_, {.transactional_id = before->writer}, settings_.kafka_time_max,
                                         cancelled);
    if (!done && done.error().kind == ErrorKind::kCancelled) return done;
    if (!done) {
      logging::warn("what the former owner left open is waited for",
                    {{"writer", before->writer}, {"detail", done.error().message}});
    }
  }
  const std::lock_guard lock(mutex_);
  return commit(records, partitions);
}

Result<> StateLog::write(const std::vector<StateChange>& changes) {
  const std::lock_guard lock(mutex_);
  std::set<PartitionId> partitions;
  std::vector<OutgoingRecord> records;
  for (const StateChange& change : changes) {
    auto record = events::build_prompt_state(settings_.topics, change.state);
    if (record) {
      partitions.insert(change.partition);
      records.push_back(std::move(*record));
    } else {
      logging::error("a sentence's state cannot be written",
                     {{"prompt", change.state.prompt_id}, {"error", record.error().message}});
    }
  }
  return commit(records, partitions);
}

Result<> StateLog::commit(const std::vector<OutgoingRecord>& records, const std::set<PartitionId>& partitions) {
  if (records.empty()) return {};
  const bus::GroupOffsets offsets{shares_.offsets(partitions), to_string(settings_.claim)};
  if (offsets.next.size() != partitions.size())
    return make_error(ErrorKind::kConflict, "a partition is no longer this studio's");
  return transactions_->write(records, offsets, shares_.group(), settings_.kafka_time_max);
}

}  // namespace antiphon::studio
