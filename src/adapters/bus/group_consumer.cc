#include <fmt/format.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

#include "adapters/bus/consumer.h"
#include "adapters/bus/doubt.h"
#include "adapters/bus/epochs.h"
#include "adapters/bus/rdkafka.h"
#include "core/logging.h"

namespace antiphon::bus {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kQuestionTimeout{2'000};  // on assignment; an end that comes meanwhile waits for it
constexpr std::chrono::milliseconds kAskAgain{200};
constexpr int kAssignmentAttemptsMax = 30;  // a minute of questions; then the group takes the partitions back

std::vector<TopicPartition> names_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> names;
  names.reserve(static_cast<std::size_t>(list->cnt));
  for (int i = 0; i < list->cnt; ++i) names.push_back({list->elems[i].topic, PartitionId(list->elems[i].partition)});
  return names;
}

class RdGroupConsumer final : public GroupConsumer {
 public:
  RdGroupConsumer(const Connection& connection, const GroupSettings& settings, GroupEvents& events)
      : events_(events), doubts_(settings.doubt_max), doubt_max_(settings.doubt_max), asker_(connection) {}
  ~RdGroupConsumer() override { close(); }

  void close() override {
    if (handle_ && !std::exchange(closed_, true)) rd_kafka_consumer_close(handle_.get());
  }

  // The library hands out the metadata of nobody, too, when it has just left: a transaction that names no member is not
  // checked by Kafka (clients before KIP-447 did not name one). A member that was one before and after was it between.
  std::unique_ptr<Membership> membership() override {
    const std::string before = member_id();
    auto metadata = std::make_unique<rd::GroupMetadata>(rd_kafka_consumer_group_metadata(handle_.get()));
    if (!before.empty() && member_id() == before) return metadata;
    return std::make_unique<rd::GroupMetadata>(nullptr);
  }

  [[nodiscard]] std::string metadata(const TopicPartition& partition) const override {
    const auto it = metadata_.find(partition);
    return it == metadata_.end() ? std::string() : it->second;
  }

  Result<> start(const Connection& connection, const GroupSettings& settings) {
    rd::Configuration conf(connection);
    conf.set("group.id", settings.group_id)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", std::to_string(settings.session_timeout.count()))
        .set("heartbeat.interval.ms", std::to_string(std::min<long>(settings.session_timeout.count() / 3, 3000)))
        .set("max.poll.interval.ms", std::to_string(settings.poll_interval_max.count()))
        .set("fetch.error.backoff.ms", "50")
        .set("fetch.wait.max.ms", std::to_string(settings.fetch_wait.count()))
        .set("fetch.message.max.bytes", std::to_string(6U << 20))
        .set("queued.max.messages.kbytes", std::to_string(settings.fetch_queue_bytes_max / 1024));
    if (!settings.instance_id.empty()) conf.set("group.instance.id", settings.instance_id);
    rd_kafka_conf_set_opaque(conf.raw(), this);
    rd_kafka_conf_set_rebalance_cb(conf.raw(), on_rebalance);
    ANTIPHON_TRY(handle, std::move(conf).make(RD_KAFKA_CONSUMER));
    handle_ = std::move(handle);
    group_id_ = settings.group_id;
    instance_id_ = settings.instance_id;
    holds_only_ = settings.holds_only;
    rd_kafka_poll_set_consumer(handle_.get());
    queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
    rd::PartitionList topics(rd_kafka_topic_partition_list_new(static_cast<int>(settings.topics.size())));
    for (const auto& topic : settings.topics) {
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    if (const auto code = rd_kafka_subscribe(handle_.get(), topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return rd::error_of(code, fmt::format("subscribe group {}", group_id_));
    }
    return {};
  }

  Result<std::unique_ptr<Message>> poll(std::chrono::milliseconds timeout) override {
    look_at_a_doubt();
    const auto until = doubts_.until_due(timeout, std::chrono::steady_clock::now());
    rd::MessageHandle message(rd_kafka_consumer_poll(handle_.get(), rd::milliseconds(until)));
    if (!message) return std::unique_ptr<Message>();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return hand_out(std::move(message));
    if (begins_a_doubt(*message)) return std::unique_ptr<Message>();
    if (message->err == RD_KAFKA_RESP_ERR__FATAL || message->err == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
      return fatal();
    return rd::error_of(message->err, fmt::format("group {}", group_id_));
  }

  void end() override {
    ending_ = true;
    rd_kafka_queue_yield(queue_.get());
  }

  Result<> commit(const std::map<TopicPartition, Offset>& next, const std::string& metadata) override {
    if (next.empty()) return {};
    const auto list = rd::list_of(next, metadata);
    add_epochs(list.get());
    if (const auto code = rd_kafka_commit(handle_.get(), list.get(), 0); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return rd::error_of(code, fmt::format("commit of group {}", group_id_));
    }
    ANTIPHON_TRY_VOID(done(RD_KAFKA_RESP_ERR_NO_ERROR, list.get(), "commit"));
    for (const auto& [partition, offset] : next) {
      committed_[partition] = offset;
      epochs_[partition].forget_before(offset);
    }
    return {};
  }

  void commit_later(const std::map<TopicPartition, Offset>& next, const std::string& metadata,
                    std::function<void(const Result<>&)> then) override {
    then_ = std::move(then);
    const auto list = rd::list_of(next, metadata);
    const auto code = rd_kafka_commit_queue(handle_.get(), list.get(), queue_.get(), on_committed, this);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) committed_later(code);
  }

  Result<> pause(const std::vector<TopicPartition>& partitions) override {
    const auto list = rd::list_of(partitions);
    return done(rd_kafka_pause_partitions(handle_.get(), list.get()), list.get(), "pause");
  }
  Result<> resume(const std::vector<TopicPartition>& partitions) override {
    const auto list = rd::list_of(partitions);
    return done(rd_kafka_resume_partitions(handle_.get(), list.get()), list.get(), "resume");
  }

  Result<> seek(const TopicPartition& partition, Offset offset) override {
    return seek(rd::list_of(std::map<TopicPartition, Offset>{{partition, offset}}).get());
  }

  Result<OffsetRange> offsets(const TopicPartition& partition, std::chrono::milliseconds timeout) override {
    ANTIPHON_TRY(asker, asker_.handle());
    return rd::query_offsets(asker, partition, timeout);
  }

  [[nodiscard]] std::optional<Offset> known_end(const TopicPartition& partition) const override {
    std::int64_t low = 0;
    std::int64_t high = -1;
    const auto code = rd_kafka_get_watermark_offsets(handle_.get(), partition.topic.c_str(),
                                                     partition.partition.value(), &low, &high);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
    return Offset(high);
  }

  Result<> reach_coordinator(std::chrono::milliseconds timeout) override {
    rd::PartitionList mine;
    rd_kafka_topic_partition_list_t* assignment = nullptr;
    if (const auto code = rd_kafka_assignment(handle_.get(), &assignment); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return rd::error_of(code, fmt::format("assignment in group {}", group_id_));
    mine.reset(assignment);
    if (mine->cnt == 0) return {};
    if (const auto code = rd_kafka_committed(handle_.get(), mine.get(), rd::milliseconds(timeout));
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return rd::error_of(code, fmt::format("coordinator of group {}", group_id_));
    return {};
  }

 private:
  [[nodiscard]] std::string member_id() const {
    char* raw = rd_kafka_memberid(handle_.get());
    const std::unique_ptr<char, void (*)(char*)> id(raw, [](char* text) { rd_kafka_mem_free(nullptr, text); });
    return id ? id.get() : "";
  }

  [[nodiscard]] Error fatal() const {
    std::array<char, 512> reason{};
    if (rd_kafka_fatal_error(handle_.get(), reason.data(), reason.size()) == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
      // Not kConfig, which no supervisor starts again: a coordinator that was cut off kept to itself that this very
      // process had joined anew, and its successor takes it for a stranger.
      return make_error(ErrorKind::kLimit,
                        fmt::format("the group {} has another member as {}; should that come again, two processes have "
                                    "one --slot: give each its own",
                                    group_id_, instance_id_));
    }
    return make_error(ErrorKind::kInternal, fmt::format("group {}: {}", group_id_, reason.data()));
  }

  // Of the call, then of each partition: the library tells a partition's own failure in the list alone.
  Result<> done(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* list, std::string_view what) const {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::error_of(code, fmt::format("{} in group {}", what, group_id_));
    for (int i = 0; i < list->cnt; ++i) {
      const auto& element = list->elems[i];
      if (element.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      return rd::error_of(element.err, fmt::format("{} in group {}, {} partition {}", what, group_id_, element.topic,
                                                   element.partition));
    }
    return {};
  }

  static void on_committed(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t*, void* opaque) {
    static_cast<RdGroupConsumer*>(opaque)->committed_later(code);
  }

  void committed_later(rd_kafka_resp_err_t code) {
    const auto then = std::exchange(then_, nullptr);
    if (!then) return;
    then(code == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<>() : rd::error_of(code, fmt::format("commit of {}", group_id_)));
  }

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                           void* opaque) {
    auto& self = *static_cast<RdGroupConsumer*>(opaque);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      self.assigned(partitions);
    } else {
      const auto names = names_of(partitions);
      self.events_.on_revoked(names);
      for (const auto& name : names) {
        self.lost_.erase(name);
        self.doubts_.end(name);
        self.committed_.erase(name);
        self.epochs_.erase(name);
      }
      const rd::ErrorHandle error(rd_kafka_incremental_unassign(self.handle_.get(), partitions));
    }
  }

  void assigned(rd_kafka_topic_partition_list_t* partitions) {
    std::map<TopicPartition, Offset> starts;
    if (const auto found = find_starts(names_of(partitions), starts); !found) {
      // Without an answer the library's own rule applies: the committed offset, or an error that poll() reports.
      logging::warn("no committed offsets to be had", {{"group", group_id_}, {"detail", found.error().message}});
    }
    for (int i = 0; i < partitions->cnt; ++i) {
      auto& element = partitions->elems[i];
      const auto it = starts.find({element.topic, PartitionId(element.partition)});
      element.offset = it != starts.end() ? it->second.value() : RD_KAFKA_OFFSET_STORED;
      if (holds_only_) element.offset = RD_KAFKA_OFFSET_END;
    }
    const rd::ErrorHandle error(rd_kafka_incremental_assign(handle_.get(), partitions));
    if (error) {
      logging::error("assignment refused", {{"group", group_id_}, {"detail", rd_kafka_error_string(error.get())}});
      return;
    }
    // If it fails, a few records are read for nothing.
    if (holds_only_) static_cast<void>(rd_kafka_pause_partitions(handle_.get(), partitions));
    std::vector<TopicPartition> still;
    for (auto it = starts.begin(); it != starts.end();) {
      const bool lost = lost_.contains(it->first);
      if (lost) still.push_back(it->first);
      it = lost ? starts.erase(it) : std::next(it);
    }
    // To spare their bytes; poll() hands out nothing of them and pauses again.
    if (const auto paused = still.empty() ? Result<>() : pause(still); !paused) {
      logging::warn("a lost partition is not paused yet", {{"group", group_id_}, {"detail", paused.error().message}});
    }
    for (const auto& [partition, offset] : starts) committed_[partition] = offset;
    look_for_cuts(starts);
    events_.on_assigned(starts);
  }

  // Whether the logs still hold what was read of them before. The library asks for that when a leader changes, and when
  // it is told to seek, but not when it is given a partition.
  void look_for_cuts(const std::map<TopicPartition, Offset>& starts) {
    std::map<TopicPartition, Offset> known;
    for (const auto& [partition, offset] : starts) {
      if (epochs_[partition].before(offset) != Epochs::kUnknown) known.emplace(partition, offset);
    }
    if (holds_only_ || ending_ || known.empty()) return;
    const auto list = rd::list_of(known);
    add_epochs(list.get());
    if (const auto sought = seek(list.get()); !sought) {
      logging::warn("not known whether a log was cut", {{"group", group_id_}, {"detail", sought.error().message}});
    }
  }

  // As rd_kafka_topic_partition_set_leader_epoch() has them, each with its offset.
  void add_epochs(rd_kafka_topic_partition_list_t* list) const {
    for (int i = 0; i < list->cnt; ++i) {
      auto& element = list->elems[i];
      const auto it = epochs_.find({element.topic, PartitionId(element.partition)});
      if (it == epochs_.end()) continue;
      rd_kafka_topic_partition_set_leader_epoch(&element, it->second.before(Offset(element.offset)));
    }
  }

  Result<> seek(rd_kafka_topic_partition_list_t* list) const {
    const rd::ErrorHandle error(rd_kafka_seek_partitions(handle_.get(), list, rd::milliseconds(kQuestionTimeout)));
    if (error) return rd::error_of(rd_kafka_error_code(error.get()), "seek");
    return done(RD_KAFKA_RESP_ERR_NO_ERROR, list, "seek");
  }

  // Where to go on, by the rule in consumer.h. A partition whose committed offset is out of range lands in lost_.
  Result<> find_starts(const std::vector<TopicPartition>& partitions, std::map<TopicPartition, Offset>& starts) {
    if (holds_only_) {
      for (const TopicPartition& partition : partitions) starts[partition] = Offset(0);
    }
    const auto committed = rd::list_of(partitions);
    auto code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int attempt = 0; attempt < kAssignmentAttemptsMax && code != RD_KAFKA_RESP_ERR_NO_ERROR; ++attempt) {
      if (ending_ && attempt > 0) break;
      code = rd_kafka_committed(handle_.get(), committed.get(), rd::milliseconds(kQuestionTimeout));
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR && rd::kind_of(code) != ErrorKind::kUnavailable) break;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return rd::error_of(code, fmt::format("committed offsets of {}", group_id_));
    const auto deadline = std::chrono::steady_clock::now() + kQuestionTimeout * kAssignmentAttemptsMax;
    Result<> unanswered;
    for (int i = 0; i < committed->cnt; ++i) {
      const auto& element = committed->elems[i];
      const TopicPartition partition{element.topic, PartitionId(element.partition)};
      metadata_[partition] = rd::metadata_of(element);
      if (element.offset > 0) {
        epochs_[partition].read(Offset(element.offset - 1), rd_kafka_topic_partition_get_leader_epoch(&element));
      }
      if (holds_only_) {
        starts[partition] = Offset(std::max<std::int64_t>(element.offset, 0));
        continue;
      }
      const auto asked = range_while_leaders_change(partition, deadline);
      if (!asked) {
        // Whether it is still there, a fetch finds out.
        if (element.offset >= 0) starts[partition] = Offset(element.offset);
        if (element.offset < 0) unanswered = asked.error();
        if (ending_) break;
        continue;
      }
      const OffsetRange range = *asked;
      if (element.offset < 0) {
        if (range.end.value() > 0) {
          logging::info("no committed offset, starting at the log's start", {{"group", group_id_},
                                                                             {"topic", partition.topic},
                                                                             {"partition", partition.partition},
                                                                             {"offset", range.start}});
        }
        starts[partition] = range.start;
      } else if (Offset(element.offset) < range.start || (Offset(element.offset) > range.end && doubt_max_ == 0ms)) {
        starts[partition] = range.end;  // nothing is read until a person decides
        lost_.insert(partition);
        events_.on_loss(partition, Offset(element.offset), range);
      } else {
        starts[partition] = Offset(element.offset);
        if (starts[partition] > range.end) doubts_.begin(partition, starts[partition], range.end);
      }
    }
    return unanswered;
  }

  // Nothing of a partition that is lost or doubted is handed out, whether it still flows or not.
  Result<std::unique_ptr<Message>> hand_out(rd::MessageHandle message) {
    const TopicPartition partition = rd::partition_of(*message);
    if (doubts_.contains(partition)) return std::unique_ptr<Message>();
    if (lost_.contains(partition)) {
      ANTIPHON_TRY_VOID(pause({partition}));
      return std::unique_ptr<Message>();
    }
    committed_.try_emplace(partition, Offset(message->offset));
    epochs_[partition].read(Offset(message->offset), rd_kafka_message_leader_epoch(message.get()));
    return rd::wrap(std::move(message));
  }

  // Whether the library has stopped reading a partition because its log does not hold the next offset. Without an
  // offset it is no loss: nothing was committed, and nobody could say where the log starts. The stage ends, and asks
  // again at its next start.
  bool begins_a_doubt(const rd_kafka_message_t& message) {
    if (message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.rkt == nullptr || holds_only_) return false;
    const TopicPartition partition = rd::partition_of(message);
    const auto offset = message.offset >= 0 ? std::optional(Offset(message.offset)) : position(partition);
    if (offset) doubts_.begin(partition, *offset, rd::end_told_in(message));
    return offset.has_value();
  }

  // The offset behind the last record handed out; where there is none, where it began.
  [[nodiscard]] std::optional<Offset> position(const TopicPartition& partition) const {
    const auto list = rd::list_of(std::vector{partition});
    const auto code = rd_kafka_position(handle_.get(), list.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[0].offset >= 0) return Offset(list->elems[0].offset);
    const auto it = committed_.find(partition);
    return it == committed_.end() ? std::nullopt : std::optional(it->second);
  }

  // At one at a time: each question may take its time.
  void look_at_a_doubt() {
    const auto partition = ending_ ? std::nullopt : doubts_.due(std::chrono::steady_clock::now());
    if (!partition) return;
    const auto told = offsets(*partition, Doubts::kLookTimeMax);
    const auto found =
        doubts_.look(*partition, told ? std::optional(*told) : std::nullopt, std::chrono::steady_clock::now());
    if (found.verdict == Doubt::Verdict::kReadOn) return read_on(*partition, found.log.end);
    if (found.verdict != Doubt::Verdict::kLost) return;
    const Offset offset = doubts_.offset(*partition);
    doubts_.end(*partition);
    lost_.insert(*partition);
    events_.on_loss(*partition, offset, found.log);
  }

  // From the lowest end that was told; and from what is not committed, since nobody can finish what was under way under
  // offsets that are read anew. The group is told first: who came after a crash would go on behind it.
  void read_on(const TopicPartition& partition, Offset lowest_end) {
    const auto stands = committed_.try_emplace(partition, doubts_.offset(partition)).first->second;
    const Offset from = std::min(lowest_end, stands);
    const auto told = from < stands ? commit({{partition, from}}, {}) : Result<>();
    if (!told || !rd::read_anew(handle_.get(), partition, from)) return;  // with the next look
    logging::warn("a log ended before what was read of it; it is read again from there",
                  {{"group", group_id_},
                   {"topic", partition.topic},
                   {"partition", partition.partition},
                   {"stood_at", doubts_.offset(partition)},
                   {"from", from}});
    doubts_.end(partition);
    epochs_.erase(partition);
    events_.on_assigned({{partition, from}});
  }

  // Partitions are often given out while the broker that led them is just dead: their next leader is waited for.
  Result<OffsetRange> range_while_leaders_change(const TopicPartition& partition,
                                                 std::chrono::steady_clock::time_point deadline) {
    while (true) {
      if (ending_) return make_error(ErrorKind::kCancelled, "not asked any more");
      auto range = offsets(partition, kQuestionTimeout);
      const bool again = !range && range.error().kind == ErrorKind::kUnavailable;
      if (!again || std::chrono::steady_clock::now() > deadline) return range;
      std::this_thread::sleep_for(kAskAgain);
    }
  }

  GroupEvents& events_;
  std::atomic<bool> ending_{false};
  std::string group_id_;
  std::string instance_id_;
  bool holds_only_ = false;
  // Of those assigned:
  Doubts doubts_;
  std::map<TopicPartition, Offset> committed_;      // as the group knows it, or where it was begun
  std::map<TopicPartition, Epochs> epochs_;         // of what was read
  std::map<TopicPartition, std::string> metadata_;  // of the offsets found on assignment
  std::set<TopicPartition> lost_;                   // stand still until a person decides
  const std::chrono::milliseconds doubt_max_;
  rd::Handle handle_;
  rd::Queue queue_;
  rd::Asker asker_;
  std::function<void(const Result<>&)> then_;  // of the newest commit_later()
  bool closed_ = false;
};

}  // namespace

Result<std::unique_ptr<GroupConsumer>> GroupConsumer::create(const Connection& connection,
                                                             const GroupSettings& settings, GroupEvents& events) {
  auto consumer = std::make_unique<RdGroupConsumer>(connection, settings, events);
  ANTIPHON_TRY_VOID(consumer->start(connection, settings));
  return std::unique_ptr<GroupConsumer>(std::move(consumer));
}

}  // namespace antiphon::bus
