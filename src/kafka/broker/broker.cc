#include "kafka/broker/broker.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/logging.h"
#include "kafka/broker/core/broker_core.h"
#include "kafka/broker/core/topic_configs.h"
#include "kafka/broker/net/reactor.h"

namespace antiphon::kafka::broker {
namespace {

// The journal's syncer, measured.
class SyncerLoop {
 public:
  SyncerLoop(log::JournalSyncer& syncer, BrokerMetrics& metrics)
      : syncer_(syncer), metrics_(metrics), thread_([this] { run(); }) {}
  ~SyncerLoop() {
    stop_ = true;
    syncer_.wake();
    thread_.join();
  }
  SyncerLoop(const SyncerLoop&) = delete;
  SyncerLoop& operator=(const SyncerLoop&) = delete;

 private:
  void run() {
    while (true) {
      const auto began = std::chrono::steady_clock::now();
      if (syncer_.run_once()) {
        const auto took = std::chrono::steady_clock::now() - began;
        BrokerMetrics::add(metrics_.journal_sync_ns,
                           static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count()));
        BrokerMetrics::add(metrics_.journal_syncs, 1);  // groups settled; each is one sync of the journal
        continue;
      }
      if (stop_) return;  // only when nothing is queued
      syncer_.wait(std::chrono::milliseconds(1'000));
    }
  }

  log::JournalSyncer& syncer_;
  BrokerMetrics& metrics_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// Runs the log's background jobs, one at a time. submit() and take_done() belong to the reactor's thread.
class JobRunner {
 public:
  explicit JobRunner(std::function<void()> on_done) : on_done_(std::move(on_done)), thread_([this] { run(); }) {}
  ~JobRunner() { stop(); }
  // Waits for the job under way.
  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  void submit(std::unique_ptr<log::BackgroundJob> job) {
    {
      const std::lock_guard lock(mutex_);
      job_ = std::move(job);
    }
    changed_.notify_one();
  }
  std::unique_ptr<log::BackgroundJob> take_done() {
    const std::lock_guard lock(mutex_);
    return std::move(done_);
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stop_ || job_ != nullptr; });
      if (job_ == nullptr) return;
      auto job = std::move(job_);
      lock.unlock();
      job->run();
      lock.lock();
      done_ = std::move(job);
      on_done_();
    }
  }

  std::function<void()> on_done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<log::BackgroundJob> job_;
  std::unique_ptr<log::BackgroundJob> done_;
  bool stop_ = false;
  std::thread thread_;
};

void report_recovery(const log::RecoveryReport& report) {
  for (const auto& notice : report.notices) logging::info("recovery", {{"notice", notice}});
  for (const auto& damage : report.damage)
    logging::error("acknowledged bytes are damaged; the partition is isolated", {{"damage", damage}});
}

// So that nobody can make one of them in another shape before their owner does.
Result<> make_topics(const std::vector<TopicSpec>& topics, log::Log& log) {
  for (const TopicSpec& topic : topics) {
    if (log.topic(topic.name) != nullptr) continue;
    for (const auto& [name, value] : topic.config) ANTIPHON_TRY_VOID(check_topic_config(name, value));
    log::TopicConfig config(topic.config.begin(), topic.config.end());
    ANTIPHON_TRY(made, log.create_topic(topic.name, topic.partitions, std::move(config)));
    logging::info("topic created", {{"topic", made.name}, {"partitions", topic.partitions}});
  }
  return {};
}

void warn_of_open_doors(const BrokerSettings& settings, const BrokerCore& core) {
  const SecuritySettings& security = settings.security;
  if (!security.sasl.empty() && core.user_count() == 0) {
    logging::warn(
        "clients are asked who they are, and there is no user yet; make one: antiphon broker --data DIR --add-user "
        "NAME",
        {{"data", settings.data_dir}});
  }
  if (is_loopback(settings.listen_host)) return;
  const bool asks =
      !security.sasl.empty() || (security.tls && security.tls->client_certificates == ClientCertificates::kRequired);
  if (!asks) {
    logging::warn(
        "whoever reaches this address can read, write and delete everything; ask clients who they are: --kafka-sasl, "
        "or --kafka-client-ca with --kafka-tls",
        {{"host", settings.listen_host}, {"security", security.protocol()}});
  } else if (!security.tls) {
    logging::warn(
        "what clients send and read, and the passwords of PLAIN, can be read on the network; encrypt it: --kafka-tls "
        "CERT,KEY",
        {{"host", settings.listen_host}, {"security", security.protocol()}});
  }
}

// Everything between a recovered log and a closed one.
Result<> serve(const BrokerSettings& settings, StopToken stop, Health& health, BrokerMetrics& metrics, Reactor& reactor,
               BrokerCore& core, const std::function<void(const std::string&, std::uint16_t)>& on_ready) {
  core.log().syncer().on_settled([&reactor] { reactor.wake(); });
  {
    const SyncerLoop syncer(core.log().syncer(), metrics);
    JobRunner jobs([&reactor] { reactor.wake(); });
    const auto finish_job = [&] {
      if (auto done = jobs.take_done()) core.log().finish_job(std::move(done));
    };
    ANTIPHON_TRY(port, reactor.listen());
    HostPort advertised = settings.advertise.value_or(HostPort{settings.listen_host, port});
    if (advertised.port == 0) advertised.port = port;
    core.advertise(advertised);
    if (advertised.host == "0.0.0.0" || advertised.host == "::") {
      logging::warn(
          "clients on other machines are told an address that leads them to themselves; listen on this machine's own "
          "address (--kafka HOST:PORT), or name it with --advertise HOST:PORT",
          {{"host", advertised.host}, {"port", advertised.port}});
    }
    warn_of_open_doors(settings, core);
    health.set_ready();
    logging::info("the broker takes connections",
                  {{"host", advertised.host}, {"port", advertised.port}, {"security", settings.security.protocol()}});
    if (on_ready) on_ready(advertised.host, advertised.port);

    bool told_failure = false;
    ANTIPHON_TRY_VOID(reactor.run(core, stop, [&] {
      finish_job();
      if (core.log().job_due()) {
        if (auto job = core.log().begin_job()) jobs.submit(std::move(job));
      }
      if (!told_failure && core.log().failure()) {
        told_failure = true;
        health.set_problem("journal", core.log().failure()->message);
        logging::error("the journal failed: acks=all is refused until the next start",
                       {{"error", core.log().failure()->message}});
      }
    }));
    health.set_stopping();
    reactor.drain(core);
    jobs.stop();
    finish_job();
  }
  return core.close();
}

}  // namespace

Result<> run_broker(const BrokerSettings& settings, StopToken stop, Health& health,
                    std::function<void(const std::string& host, std::uint16_t port)> on_ready, BrokerMetrics* metrics) {
  ANTIPHON_TRY_VOID(settings.validate());
  PosixFileSystem files;
  SystemClock clock;
  SystemRandom random;
  BrokerMetrics own_metrics;
  BrokerMetrics& counted = metrics != nullptr ? *metrics : own_metrics;
  ANTIPHON_TRY(reactor, Reactor::make(settings, clock, counted));
  ANTIPHON_TRY(core, BrokerCore::open(settings, files, clock, random, *reactor, counted));
  report_recovery(core->log().recovery());
  ANTIPHON_TRY_VOID(make_topics(settings.topics, core->log()));
  return serve(settings, stop, health, counted, *reactor, *core, on_ready);
}

}  // namespace antiphon::kafka::broker
