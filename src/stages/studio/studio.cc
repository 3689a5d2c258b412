#include "stages/studio/studio.h"

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <array>

#include "adapters/bus/admin.h"
#include "adapters/bus/baton.h"
#include "adapters/http/static_files.h"
#include "adapters/http/status_server.h"
#include "adapters/http/tls.h"
#include "core/logging.h"
#include "stages/studio/api.h"
#include "stages/studio/claim.h"
#include "stages/studio/loader.h"
#include "stages/studio/writer.h"

namespace antiphon::studio {
namespace {

constexpr std::chrono::milliseconds kWriteBehindMax{100};
constexpr std::chrono::milliseconds kAnswerTimeMax{9'000};  // requests under way when asked to stop
constexpr std::chrono::milliseconds kFlushTimeMax{9'000};
constexpr std::chrono::milliseconds kWatch{1'000};
constexpr std::chrono::milliseconds kTryAgain{500};
constexpr std::chrono::milliseconds kStandbySaid{1'000};  // after so long without the baton another one serves
constexpr std::chrono::milliseconds kFeedFetchWait{10'000};
constexpr std::chrono::milliseconds kReachTimeMax{2'000};
constexpr std::size_t kQueueHeadroomBytes = 32U << 20;  // of the producer, for prompt-state beside the recordings

// One run from start to stop: the parts in the order in which they need one another.
class Run {
 public:
  Run(const StudioSettings& settings, events::Topics topics, StopToken stop, Health& health,
      prometheus::Registry& registry)
      : settings_(settings),
        topics_(std::move(topics)),
        stop_(std::move(stop)),
        health_(health),
        registry_(registry),
        metrics_(registry) {
    connection_ = settings_.kafka;
    connection_.client_id = topics_.client_id("studio", settings_.slot.empty() ? "0" : settings_.slot);
  }

  Result<> serve(const std::function<void(std::uint16_t)>& on_listening) {
    ANTIPHON_TRY(producer, bus::Producer::create(
                               connection_, {.queue_bytes_max = settings_.in_flight_bytes_max + kQueueHeadroomBytes}));
    producer_ = std::move(producer);
    desk_ = std::make_unique<Desk>(desk_settings(), *producer_, clock_, random_, metrics_);
    own_partitions();
    api_ = std::make_unique<Api>(*desk_);
    ANTIPHON_TRY_VOID(listen());
    on_listening(server_->port());
    const Result<> result = load_and_watch();
    const Result<> ended = end();
    if (!result && result.error().kind != ErrorKind::kCancelled) return result;
    return ended;
  }

 private:
  DeskSettings desk_settings() const {
    DeskSettings desk;
    desk.topics = topics_;
    desk.partitions = settings_.partitions;
    desk.rules.duration = settings_.lease;
    desk.rules.skips_until_parked = static_cast<std::size_t>(settings_.skips_until_parked);
    desk.receipt_time_max = settings_.receipt_time_max;
    desk.in_flight_bytes_max = settings_.in_flight_bytes_max;
    desk.serves = [this] { return serving_ && baton_->held(); };
    return desk;
  }

  // All of them: with several studios this becomes what the group assigns.
  void own_partitions() {
    desk_->with_leases([this](Leases& leases) {
      for (std::int32_t p = 0; p < settings_.partitions; ++p) leases.own(PartitionId(p));
    });
  }

  Result<> listen() {
    http::Routes routes;
    http::add_status_routes(routes, health_, registry_, settings_.version);
    api_->add_to(routes);
    if (!settings_.web_dir.empty()) {
      auto files = http::StaticFiles::load(settings_.web_dir);
      if (!files) return make_error(ErrorKind::kConfig, "the page's files: " + files.error().message);
      routes.set_fallback(
          [page = std::make_shared<http::StaticFiles>(*std::move(files))](
              const http::Request& request, const http::Responder& to) { to.answer(page->serve(request)); });
    }
    http::ServerSettings http;
    http.host = settings_.http_host;
    http.port = settings_.http_port;
    http.io_threads = 2;  // a large upload is hashed on one of them
    http.limits.requests_per_second_and_address = settings_.requests_per_second_and_address;
    http.limits.loopback_exempt = settings_.loopback_exempt;
    http.metrics = &registry_;
    std::shared_ptr<http::Transport> transport;
    if (!settings_.tls_certificate.empty()) {
      ANTIPHON_TRY(tls, http::make_tls_transport(settings_.tls_certificate, settings_.tls_key));
      transport = std::move(tls);
    } else if (!http::is_loopback(settings_.http_host)) {
      logging::warn(
          "browsers give the microphone to https and localhost only: people elsewhere cannot record; use --lan or "
          "--tls CERT,KEY",
          {{"host", settings_.http_host}});
    }
    ANTIPHON_TRY(server, http::Server::start(std::move(http), std::move(routes), std::move(transport)));
    server_ = std::move(server);
    return {};
  }

  Result<> load_and_watch() {
    ANTIPHON_TRY_VOID(again_while_kafka_is_away([this] { return join(); }));
    ANTIPHON_TRY_VOID(wait_for_baton());
    losses_ = baton_->losses();
    ANTIPHON_TRY_VOID(again_while_kafka_is_away([this] { return start_from_topics(); }));
    serving_ = true;
    writer_ = std::make_unique<Writer>(*desk_, metrics_, settings_.write_behind);
    api_->open(*feed_);
    health_.set_ready();
    logging::info("the studio is ready", {{"host", settings_.http_host}, {"port", server_->port()}});
    while (!stop_.wait_for(kWatch)) ANTIPHON_TRY_VOID(look_around());
    return {};
  }

  Result<> look_around() {
    if (auto failure = baton_->failure()) return *std::move(failure);
    if (baton_->losses() != losses_)
      return make_error(ErrorKind::kUnavailable, "another studio serves this namespace now; a new start stands by");
    if (desk_->outcome_lost() || producer_->fatal()) {
      return make_error(ErrorKind::kUnavailable,
                        "Kafka's client lost track of what it sent; a new start reads what the log holds");
    }
    if (auto failure = feed_->failure()) return *std::move(failure);
    return {};
  }

  Result<> again_while_kafka_is_away(const std::function<Result<>()>& attempt) {
    while (true) {
      const Result<> done = attempt();
      if (done) break;
      if (done.error().kind != ErrorKind::kUnavailable) return done;
      health_.set_problem("kafka", done.error().message);
      if (stop_.wait_for(kTryAgain)) return stopped();
    }
    health_.set_problem("kafka", "");
    return {};
  }

  Result<> join() {
    ANTIPHON_TRY_VOID(bus::wait_until_reachable(connection_, kReachTimeMax));
    ANTIPHON_TRY(admin, bus::Admin::create(connection_));
    ANTIPHON_TRY_VOID(bus::ensure_topics(*admin, topics_.specs(settings_.partitions), settings_.replication,
                                         settings_.kafka_time_max));
    bus::BatonSettings group;
    group.group_id = topics_.name_space() + ".studio";
    group.topic = topics_.corpus_state();  // of one partition: a group could share several between two studios
    if (!settings_.slot.empty()) group.instance_id = connection_.client_id;
    ANTIPHON_TRY(baton, bus::Baton::join(connection_, group, clock_, [this] {
                   const std::lock_guard lock(mutex_);
                   baton_changed_.notify_all();
                 }));
    baton_ = std::move(baton);
    return {};
  }

  Result<> wait_for_baton() {
    const WhenStopped ends_the_wait(stop_, [this] {
      const std::lock_guard lock(mutex_);
      baton_changed_.notify_all();
    });
    const auto over = [this] { return stop_.stop_requested() || baton_->failure() || baton_->held(); };
    std::unique_lock lock(mutex_);
    if (!baton_changed_.wait_for(lock, kStandbySaid, over)) {
      logging::info("standing by: another studio serves, or died and is given time",
                    {{"namespace", settings_.name_space}});
      health_.set_problem("standby",
                          "another studio serves this namespace (or died a moment ago); this one takes over from it");
      baton_changed_.wait(lock, over);
    }
    lock.unlock();
    if (stop_.stop_requested()) return stopped();
    if (auto failure = baton_->failure()) return *std::move(failure);
    health_.set_problem("standby", "");
    return {};
  }

  static Error stopped() { return make_error(ErrorKind::kCancelled, "asked to stop before it served"); }

  // Nothing has been granted or taken before this has succeeded, so it may be tried again from its beginning.
  Result<> start_from_topics() {
    const LoadSettings load_settings{topics_, settings_.partitions, connection_.client_id, settings_.kafka_time_max};
    const MakeReader make_reader = [this] { return bus::PartitionReader::create(connection_); };
    ANTIPHON_TRY(next, load(load_settings, *producer_, make_reader, *desk_, clock_, random_, metrics_, stop_));
    ANTIPHON_TRY(reader, bus::PartitionReader::create(connection_, {.fetch_wait = kFeedFetchWait}));
    feed_ = std::make_unique<PromptFeed>(topics_.prompts(), std::move(reader), std::move(next), *desk_, clock_, health_,
                                         metrics_);
    return feed_->start();
  }

  // Requests first, then what they sent, then what must be known of it.
  Result<> end() {
    health_.set_stopping();
    const bool answered = server_->stop(kAnswerTimeMax);
    api_->close();
    feed_.reset();
    const bool sent = producer_->flush(kFlushTimeMax);
    writer_.reset();
    const bool written = producer_->flush(kFlushTimeMax);
    baton_.reset();  // a successor may begin
    logging::info("the studio has ended", {{"all_answered", answered}, {"all_sent", sent && written}});
    if (sent && written) return {};
    return make_error(
        ErrorKind::kUnavailable,
        "Kafka did not take everything before the end; what was not answered 201 is sent again by its page");
  }

  const StudioSettings& settings_;
  const events::Topics topics_;
  const StopToken stop_;
  Health& health_;
  prometheus::Registry& registry_;
  bus::Connection connection_;
  SystemClock clock_;
  SystemRandom random_;
  StudioMetrics metrics_;
  std::mutex mutex_;
  std::condition_variable baton_changed_;
  std::unique_ptr<bus::Baton> baton_;
  std::uint64_t losses_ = 0;          // of the baton, when this studio began to serve
  std::atomic<bool> serving_{false};  // set once baton_ is there
  std::unique_ptr<Desk> desk_;        // outlives whoever calls it: the producer's callbacks too
  std::unique_ptr<Api> api_;
  std::unique_ptr<bus::Producer> producer_;
  std::unique_ptr<PromptFeed> feed_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<http::Server> server_;
};

Error wrong(std::string message) { return make_error(ErrorKind::kUsage, std::move(message)); }

}  // namespace

Result<> StudioSettings::validate() const {
  ANTIPHON_TRY_VOID(kafka.validate());
  if (partitions < 1 || partitions > events::kPartitionsMax) {
    return wrong(fmt::format("partitions is 1 to {}, not {}", events::kPartitionsMax, partitions));
  }
  if (tls_certificate.empty() != tls_key.empty()) return wrong("TLS needs a certificate and its key");
  if (!peer.empty() && !is_peer_url(peer))
    return wrong(fmt::format("peer is http(s)://HOST[:PORT] with nothing behind it, not '{}'", peer));
  if (lease < std::chrono::seconds{1} || lease > std::chrono::hours{24 * 7})
    return wrong("a lease lasts from a second to a week");
  if (write_behind < std::chrono::milliseconds{1} || write_behind > kWriteBehindMax)
    return wrong("write_behind is 1 to 100 ms");
  if (!slot.empty() && !events::is_target_name(slot)) return wrong("a slot is lower-case letters, digits and hyphens");
  if (skips_until_parked < 1) return wrong("skips_until_parked is 1 or more");
  if (in_flight_bytes_max < events::kAudioBytesMax)
    return wrong("in_flight_bytes_max must hold one recording at least (4 MiB)");
  return {};
}

std::string StudioSettings::peer_url(std::uint16_t port) const {
  if (!peer.empty()) return peer;
  std::string host = http_host;
  if (host.empty() || host == "0.0.0.0" || host == "::") {
    std::array<char, 256> name{};
    host = gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
  }
  if (host.find(':') != std::string::npos) host = fmt::format("[{}]", host);
  return fmt::format("{}://{}:{}", tls_certificate.empty() ? "http" : "https", host, port);
}

Result<> run_studio(const StudioSettings& settings, StopToken stop, Health& health, prometheus::Registry& registry,
                    const std::function<void(std::uint16_t port)>& on_listening) {
  ANTIPHON_TRY_VOID(settings.validate());
  ANTIPHON_TRY(topics, events::Topics::in(settings.name_space));
  return Run(settings, std::move(topics), std::move(stop), health, registry).serve(on_listening);
}

}  // namespace antiphon::studio
