// run_select: topics, the baton, and one hold after the other. See select.h.
#include <fmt/format.h>

#include "adapters/bus/admin.h"
#include "core/logging.h"
#include "stages/select/session.h"

namespace antiphon::select {
namespace {

constexpr std::chrono::milliseconds kQuestionTimeout{10'000};
constexpr std::chrono::milliseconds kStandbyStep{100};

// What this stage reads and writes, as it must be.
std::vector<TopicSpec> specs_of(const events::Topics& topics, int partitions) {
  std::vector<TopicSpec> wanted;
  for (TopicSpec& spec : topics.specs(partitions)) {
    if (spec.name != topics.recordings()) wanted.push_back(std::move(spec));
  }
  return wanted;
}

// Doubles from retry_delay_min to retry_delay_max. False: stop was requested.
class Backoff {
 public:
  Backoff(const SelectSettings& settings, const StopToken& stop)
      : settings_(settings), stop_(stop), delay_(settings.retry_delay_min) {}
  bool wait() {
    const bool stopped = stop_.wait_for(delay_);
    delay_ = std::min(delay_ * 2, settings_.retry_delay_max);
    return !stopped;
  }
  void reset() { delay_ = settings_.retry_delay_min; }

 private:
  const SelectSettings& settings_;
  const StopToken& stop_;
  std::chrono::milliseconds delay_;
};

Result<> make_topics(Workplace& place) {
  Backoff backoff(place.settings, place.stop);
  for (;;) {
    auto made = [&]() -> Result<> {
      ANTIPHON_TRY(admin, bus::Admin::create(place.connection));
      return bus::ensure_topics(*admin, specs_of(place.topics, place.settings.partitions), place.settings.replication,
                                kQuestionTimeout);
    }();
    if (made || made.error().kind != ErrorKind::kUnavailable) {
      place.health.set_problem("kafka", "");
      return made;
    }
    place.health.set_problem("kafka", made.error().message);
    logging::warn("kafka is away", {{"detail", made.error().message}});
    if (!backoff.wait()) return make_error(ErrorKind::kCancelled, "stopped before Kafka was reached");
  }
}

class Stage {
 public:
  explicit Stage(Workplace& place) : place_(place) {}

  Result<> run() {
    bus::BatonSettings group;
    group.group_id = place_.topics.name_space() + ".select";
    group.topic = place_.topics.corpus_state();
    if (!place_.settings.slot.empty()) group.instance_id = place_.connection.client_id;
    group.session_timeout = place_.settings.session_timeout;
    ANTIPHON_TRY(baton, bus::Baton::join(place_.connection, group, place_.clock, [this] { baton_changed(); }));
    baton_ = std::move(baton);
    auto ended = holds();
    place_.metrics.set_working(false);
    baton_.reset();
    return ended;
  }

 private:
  Result<> holds() {
    Backoff backoff(place_.settings, place_.stop);
    while (wait_for_baton()) {
      const auto began = place_.clock.mono_now();
      auto ended = hold();
      place_.metrics.set_working(false);
      if (place_.stop.stop_requested()) return {};
      if (auto failure = baton_->failure()) return *std::move(failure);
      if (ended) {
        logging::warn("the baton is lost, standing by", {});
        continue;
      }
      if (ended.error().kind != ErrorKind::kUnavailable || producer_failed_) return ended;
      logging::warn("starting over", {{"detail", ended.error().message}});
      place_.health.set_problem("kafka", ended.error().message);
      if (place_.clock.mono_now() - began > place_.settings.retry_delay_max) backoff.reset();
      if (!backoff.wait()) return {};
    }
    if (auto failure = baton_->failure()) return *std::move(failure);
    return {};
  }

  Result<> hold() {
    Session session(place_, *baton_);
    {
      const std::lock_guard lock(mutex_);
      session_ = &session;
    }
    place_.health.set_problem("standby", "");
    place_.metrics.set_working(true);
    auto ended = session.run();
    producer_failed_ = session.producer_failed();
    const std::lock_guard lock(mutex_);
    session_ = nullptr;
    return ended;
  }

  // True: it is ours. False: stop was requested, or it never will be.
  bool wait_for_baton() {
    const auto began = place_.clock.mono_now();
    bool said = false;
    while (!place_.stop.stop_requested() && !baton_->failure()) {
      if (baton_->held()) return true;
      if (!said && place_.clock.mono_now() - began > std::chrono::seconds(1)) {
        said = true;
        logging::info("standing by: another selector has the baton, or died and is given time",
                      {{"group", place_.topics.name_space() + ".select"}});
        place_.health.set_problem(
            "standby", "another selector works in this namespace (or died a moment ago); this one takes over from it");
        place_.health.set_ready();
      }
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kStandbyStep, [this] { return baton_ && baton_->held(); });
    }
    return false;
  }

  void baton_changed() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    if (session_ != nullptr) session_->baton_changed();
  }

  Workplace& place_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Session* session_ = nullptr;
  bool producer_failed_ = false;
  std::unique_ptr<bus::Baton> baton_;
};

Result<std::vector<std::unique_ptr<blobs::BlobStore>>> open_stores(const std::vector<CorpusUrl>& corpora) {
  std::vector<std::unique_ptr<blobs::BlobStore>> stores;
  for (const CorpusUrl& corpus : corpora) {
    auto store = blobs::open_store(corpus.url);
    if (!store) return std::move(store).error().within(fmt::format("corpus {}", corpus.id));
    stores.push_back(std::move(*store));
  }
  return stores;
}

}  // namespace

Result<> run_select(const SelectSettings& settings, const StopToken& stop, Health& health,
                    prometheus::Registry& registry) {
  ANTIPHON_TRY_VOID(settings.validate());
  ANTIPHON_TRY(topics, events::Topics::in(settings.name_space));
  ANTIPHON_TRY(corpora, parse_corpus_urls(settings.corpus_urls));
  ANTIPHON_TRY(stores, open_stores(corpora));
  SystemClock clock;
  SystemRandom random;
  PosixFileSystem file_system;
  text::Readability rules;
  if (!settings.rules_file.empty()) {
    ANTIPHON_TRY(loaded, text::Readability::load(file_system, settings.rules_file));
    rules = std::move(loaded);
  }
  std::optional<text::Locale> default_locale;
  if (!settings.default_locale.empty()) {
    ANTIPHON_TRY(locale, text::parse_locale(settings.default_locale));
    default_locale = std::move(locale);
  }
  std::vector<std::string> ids;
  ids.reserve(corpora.size());
  for (const CorpusUrl& corpus : corpora) ids.push_back(corpus.id);
  Metrics metrics(registry, ids);
  bus::Connection connection = settings.kafka;
  connection.client_id = topics.client_id("select", settings.slot.empty() ? "0" : settings.slot);
  Workplace place{settings,         std::move(connection),
                  topics,           std::move(corpora),
                  std::move(ids),   std::move(stores),
                  std::move(rules), default_locale,
                  file_system,      clock,
                  random,           health,
                  metrics,          stop};
  const auto made = make_topics(place);
  if (!made) return stop.stop_requested() ? Result<>{} : Result<>(made.error());
  Stage stage(place);
  auto ended = stage.run();
  health.set_stopping();
  if (!ended && ended.error().kind == ErrorKind::kCancelled) return {};
  return ended;
}

}  // namespace antiphon::select
