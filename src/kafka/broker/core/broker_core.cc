#include "kafka/broker/core/broker_core.h"

#include "core/logging.h"
#include "core/uuid.h"
#include "kafka/broker/core/checked_text.h"
#include "kafka/broker/core/context.h"
#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/handlers/produce.h"

namespace antiphon::kafka::broker {
namespace {

constexpr std::size_t kSettleRoundsMax =
    16;  // waking one waiter may move another partition; then the next wake-up goes on

log::LogSettings log_settings(const BrokerSettings& settings) {
  log::LogSettings out;
  out.data_directory = settings.data_dir + "/log";
  out.journal_bytes = settings.journal_bytes;
  return out;
}

GroupSettings group_settings(const BrokerSettings& settings) {
  GroupSettings out;
  out.session_timeout_min = settings.limits.session_timeout_min;
  out.session_timeout_max = settings.limits.session_timeout_max;
  out.initial_rebalance_delay = settings.initial_rebalance_delay;
  out.groups_max = settings.limits.groups_max;
  out.members_a_group_max = settings.limits.members_a_group_max;
  out.member_metadata_bytes_max = settings.limits.group_metadata_bytes_max;
  out.offset_metadata_bytes_max = settings.limits.offset_metadata_bytes_max;
  return out;
}

// 22 characters, as Kafka's; made once for a data directory.
Result<std::string> cluster_id(FileSystem& files, const std::string& path, Random& random) {
  ANTIPHON_TRY(exists, files.exists(path));
  if (exists) {
    ANTIPHON_TRY(read, read_checked_text(files, path));
    if (read.whole) return read.text;
    logging::error("a file is damaged: the cluster has another id from now on", {{"problem", read.problem}});
  }
  log::TopicId id;
  for (std::size_t half = 0; half < 2; ++half) {
    const std::uint64_t word = random.next();
    std::memcpy(id.bytes.data() + half * sizeof word, &word, sizeof word);
  }
  std::string text = log::to_text(id);
  ANTIPHON_TRY_VOID(write_checked_text(files, path, text));
  return text;
}

class Core final : public BrokerCore {
 public:
  Core(const BrokerSettings& settings, std::unique_ptr<log::Log> log, ProducerIds producer_ids,
       DynamicConfigs dynamic_configs, std::string cluster, UserStore users, const Clock& clock, Random& random,
       ResponseSink& sink, BrokerMetrics& metrics)
      : settings_(settings),
        group_settings_(group_settings(settings_)),
        log_(std::move(log)),
        producer_ids_(std::move(producer_ids)),
        dynamic_configs_(std::move(dynamic_configs)),
        clock_(clock),
        metrics_(metrics),
        offsets_topic_(*log_, sync_waiters_, clock),
        groups_(group_settings_, offsets_topic_, random),
        transactions_topic_(*log_, sync_waiters_, clock),
        markers_(*log_, sync_waiters_, clock, offsets_topic_, groups_),
        transactions_(transaction_settings_, transactions_topic_, markers_, [this] { return new_producer_id(); }),
        sasl_(settings_.security.sasl, std::move(users)),
        context_({settings_, *log_, clock, random, sink, metrics, sync_waiters_, fetches_, produces_, offsets_topic_,
                  groups_, producer_ids_, transactions_topic_, transactions_, markers_, sasl_, dynamic_configs_},
                 std::move(cluster)) {}

  Result<> load() {
    ANTIPHON_TRY_VOID(offsets_topic_.load_into(groups_, context_.now()));
    ANTIPHON_TRY_VOID(transactions_topic_.load_into(transactions_));
    transactions_.loaded(context_.now());
    forget_deleted_topics();
    // What had been decided before the start is carried out before anything is answered.
    while (sync_waiters_.size() > 0 && log_->syncer().run_once()) settle();
    ANTIPHON_TRY_VOID(own_topics_can_be_written());
    next_housekeeping_ = clock_.mono_now() + settings_.housekeeping_interval;
    publish_metrics();
    return {};
  }

  // A disk that failed while the start finished what was decided before.
  Result<> own_topics_can_be_written() {
    for (const std::string_view name : {kOffsetsTopic, kTransactionsTopic}) {
      const auto* meta = log_->topic(name);
      for (std::int32_t i = 0; meta != nullptr && i < meta->partition_count; ++i) {
        const log::Partition* partition = log_->partition(name, PartitionId(i));
        if (partition != nullptr && partition->failure() && partition->failure()->kind == ErrorKind::kIo)
          return Error(*partition->failure()).within(name);
      }
    }
    return {};
  }

  void advertise(HostPort where) override { context_.advertised = std::move(where); }
  log::Log& log() override { return *log_; }
  std::size_t user_count() const override { return sasl_.users().users().size(); }

  void handle(ReplyTo to, std::string_view host, RequestFrame frame) override;
  void disconnected(ConnectionId connection) override {
    fetches_.disconnected(connection);
    produces_.disconnected(connection);
    groups_.disconnected(connection, context_.now());
    sasl_.disconnected(connection);
  }

  void advance() override {
    const Instant now = context_.now();
    settle();
    if (transactions_.next_deadline() <= now.mono) transactions_.expire(now);
    if (groups_.next_deadline() <= now.mono) groups_.expire(now);
    if (produces_.next_deadline() <= now.mono) produces_.expire(context_, now.mono);
    if (next_housekeeping_ <= now.mono) {
      next_housekeeping_ = now.mono + settings_.housekeeping_interval;
      housekeeping();
    }
    wake_fetches();
    if (fetches_.next_deadline() <= now.mono) fetches_.expire(now.mono);
    if (sasl_.next_deadline() <= now.mono) sasl_.expire(now.mono, context_.sink);
    BrokerMetrics::set(metrics_.requests_waiting, fetches_.size() + produces_.size());
  }

  MonoTime next_deadline() const override {
    return std::min({groups_.next_deadline(), transactions_.next_deadline(), produces_.next_deadline(),
                     fetches_.next_deadline(), sasl_.next_deadline(), next_housekeeping_});
  }

  void housekeeping() override {
    for (const auto& gone : log_->apply_retention(clock_.wall_now())) {
      logging::info("a segment was deleted", {{"file", gone.file},
                                              {"first_offset", gone.first_offset},
                                              {"next_offset", gone.next_offset},
                                              {"bytes", gone.bytes},
                                              {"reason", gone.reason}});
    }
    transactions_.tidy(context_.now());
    groups_.forget_again();
    refresh_users();
    publish_metrics();
  }

  std::size_t waiting_for_disk() const override { return sync_waiters_.size(); }

  void release_waiting() override {
    fetches_.finish_all();
    sync_waiters_.fail_all();
    produces_.expire(context_, MonoTime::max());
  }

  Result<> close() override { return log_->close(); }

 private:
  void settle() {
    settled_.clear();
    log_->poll_completed(settled_);
    sync_waiters_.settle(settled_, context_.moved);
  }

  // A crash came between the deletion of a topic and that of its offsets: a topic of that name that is made later is
  // another one.
  void forget_deleted_topics() {
    if (!log_->recovery().damage.empty()) return;  // a damaged topic is not a deleted one
    for (const std::string& topic : groups_.topics_with_offsets()) {
      if (log_->topic(topic) != nullptr) continue;
      groups_.topic_deleted(topic, [topic](wire::ErrorCode error) {
        if (error == wire::ErrorCode::kNone) return;
        logging::warn("the offsets of a deleted topic could not be deleted; the next start tries again",
                      {{"topic", topic}, {"error", wire::to_string(error)}});
      });
    }
  }

  std::optional<ProducerId> new_producer_id() {
    auto id = producer_ids_.next();
    if (id) return *id;
    logging::error("a block of producer ids could not be made durable", {{"error", id.error().message}});
    return std::nullopt;
  }

  void refresh_users() {
    const auto changed = sasl_.users().refresh();
    if (!changed) {
      if (!std::exchange(users_unreadable_, true))
        logging::warn("the users file is not taken, what was known stays", {{"error", changed.error().message}});
      return;
    }
    users_unreadable_ = false;
    if (*changed) logging::info("the users file was read again", {{"users", sasl_.users().users().size()}});
  }

  void wake_fetches() {
    for (std::size_t round = 0; !context_.moved.empty() && round < kSettleRoundsMax; ++round) {
      std::vector<PartitionKey> moved = std::exchange(context_.moved, {});
      if (fetches_.size() == 0) continue;
      std::sort(moved.begin(), moved.end());
      moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
      for (const auto& partition : moved) fetches_.moved(partition);
    }
  }

  void publish_metrics() {
    const auto log_metrics = log_->metrics();
    BrokerMetrics::set(metrics_.journal_bytes, log_metrics.journaled_bytes);
    std::uint64_t partitions = 0;
    const auto topics = log_->topics();
    for (const auto* topic : topics) partitions += static_cast<std::uint64_t>(topic->partition_count);
    BrokerMetrics::set(metrics_.topics, topics.size());
    BrokerMetrics::set(metrics_.partitions, partitions);
    BrokerMetrics::set(metrics_.groups, groups_.group_count());
    publish_transactions();
    publish_compaction(log_metrics);
  }

  void publish_transactions() {
    const OpenTransactions open = transactions_.open();
    const std::int64_t age_ms = open.count == 0 ? 0 : to_unix_ms(clock_.wall_now()) - open.oldest_start_ms;
    BrokerMetrics::set(metrics_.transactions_open, open.count);
    BrokerMetrics::set(metrics_.transactions_oldest_age_s,
                       static_cast<std::uint64_t>(std::max<std::int64_t>(age_ms, 0)) / 1'000);
    const TransactionCounts& counts = transactions_.counts();
    BrokerMetrics::set(metrics_.transactions_committed, counts.committed);
    BrokerMetrics::set(metrics_.transactions_aborted, counts.aborted);
    BrokerMetrics::set(metrics_.transactions_timed_out, counts.timed_out);
    BrokerMetrics::set(metrics_.producers_fenced_by_epoch, counts.fenced);
  }

  void publish_compaction(const log::LogMetrics& from) {
    BrokerMetrics::set(metrics_.compaction_passes, from.compaction_passes);
    BrokerMetrics::set(metrics_.compaction_last_pass_ms, static_cast<std::uint64_t>(from.compaction_last_pass_ms));
    BrokerMetrics::set(metrics_.compaction_bytes_read, from.compaction_bytes_read);
    BrokerMetrics::set(metrics_.compaction_bytes_removed, from.compaction_bytes_removed);
    BrokerMetrics::set(metrics_.compaction_records_removed, from.compaction_records_removed);
    BrokerMetrics::set(metrics_.compaction_left_alone, from.compaction_left_alone);
    BrokerMetrics::set(metrics_.compaction_dirty_percent_max,
                       static_cast<std::uint64_t>(from.compaction_dirty_ratio_max * 100));
  }

  const BrokerSettings settings_;
  const GroupSettings group_settings_;
  const TransactionSettings transaction_settings_{};
  std::unique_ptr<log::Log> log_;
  ProducerIds producer_ids_;
  DynamicConfigs dynamic_configs_;
  const Clock& clock_;
  BrokerMetrics& metrics_;
  SyncWaiters sync_waiters_;
  FetchPurgatory fetches_;
  DelayedProduces produces_;
  OffsetsTopic offsets_topic_;
  GroupCoordinator groups_;
  TransactionsTopic transactions_topic_;
  PartitionMarkers markers_;
  TransactionCoordinator transactions_;
  SaslGate sasl_;
  BrokerContext context_;
  std::vector<log::SettledTicket> settled_;
  MonoTime next_housekeeping_;
  bool users_unreadable_ = false;  // told already
};

void Core::handle(ReplyTo to, std::string_view host, RequestFrame frame) {
  if (sasl_.expects_raw_token(to.connection)) return take_raw_sasl_token(context_, to, host, frame.bytes);
  Request request;
  request.reply_to = to;
  request.client_host = host;
  request.frame = frame.bytes;
  request.owner = std::move(frame.owner);
  wire::Reader in(frame.bytes);
  wire::read(in, request.header);
  if (!in.ok()) return context_.refuse(request, in.error("request header").message);
  request.body = ByteView(frame.bytes).subspan(in.position());
  metrics_.count_request(request.header.api_key);

  const HandledApi* api = find_handled(request.header.api_key);
  if (api == nullptr) return context_.refuse(request, "an API that this broker does not have");
  if (!sasl_.may_ask(to.connection, api->key)) return context_.refuse(request, "the client has not said who it is");
  // An unknown version of ApiVersions is answered: it is how a client finds out.
  const bool asks_for_versions = api->key == wire::ApiKey::kApiVersions;
  if (!asks_for_versions && !api->versions.contains(request.header.api_version)) {
    return context_.refuse(request, "a version that this broker does not have");
  }
  api->handler(context_, request);
}

// A start that the disk ended: the message of the file, and what its reader can do.
Error with_advice(Error error) {
  if (error.kind == ErrorKind::kIo) {
    error.message +=
        "; nothing was served: look after the disk (room, permissions, the kernel's log), then start the broker again";
  }
  return error;
}

Result<std::unique_ptr<BrokerCore>> open_core(const BrokerSettings& settings, FileSystem& files, const Clock& clock,
                                              Random& random, ResponseSink& sink, BrokerMetrics& metrics) {
  ANTIPHON_TRY_VOID(settings.validate());
  ANTIPHON_TRY_VOID(files.make_directories(settings.data_dir));
  ANTIPHON_TRY(log, log::Log::open(log_settings(settings), files, clock, random));
  ANTIPHON_TRY(cluster, cluster_id(files, settings.data_dir + "/cluster.id", random));
  ANTIPHON_TRY(producer_ids, ProducerIds::open(files, settings.data_dir + "/producer.ids", clock.wall_now()));
  ANTIPHON_TRY(dynamic_configs, DynamicConfigs::open(files, settings.data_dir + "/dynamic.configs"));
  ANTIPHON_TRY(users, UserStore::open(files, users_file(settings.data_dir), random));
  auto core = std::make_unique<Core>(settings, std::move(log), std::move(producer_ids), std::move(dynamic_configs),
                                     std::move(cluster), std::move(users), clock, random, sink, metrics);
  ANTIPHON_TRY_VOID(core->load());
  return std::unique_ptr<BrokerCore>(std::move(core));
}

}  // namespace

Result<std::unique_ptr<BrokerCore>> BrokerCore::open(const BrokerSettings& settings, FileSystem& files,
                                                     const Clock& clock, Random& random, ResponseSink& sink,
                                                     BrokerMetrics& metrics) {
  auto opened = open_core(settings, files, clock, random, sink, metrics);
  if (!opened) return with_advice(std::move(opened).error());
  return opened;
}

}  // namespace antiphon::kafka::broker
