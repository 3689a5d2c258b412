#include "stages/studio/studio.h"

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <array>

#include "adapters/bus/admin.h"
#include "adapters/bus/shares.h"
#include "adapters/http/static_files.h"
#include "adapters/http/status_server.h"
#include "adapters/http/tls.h"
#include "core/logging.h"
#include "core/uuid.h"
#include "stages/studio/api.h"
#include "stages/studio/claim.h"
#include "stages/studio/loader.h"
#include "stages/studio/ownership.h"
#include "stages/studio/state_log.h"
#include "stages/studio/writer.h"

namespace antiphon::studio {
namespace {

constexpr std::chrono::milliseconds kWriteBehindMax{100};
constexpr std::chrono::milliseconds kAnswerTimeMax{9'000};  // requests under way when asked to stop
constexpr std::chrono::milliseconds kFlushTimeMax{9'000};
constexpr std::chrono::milliseconds kTryAgain{500};
constexpr std::chrono::milliseconds kFeedFetchWait{10'000};
constexpr std::chrono::milliseconds kLoadFetchWait{20};  // an end without a record is known so late
constexpr std::chrono::milliseconds kReachTimeMax{2'000};
constexpr std::chrono::milliseconds kLookTimeMax{2'000};  // for the owners of partitions
constexpr std::size_t kQueueHeadroomBytes = 32U << 20;    // of the producer, for prompt-state beside the recordings

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
    ANTIPHON_TRY(client, http::Client::start({.ca_file = settings_.peer_ca}));
    client_ = std::move(client);
    peers_ = std::make_unique<Peers>(
        PeersSettings{.token = token_, .partitions = settings_.partitions}, *client_, [this] { return look(); },
        metrics_);
    api_ = std::make_unique<Api>(*desk_, peers_.get());
    ANTIPHON_TRY_VOID(listen());
    on_listening(server_->port());
    Result<> result = share();
    Result<> ended = end();
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
    desk.sure = [this] { return joined_ && shares_->sure(); };
    return desk;
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
    http.pass_header = kPeerHeader;
    http.pass_value = token_;
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

  Result<> share() {
    ANTIPHON_TRY_VOID(again_while_kafka_is_away([this] { return find_topics(); }));
    ANTIPHON_TRY_VOID(join());
    Loader loader({topics_, connection_.client_id, settings_.kafka_time_max}, loader_parts(), *desk_, clock_,
                  loader_random_, metrics_);
    writer_ = std::make_unique<Writer>(
        *desk_, [this](const std::vector<StateChange>& changes) { return log_->write(changes); }, health_, metrics_,
        settings_.write_behind);
    api_->open(*feed_);
    logging::info("the studio has joined the others", {{"host", settings_.http_host}, {"port", server_->port()}});
    Result<> served = ownership_->serve(parts(loader), stop_, [this] { return look_around(); });
    answered_ = end_requests();
    shares_->leave();  // while all is there that it gives up with
    return served;
  }

  LoaderParts loader_parts() {
    return {
        .take_over = [this](const auto& notes, const auto& marker,
                            const auto& cancelled) { return log_->take_over(notes, marker, cancelled); },
        .make_reader =
            [this](bus::ReaderSettings reader) {
              reader.fetch_wait = kLoadFetchWait;
              return bus::PartitionReader::create(connection_, reader);
            },
        .true_ends = [this](const auto& partitions,
                            const auto& cancelled) { return bus::true_ends(connection_, partitions, cancelled); },
    };
  }

  Ownership::Parts parts(Loader& loader) {
    Ownership::Parts parts{
        .load = [&loader](const auto& notes, const auto& cancelled) { return loader.load(notes, cancelled); },
        .keep_warm = nullptr,
        .read_back = [&loader](PartitionId partition, Gap gap,
                               const auto& cancelled) { return loader.read_back(partition, gap, cancelled); },
        .flush = [this] { return writer_->flush(); },
        .follow = [this](const auto& from) { feed_->follow(from); },
        .leave = [this](const auto& partitions) { feed_->leave(partitions); },
        .recordings_ends = [this](const auto& partitions) { return recordings_ends(partitions); },
    };
    if (settings_.warm) {
      parts.keep_warm = [&loader](const auto& partitions, const auto& cancelled) {
        return loader.keep_warm(partitions, cancelled);
      };
    }
    return parts;
  }

  Result<std::map<PartitionId, Offset>> recordings_ends(const std::set<PartitionId>& partitions) {
    if (!ends_reader_) {
      ANTIPHON_TRY(reader, bus::PartitionReader::create(connection_, {.asks_only = true}));
      ends_reader_ = std::move(reader);
    }
    std::map<PartitionId, Offset> ends;
    for (const PartitionId partition : partitions) {
      ANTIPHON_TRY(range, ends_reader_->offsets({topics_.recordings(), partition}, kLookTimeMax));
      ends[partition] = range.end;
    }
    return ends;
  }

  Result<> look_around() {
    if (auto failure = shares_->failure()) return *std::move(failure);
    if (desk_->outcome_lost() || producer_->fatal()) {
      return make_error(ErrorKind::kUnavailable,
                        "Kafka's client lost track of what it sent; a new start reads what the log holds");
    }
    if (auto failure = feed_->failure()) return *std::move(failure);
    shares_->advance(feed_->next());
    return {};
  }

  Result<> again_while_kafka_is_away(const std::function<Result<>()>& attempt) {
    while (true) {
      Result<> done = attempt();
      if (done) break;
      if (done.error().kind != ErrorKind::kUnavailable) return done;
      health_.set_problem("kafka", done.error().message);
      if (stop_.wait_for(kTryAgain)) return stopped();
    }
    health_.set_problem("kafka", "");
    return {};
  }

  Result<> find_topics() {
    ANTIPHON_TRY_VOID(bus::wait_until_reachable(connection_, kReachTimeMax));
    ANTIPHON_TRY(admin, bus::Admin::create(connection_));
    return bus::ensure_topics(*admin, topics_.specs(settings_.partitions), settings_.replication,
                              settings_.kafka_time_max);
  }

  Result<> join() {
    // Without a slot there may be several of one name: each writes under an id of its own.
    const std::string writer = settings_.slot.empty() ? connection_.client_id + "." + token_ : connection_.client_id;
    const Claim claim{settings_.peer_url(server_->port()), token_, writer, false};
    Claim left = claim;
    left.released = true;
    feed_ = std::make_unique<PromptFeed>(
        topics_.prompts(), [this] { return bus::PartitionReader::create(connection_, {.fetch_wait = kFeedFetchWait}); },
        *desk_, clock_, health_, metrics_);
    ownership_ = std::make_unique<Ownership>(*desk_, health_);
    bus::ShareSettings group;
    group.group_id = group_id();
    group.topic = topics_.prompts();
    if (!settings_.slot.empty()) group.instance_id = connection_.client_id;
    group.note = to_string(claim);
    group.note_left = to_string(left);
    ANTIPHON_TRY(shares, bus::Shares::join(connection_, group, clock_, *ownership_));
    shares_ = std::move(shares);
    log_ = std::make_unique<StateLog>(StateLogSettings{topics_, claim}, connection_, *shares_);
    joined_ = true;
    return {};
  }

  // The others' claims, as the group keeps them. On the peers' thread alone.
  Result<std::map<PartitionId, std::string>> look() {
    if (!asker_) {
      ANTIPHON_TRY(asker, bus::Admin::create(connection_));
      asker_ = std::move(asker);
    }
    std::vector<bus::TopicPartition> partitions;
    partitions.reserve(static_cast<std::size_t>(settings_.partitions));
    for (std::int32_t p = 0; p < settings_.partitions; ++p) partitions.push_back({topics_.prompts(), PartitionId(p)});
    ANTIPHON_TRY(committed, asker_->committed(group_id(), partitions, kLookTimeMax));
    std::map<PartitionId, std::string> claims;
    for (const auto& [partition, at] : committed) claims[partition.partition] = at.metadata;
    return claims;
  }

  [[nodiscard]] std::string group_id() const { return topics_.name_space() + ".studio"; }

  static Error stopped() { return make_error(ErrorKind::kCancelled, "asked to stop before it served"); }

  // Requests first, then what they sent, then what must be known of it: shares_->leave() writes that.
  bool end_requests() {
    health_.set_stopping();
    const bool answered = server_->stop(kAnswerTimeMax);
    peers_->stop();
    api_->close();
    return answered && producer_->flush(kFlushTimeMax);
  }

  Result<> end() {
    if (!answered_) answered_ = end_requests();
    const bool unwritten = desk_->with_leases([](Leases& leases) { return leases.has_changes(); });
    writer_.reset();
    feed_.reset();
    logging::info("the studio has ended", {{"all_sent", *answered_}, {"all_written", !unwritten}});
    if (*answered_ && !unwritten) return {};
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
  SystemRandom loader_random_;
  const std::string token_ = make_uuid_v4(loader_random_);  // opens this one's door to the others
  std::optional<bool> answered_;       // once the requests have ended: and all that they sent has an answer
  std::atomic<bool> joined_{false};    // set once shares_ is there
  std::unique_ptr<Desk> desk_;         // outlives whoever calls it: the producer's callbacks too
  std::unique_ptr<bus::Admin> asker_;  // the peers' thread's
  std::unique_ptr<bus::PartitionReader> ends_reader_;  // for recordings_ends()
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<bus::Producer> producer_;
  std::unique_ptr<PromptFeed> feed_;
  std::unique_ptr<Ownership> ownership_;
  std::unique_ptr<bus::Shares> shares_;
  std::unique_ptr<StateLog> log_;
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
