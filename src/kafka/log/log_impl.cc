#include "kafka/log/log_impl.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.h"
#include "core/logging.h"

namespace antiphon::kafka::log {
namespace {

// After a first start the ring is written to its size in the background; the first requests are not kept waiting by it.
constexpr std::chrono::milliseconds kJournalGrowthDelay{1'000};
// A full or broken disk is asked again so often, and no more: by a job that failed.
constexpr std::chrono::seconds kJobRetryDelay{1};
}  // namespace

LogImpl::LogImpl(const LogSettings& settings, FileSystem& files, const Clock& clock, Random& random)
    : settings_(settings),
      files_(files),
      clock_(clock),
      random_(random),
      pool_(files, settings.open_files_max),
      context_{settings_, files_, pool_, nullptr, 0, 0, {}},
      store_(files, settings.data_directory),
      compactor_(files, settings.data_directory) {}

LogImpl::Topic& LogImpl::add_topic(TopicMeta meta) {
  Topic& topic = topics_[meta.name];
  topic.meta = std::move(meta);
  by_id_[topic.meta.id] = &topic;
  add_partition_objects(topic);
  return topic;
}

void LogImpl::add_partition_objects(Topic& topic) {
  const PartitionConfig config = partition_config(topic.meta.config, settings_.topic_defaults);
  for (auto n = static_cast<std::int32_t>(topic.partitions.size()); n < topic.meta.partition_count; ++n) {
    topic.partitions.push_back(std::make_unique<PartitionLog>(context_, topic.meta, PartitionId(n), config));
  }
}

// Folders of that name are no topic's of ours: somebody put them there, or their topic's file is damaged.
Result<> LogImpl::no_folders(const TopicMeta& meta, std::int32_t from) const {
  for (std::int32_t n = from; n < meta.partition_count; ++n) {
    const std::string folder = fmt::format("{}/{}-{}", settings_.data_directory, meta.name, n);
    ANTIPHON_TRY(there, files_.exists(folder));
    if (there) {
      return make_error(ErrorKind::kConflict,
                        fmt::format("{} is there already and belongs to no topic; move it away first", folder));
    }
  }
  return {};
}

namespace {

Result<> check_config(const TopicConfig& config) {
  if (config.size() > kTopicConfigEntriesMax) {
    return make_error(ErrorKind::kInvalidInput,
                      fmt::format("{} settings; at most {}", config.size(), kTopicConfigEntriesMax));
  }
  for (const auto& [name, value] : config) {
    if (name.size() > kTopicConfigBytesMax || value.size() > kTopicConfigBytesMax) {
      return make_error(ErrorKind::kInvalidInput, fmt::format("a setting above {} bytes", kTopicConfigBytesMax));
    }
  }
  return {};
}

Result<> check_partition_count(std::int32_t count) {
  if (count >= 1 && count <= kPartitionsPerTopicMax) return {};
  return make_error(ErrorKind::kInvalidInput,
                    fmt::format("{} partitions; from 1 to {}", count, kPartitionsPerTopicMax));
}

Error unknown_topic(std::string_view name) {
  return make_error(ErrorKind::kNotFound, fmt::format("there is no topic {}", name.substr(0, kTopicNameBytesMax)));
}

}  // namespace

Result<TopicMeta> LogImpl::create_topic(std::string_view name, std::int32_t partitions, TopicConfig config) {
  ANTIPHON_TRY_VOID(validate_topic_name(name));
  ANTIPHON_TRY_VOID(check_partition_count(partitions));
  ANTIPHON_TRY_VOID(check_config(config));
  if (topics_.contains(name)) return make_error(ErrorKind::kAlreadyExists, fmt::format("topic {} exists", name));
  TopicMeta meta{std::string(name), {}, partitions, std::move(config)};
  for (std::size_t i = 0; i < meta.id.bytes.size(); i += 8) wire::store_big(meta.id.bytes.data() + i, random_.next());
  meta.id.bytes[6] = (meta.id.bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // a UUID of version 4, as Kafka's
  meta.id.bytes[8] = (meta.id.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  ANTIPHON_TRY_VOID(no_folders(meta, 0));
  if (auto written = store_.write(meta); !written) {
    store_.forget(meta);
    return std::move(written).error();
  }
  std::erase_if(undecided_, [&](const Undecided& one) { return one.topic == name; });  // it is gone for sure
  return add_topic(std::move(meta)).meta;
}

Result<> LogImpl::delete_topic(std::string_view name, std::string_view reason) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return unknown_topic(name);
  const TopicMeta meta = found->second.meta;
  compactor_.forget(meta.id);
  auto removals = store_.remove(meta);
  // After an error it may be gone or not; a start will know. Until then nobody writes to it.
  by_id_.erase(meta.id);
  topics_.erase(found);
  ++context_.writes;
  for (std::int32_t n = 0; n < meta.partition_count; ++n) {
    const std::string folder = fmt::format("{}/{}-{}", settings_.data_directory, meta.name, n);
    std::erase_if(context_.removals, [&](const std::string& path) { return path.starts_with(folder + "/"); });
    if (released_folders_) released_folders_->add(folder);
    if (!removals) undecided_.push_back({meta.name, {meta.id, PartitionId(n)}, folder});
  }
  if (!removals) return std::move(removals).error();
  context_.removals.insert(context_.removals.end(), removals->begin(), removals->end());
  logging::info("topic deleted", {{"topic", meta.name}, {"topic.id", to_text(meta.id)}, {"reason", reason}});
  return {};
}

Result<> LogImpl::add_partitions(std::string_view name, std::int32_t new_count) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return unknown_topic(name);
  ANTIPHON_TRY_VOID(check_partition_count(new_count));
  TopicMeta meta = found->second.meta;
  const std::int32_t before = meta.partition_count;
  if (new_count <= before) {
    return make_error(ErrorKind::kInvalidInput, fmt::format("topic {} has {} partitions already", name, before));
  }
  meta.partition_count = new_count;
  ANTIPHON_TRY_VOID(no_folders(meta, before));
  ANTIPHON_TRY_VOID(store_.write(meta));
  found->second.meta = std::move(meta);
  add_partition_objects(found->second);
  return {};
}

Result<> LogImpl::set_topic_config(std::string_view name, TopicConfig config) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return unknown_topic(name);
  ANTIPHON_TRY_VOID(check_config(config));
  TopicMeta meta = found->second.meta;
  meta.config = std::move(config);
  ANTIPHON_TRY_VOID(store_.write(meta));
  found->second.meta = std::move(meta);
  const PartitionConfig parsed = partition_config(found->second.meta.config, settings_.topic_defaults);
  for (auto& partition : found->second.partitions) partition->set_config(parsed);
  return {};
}

const TopicMeta* LogImpl::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second.meta;
}
const TopicMeta* LogImpl::topic(const TopicId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second->meta;
}
std::vector<const TopicMeta*> LogImpl::topics() const {
  std::vector<const TopicMeta*> all;
  all.reserve(topics_.size());
  for (const auto& [name, topic] : topics_) all.push_back(&topic.meta);
  return all;
}
PartitionLog* LogImpl::find(const TopicId& topic, PartitionId id) {
  const auto found = by_id_.find(topic);
  if (found == by_id_.end() || id.value() < 0) return nullptr;
  auto& partitions = found->second->partitions;
  const auto index = static_cast<std::size_t>(id.value());
  return index < partitions.size() ? partitions[index].get() : nullptr;
}
Partition* LogImpl::partition(std::string_view topic, PartitionId id) {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : find(found->second.meta.id, id);
}
Partition* LogImpl::partition(const TopicId& topic, PartitionId id) { return find(topic, id); }

void LogImpl::poll_completed(std::vector<SettledTicket>& out) {
  std::vector<Settled> settled;
  journal_->take_settled(settled);
  for (Settled& one : settled) {
    if (PartitionLog* const partition = find(one.partition->topic, one.partition->partition)) {
      partition->settle(one.ticket, one.error);
    }
    out.push_back({one.ticket, one.partition->topic, one.partition->partition, std::move(one.error)});
  }
  if (!failure_) {
    if (const auto error = journal_->failure()) failure_ = *error;
  }
}

bool LogImpl::job_due() const {
  if (job_active_ || clock_.mono_now() < next_job_) return false;
  return checkpoint_due() || compactor_.ready();
}

bool LogImpl::checkpoint_due() const {
  const std::uint64_t limit = journal_->limit();
  if (journal_->used_bytes() > limit / 2 || !context_.removals.empty()) return true;
  const auto since_checkpoint = clock_.mono_now() - last_checkpoint_;
  if (limit < settings_.journal_bytes && since_checkpoint >= kJournalGrowthDelay) return true;
  if (context_.writes == writes_at_checkpoint_) return false;
  return pool_.over_budget() || since_checkpoint >= settings_.checkpoint_interval;
}

Checkpoint LogImpl::checkpoint_of_all(const JournalMark& mark) {
  Checkpoint checkpoint;
  checkpoint.journal = mark;
  for (auto& [name, topic] : topics_) {
    for (auto& partition : topic.partitions) {
      if (!partition->has_files() && partition->log_end_offset().value() == 0 && !partition->damaged()) continue;
      checkpoint.partitions[{topic.meta.id, partition->id()}] = partition->checkpoint();
    }
  }
  return checkpoint;
}

std::unique_ptr<BackgroundJob> LogImpl::begin_job() {
  if (job_active_) return nullptr;
  if (checkpoint_due() || !compactor_.ready()) return begin_checkpoint();
  auto job = compactor_.begin(finder());
  job_active_ = job != nullptr;
  return job;
}

std::unique_ptr<CheckpointJob> LogImpl::begin_checkpoint() {
  auto job = std::make_unique<CheckpointJob>(files_, settings_.data_directory);
  job->removals = std::move(context_.removals);
  context_.removals.clear();
  const JournalMark mark = journal_->mark();  // before the segments are looked at: they hold what stands before it
  for (auto& [name, topic] : topics_) {
    for (auto& partition : topic.partitions) {
      const PartitionKey key{topic.meta.id, partition->id()};
      if (partition->waits_for_what_was_found()) {
        job->freeze(key, partition->directory());
        continue;
      }
      if (auto sync = partition->begin_checkpoint()) job->partitions.emplace_back(key, std::move(*sync));
      if (partition->sync_state()->failed && !partition->damaged()) job->freeze(key, partition->directory());
    }
  }
  for (const Undecided& one : undecided_) job->freeze(one.key, one.folder);
  job->checkpoint = checkpoint_of_all(mark);
  job->previous_mark = released_;
  job->journal_from = journal_->limit();
  job->journal_to = std::max(settings_.journal_bytes, job->journal_from);
  writes_at_checkpoint_ = context_.writes;
  last_checkpoint_ = clock_.mono_now();
  job_active_ = true;
  released_folders_ = job->released;
  return job;
}

void LogImpl::finish_job(std::unique_ptr<BackgroundJob> finished) {
  ANTIPHON_ASSERT(finished != nullptr && job_active_);
  job_active_ = false;
  if (auto* const compaction = dynamic_cast<CompactionJob*>(finished.get())) {
    if (compactor_.finish(*compaction, finder())) consider_compaction(clock_.wall_now());
    return;
  }
  auto* const checkpoint = dynamic_cast<CheckpointJob*>(finished.get());
  ANTIPHON_ASSERT(checkpoint != nullptr);
  checkpoint_finished(*checkpoint);
}

void LogImpl::checkpoint_finished(CheckpointJob& job) {
  journal_->grow(job.journal_written);
  if (job.error) {
    logging::error("the checkpoint was not completed", {{"error", job.error->message}});
    ++context_.writes;  // it is due again
    next_job_ = clock_.mono_now() + kJobRetryDelay;
  }
  for (const auto& [key, sync] : job.partitions) {
    PartitionLog* const partition = find(key.first, key.second);
    if (partition != nullptr) partition->finish_checkpoint(sync, job.written);
  }
  pool_.close_idle();
  if (!job.written) {
    std::erase_if(job.removals, [&](const std::string& path) { return job.released->cover(path); });
    context_.removals.insert(context_.removals.begin(), job.removals.begin(), job.removals.end());
    return;
  }
  checkpoint_written(job.checkpoint);
  released_ = job.checkpoint.journal;
  journal_->release(released_);
  ++checkpoints_;
}

void LogImpl::checkpoint_written(const Checkpoint& checkpoint) {
  for (const auto& [key, state] : checkpoint.partitions) {
    PartitionLog* const partition = find(key.first, key.second);
    if (partition != nullptr) partition->cleaning().checkpointed = state.active_base;
  }
}

Compactor::Find LogImpl::finder() {
  return [this](const PartitionKey& key) { return find(key.first, key.second); };
}

void LogImpl::consider_compaction(WallTime now) {
  std::vector<PartitionLog*> all;
  for (auto& [name, topic] : topics_) {
    for (auto& partition : topic.partitions) all.push_back(partition.get());
  }
  compactor_.consider(now, all);
}

std::vector<DeletedSegment> LogImpl::apply_retention(WallTime now) {
  std::vector<DeletedSegment> deleted;
  const std::int64_t idle_since = to_unix_ms(now) - settings_.producer_id_expiration.count();
  for (auto& [name, topic] : topics_) {
    for (auto& partition : topic.partitions) {
      auto some = partition->apply_retention(now);
      deleted.insert(deleted.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
      partition->expire_producers(idle_since);
    }
  }
  consider_compaction(now);
  return deleted;
}

LogMetrics LogImpl::metrics() const {
  LogMetrics metrics;
  journal_->add_metrics(metrics);
  metrics.journal_used_bytes = journal_->used_bytes();
  metrics.checkpoints = checkpoints_;
  metrics.open_files = pool_.open_count();
  compactor_.add_metrics(metrics);
  return metrics;
}

Result<> LogImpl::close() {
  while (journal_->run_once()) {
  }
  std::vector<SettledTicket> settled;
  poll_completed(settled);
  if (job_active_) return make_error(ErrorKind::kInternal, "a background job is still under way");
  auto job = begin_checkpoint();
  job->run();
  const std::optional<Error> error = job->error;
  finish_job(std::move(job));
  if (error) return Error(*error);
  if (failure_) return Error(*failure_);
  return {};
}

}  // namespace antiphon::kafka::log
