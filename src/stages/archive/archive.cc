#include "stages/archive/archive.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "adapters/blobs/blob_store.h"
#include "adapters/bus/admin.h"
#include "core/clock.h"
#include "core/logging.h"
#include "events/topics.h"
#include "stages/archive/archiver.h"

namespace antiphon::archive {
namespace {

constexpr std::chrono::milliseconds kAskTimeout{5'000};
constexpr std::chrono::milliseconds kAskAgain{500};
// What came in a compressed batch leaves in one: the client must take it, the topic's limit is for the compressed
// batch.
constexpr std::size_t kLetterBytesMax = 128U << 20;
constexpr std::size_t kLetterQueueBytesMax = 160U << 20;
constexpr std::chrono::milliseconds kGroupSessionTimeout{
    6'000};  // Kafka's least: how long the dead keep their partitions

// Again and again while the other side is away, said in `health`; any other error, and the end, come back.
Result<> wait_for(std::string component, const StopToken& stop, Health& health,
                  const std::function<Result<>()>& attempt) {
  bool said = false;
  for (;;) {
    auto outcome = attempt();
    const bool away =
        !outcome && (outcome.error().kind == ErrorKind::kUnavailable || outcome.error().kind == ErrorKind::kIo);
    if (!away) {
      health.set_problem(component, "");
      return outcome;
    }
    health.set_problem(component, fmt::format("{}; waiting", outcome.error().message));
    if (!said) logging::warn("waiting", {{"for", component}, {"detail", outcome.error().message}});
    said = true;
    if (stop.wait_for(kAskAgain)) return make_error(ErrorKind::kCancelled, "asked to stop");
  }
}

Result<> make_topics(const ArchiveSettings& settings, const bus::Connection& connection, const events::Topics& topics,
                     const std::string& target) {
  ANTIPHON_TRY(admin, bus::Admin::create(connection));
  std::vector<TopicSpec> wanted;
  for (auto& spec : topics.specs(settings.partitions)) {
    if (spec.name == topics.recordings()) wanted.push_back(std::move(spec));
  }
  wanted.push_back(events::Topics::dlq_spec(topics.recordings(), target, settings.partitions));
  return bus::ensure_topics(*admin, wanted, settings.replication, kAskTimeout);
}

Result<> consume(const ArchiveSettings& settings, const bus::Connection& connection, const events::Topics& topics,
                 const std::string& name, blobs::BlobStore& store, const StopToken& stop, Health& health,
                 prometheus::Registry& registry) {
  const SystemClock clock;
  Metrics metrics(registry, name);
  Outage outage(health, clock, fmt::format("archive {}", store.describe()));
  Keeper keeper(store);
  Storer storer(keeper, clock, outage, {settings.parallel, settings.retry_delay_min, settings.retry_delay_max});

  const std::string group = topics.group_id("archive", name);
  bus::Connection letters_connection = connection;
  letters_connection.properties.try_emplace("compression.type", "zstd");
  DeadLetters dead_letters(
      [letters_connection] {
        return bus::Producer::create(letters_connection,
                                     {.queue_bytes_max = kLetterQueueBytesMax, .record_bytes_max = kLetterBytesMax});
      },
      {fmt::format("archive.{}", name), group, settings.slot.empty() ? "0" : settings.slot}, clock);
  Archiver archiver(settings, {clock, health, metrics, outage, storer, dead_letters});

  bus::GroupSettings membership;
  membership.group_id = group;
  membership.topics = {topics.recordings()};
  membership.session_timeout = kGroupSessionTimeout;
  if (!settings.slot.empty()) membership.instance_id = connection.client_id;
  ANTIPHON_TRY(consumer, bus::GroupConsumer::create(connection, membership, archiver));
  logging::info("archive runs", {{"name", name}, {"group", group}, {"store", store.describe()}});
  health.set_ready();
  auto outcome = archiver.run(*consumer, stop);
  store.abandon();  // what still runs has had its time; nothing of it is committed
  return outcome;
}

Result<> prepare_and_consume(const ArchiveSettings& settings, const StopToken& stop, Health& health,
                             prometheus::Registry& registry) {
  ANTIPHON_TRY_VOID(settings.validate());
  ANTIPHON_TRY(topics, events::Topics::in(settings.name_space));
  ANTIPHON_TRY(name, settings.effective_name());
  ANTIPHON_TRY(store, blobs::open_store(settings.url));

  bus::Connection connection = settings.kafka;
  connection.client_id =
      topics.client_id("archive", settings.slot.empty() ? name : fmt::format("{}-{}", name, settings.slot));
  ANTIPHON_TRY_VOID(wait_for("kafka", stop, health, [&] {
    return make_topics(settings, connection, topics, fmt::format("archive.{}", name));
  }));
  ANTIPHON_TRY_VOID(wait_for(fmt::format("archive {}", store->describe()), stop, health,
                             [&] { return store->probe(blobs::Use::kWrite); }));
  return consume(settings, connection, topics, name, *store, stop, health, registry);
}

}  // namespace

Result<> run_archive(const ArchiveSettings& settings, const StopToken& stop, Health& health,
                     prometheus::Registry& registry) {
  auto outcome = prepare_and_consume(settings, stop, health, registry);
  health.set_stopping();
  if (!outcome && outcome.error().kind == ErrorKind::kCancelled) return {};
  return outcome;
}

}  // namespace antiphon::archive
