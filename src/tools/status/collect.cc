#include "tools/status/collect.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/bus/admin.h"
#include "events/corpus_state.h"
#include "tools/status/open_sentences.h"

namespace antiphon::tools {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

class Collector {
 public:
  Collector(const StatusQuestion& question, const Clock& clock) : question_(question), clock_(clock) {}

  Result<StatusReport> collect() {
    ANTIPHON_TRY(admin, bus::Admin::create(question_.kafka));
    ANTIPHON_TRY(reader, bus::PartitionReader::create(question_.kafka, {.readable_ends = true}));
    admin_ = std::move(admin);
    reader_ = std::move(reader);
    report_.bootstrap = question_.kafka.bootstrap;
    report_.name_space = question_.topics.name_space();
    report_.time = clock_.wall_now();
    ANTIPHON_TRY(cluster, admin_->cluster(question_.timeout));
    report_.brokers = cluster.brokers;
    report_.controller = cluster.controller_id;
    ANTIPHON_TRY_VOID(topics());
    ANTIPHON_TRY_VOID(groups());
    ANTIPHON_TRY_VOID(sentences());
    ANTIPHON_TRY_VOID(corpora());
    report_.processes = local_processes(question_.data_dir);
    return std::move(report_);
  }

 private:
  Result<> topics() {
    ANTIPHON_TRY(all, admin_->topics(question_.timeout));
    const std::string own = question_.topics.name_space() + ".";
    for (const auto& topic : all) {
      const bool dead = topic.name.starts_with("dlq." + own);
      if (!dead && !topic.name.starts_with(own)) continue;
      TopicLine line{topic.name, 0, 0};
      for (std::int32_t p = 0; p < topic.partitions; ++p) {
        const bus::TopicPartition partition{topic.name, PartitionId(p)};
        ANTIPHON_TRY(range, reader_->offsets(partition, question_.timeout));
        ANTIPHON_TRY(recent, reader_->offset_at(partition, to_unix_ms(report_.time) - kMinuteMs, question_.timeout));
        ranges_[partition] = range;
        line.events += range.end - range.start;
        line.last_minute += range.end - std::min(recent, range.end);
      }
      (dead ? report_.dead_letters : report_.topics).push_back(std::move(line));
    }
    return {};
  }

  Result<> groups() {
    ANTIPHON_TRY(all, admin_->groups(question_.timeout));
    std::vector<bus::TopicPartition> partitions;
    partitions.reserve(ranges_.size());
    for (const auto& [partition, range] : ranges_) partitions.push_back(partition);
    for (const auto& group : all) {
      if (!group.group_id.starts_with(question_.topics.name_space() + ".")) continue;
      GroupLine line{group.group_id, group.state, {}, 0, std::nullopt};
      for (const auto& member : group.members) line.members.push_back(member.client_id);
      ANTIPHON_TRY(committed, admin_->committed(group.group_id, partitions, question_.timeout));
      for (const auto& [partition, at] : committed) ANTIPHON_TRY_VOID(add_lag(line, partition, at.offset));
      report_.groups.push_back(std::move(line));
    }
    return {};
  }

  Result<> add_lag(GroupLine& line, const bus::TopicPartition& partition, Offset committed) {
    const auto& range = ranges_.at(partition);
    if (committed >= range.end) return {};
    line.lag += range.end - committed;
    const Offset first = std::max(committed, range.start);
    std::optional<std::int64_t> timestamp;
    // The first one that is there: compaction may have removed the one at the committed offset.
    const auto read = bus::read_all(*reader_, {{partition, {first, range.end}}}, question_.timeout,
                                    [&](const IncomingRecord& record) -> Result<> {
                                      timestamp = record.timestamp_ms;
                                      return make_error(ErrorKind::kCancelled, "one is enough");
                                    });
    if (!read && !timestamp) return read.error();
    if (!timestamp) return {};
    const double age = static_cast<double>(to_unix_ms(report_.time) - *timestamp) / 1000.0;
    line.lag_seconds = std::max(line.lag_seconds.value_or(0), std::max(age, 0.0));
    return {};
  }

  std::map<bus::TopicPartition, bus::OffsetRange> ranges_of(const std::string& topic) const {
    std::map<bus::TopicPartition, bus::OffsetRange> out;
    for (const auto& [partition, range] : ranges_) {
      if (partition.topic == topic) out[partition] = range;
    }
    return out;
  }

  Result<> sentences() {
    OpenSentences open;
    ANTIPHON_TRY_VOID(bus::read_all(*reader_, ranges_of(question_.topics.prompts()), question_.timeout,
                                    [&](const IncomingRecord& r) -> Result<> {
                                      open.take_prompt(r);
                                      return {};
                                    }));
    ANTIPHON_TRY_VOID(bus::read_all(*reader_, ranges_of(question_.topics.prompt_state()), question_.timeout,
                                    [&](const IncomingRecord& r) -> Result<> {
                                      open.take_state(r);
                                      return {};
                                    }));
    report_.open_sentences = open.by_locale(report_.time);
    return {};
  }

  Result<> corpora() {
    std::map<std::string, CorpusLine> lines;
    ANTIPHON_TRY_VOID(bus::read_all(*reader_, ranges_of(question_.topics.corpus_state()), question_.timeout,
                                    [&](const IncomingRecord& r) -> Result<> {
                                      const auto record = events::read_corpus_state(r);
                                      const auto* state = record ? std::get_if<events::CorpusState>(&*record) : nullptr;
                                      if (state == nullptr) return {};
                                      CorpusLine line{state->corpus_id,
                                                      std::string(events::to_string(state->condition)),
                                                      state->detail,
                                                      state->next_sequence - 1,
                                                      0,
                                                      state->repeated};
                                      for (const auto& [reason, count] : state->left_out) line.left_out += count;
                                      lines[state->corpus_id] = std::move(line);
                                      return {};
                                    }));
    for (auto& [id, line] : lines) report_.corpora.push_back(std::move(line));
    return {};
  }

  const StatusQuestion& question_;
  const Clock& clock_;
  std::unique_ptr<bus::Admin> admin_;
  std::unique_ptr<bus::PartitionReader> reader_;
  std::map<bus::TopicPartition, bus::OffsetRange> ranges_;
  StatusReport report_;
};

}  // namespace

Result<StatusReport> collect_status(const StatusQuestion& question, const Clock& clock) {
  return Collector(question, clock).collect();
}

}  // namespace antiphon::tools
