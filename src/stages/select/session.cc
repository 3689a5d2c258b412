#include "stages/select/session.h"

#include <fmt/format.h>

#include "core/logging.h"
#include "core/uuid.h"
#include "events/codec.h"

namespace antiphon::select {
namespace {

constexpr std::chrono::milliseconds kTick{1'000};  // for what is due by the clock; news and the stop come at once
constexpr std::chrono::milliseconds kLook{100};    // whether every corpus was looked at, before it is ready
constexpr std::chrono::milliseconds kMetricsEvery{1'000};
constexpr std::chrono::milliseconds kFlushTimeout{10'000};
constexpr std::chrono::milliseconds kFollowStep{60'000};  // a record and the end wake it
constexpr std::chrono::milliseconds kAskAgain{200};       // while Kafka is away
constexpr std::chrono::milliseconds kFetchWait{10'000};
constexpr std::chrono::milliseconds kNewTopicTime{10'000};  // until every broker knows a topic that we made
constexpr std::chrono::milliseconds kReadyAnyway{2'000};    // after the start, whatever a store makes us wait for

PlannerSettings planner_settings(const Workplace& place) {
  PlannerSettings settings;
  settings.corpus_ids = place.corpus_ids;
  settings.wanted = place.settings.wanted;
  settings.ahead = static_cast<std::uint64_t>(place.settings.ahead);
  return settings;
}

}  // namespace

Session::Session(Workplace& place, bus::Baton& baton)
    : place_(place), baton_(baton), losses_(baton.losses()), desk_(planner_settings(place)) {}

Session::~Session() {
  {
    const std::lock_guard lock(desk_.mutex);
    desk_.stop_all();
  }
  if (state_reader_) state_reader_->wake();
  if (follower_.joinable()) follower_.join();
  workers_.clear();
  producer_.reset();  // its last callbacks still meet the desk
}

void Session::baton_changed() {
  const std::lock_guard lock(desk_.mutex);
  desk_.wake_publisher();
}

Result<> Session::run() {
  ANTIPHON_TRY_VOID(start());
  const WhenStopped ends_the_wait(place_.stop, [this] { baton_changed(); });
  for (;;) {
    ANTIPHON_TRY(turn, publish_what_is_wanted());
    if (turn == Turn::kEnd) break;
    ANTIPHON_TRY_VOID(save(false));
    ready_when_looked_at();
    wait_for_news();
  }
  finish();
  return {};
}

Result<> Session::start() {
  ANTIPHON_TRY(producer, bus::Producer::create(place_.connection));
  producer_ = std::move(producer);
  ANTIPHON_TRY(reader, bus::PartitionReader::create(place_.connection, {.fetch_wait = kFetchWait}));
  state_reader_ = std::move(reader);
  began_ = place_.clock.mono_now();
  const events::StartMarker start{place_.connection.client_id, make_uuid_v4(place_.random), std::nullopt,
                                  place_.clock.wall_now()};
  auto recovery = recover(*producer_, place_.connection, place_.topics, place_.settings.partitions, start, place_.stop,
                          desk_.planner);
  if (!recovery) {
    // A topic that was made a moment ago is not yet known everywhere.
    if (recovery.error().kind == ErrorKind::kNotFound) recovery.error().kind = ErrorKind::kUnavailable;
    return std::move(recovery).error();
  }
  const Recovered& recovered = *recovery;
  place_.metrics.new_desk();
  place_.metrics.count_unreadable(recovered.unreadable);
  ANTIPHON_TRY_VOID(state_reader_->assign(recovered.prompt_state_ends));
  keeper_ = std::make_unique<StateKeeper>(desk_, place_.corpus_ids, place_.topics, *producer_, place_.health,
                                          place_.clock, place_.settings.state_every);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(place_.clock.mono_now() - began_);
  logging::info(
      "selector works",
      {{"published_before", desk_.planner.table().size()}, {"corpora", place_.corpora.size()}, {"ms", took.count()}});
  follower_ = std::thread([this] { follow_prompt_state(); });
  start_workers();
  return {};
}

void Session::start_workers() {
  for (std::size_t i = 0; i < place_.corpora.size(); ++i) {
    workers_.push_back(
        std::make_unique<CorpusWorker>(desk_, i, place_.corpora[i], place_.settings, place_.clock, make_reader(i)));
  }
}

std::unique_ptr<CorpusReader> Session::make_reader(std::size_t index) {
  const CorpusUrl& corpus = place_.corpora[index];
  const auto& saved = desk_.planner.saved_state(index);  // set before any worker runs, never after
  blobs::BlobStore& store = *place_.stores[index];
  if (corpus.order == Order::kCorpus)
    return make_ordered_reader(store, corpus, place_.rules, place_.default_locale, saved);
  return make_shuffled_reader(store, corpus, place_.rules, place_.default_locale, saved, place_.file_system,
                              place_.settings.spool_dir, place_.stop);
}

void Session::follow_prompt_state() {
  bool kafka_away = false;
  for (;;) {
    if (kafka_away && state_reader_->offsets({place_.topics.prompt_state(), PartitionId(0)}, kAskAgain)) {
      kafka_away = false;
      place_.health.set_problem("kafka", "");
    }
    auto message = state_reader_->poll(kafka_away ? kAskAgain : kFollowStep);
    const std::lock_guard lock(desk_.mutex);
    if (desk_.stopping) return;
    if (!message) {
      const ErrorKind kind = message.error().kind;
      const bool new_topic = kind == ErrorKind::kNotFound && place_.clock.mono_now() - began_ < kNewTopicTime;
      if (!new_topic) place_.health.set_problem("kafka", message.error().message);
      kafka_away = !new_topic;
      if (kind != ErrorKind::kUnavailable && !new_topic) {
        desk_.fail(make_error(ErrorKind::kUnavailable,
                              fmt::format("following {}: {}", place_.topics.prompt_state(), message.error().message)));
        return;
      }
      continue;
    }
    if (!*message) continue;
    if (!apply_prompt_state((*message)->record(), desk_.planner)) place_.metrics.count_unreadable(1);
    desk_.wake_publisher();
  }
}

Result<Session::Turn> Session::publish_what_is_wanted() {
  for (;;) {
    if (place_.stop.stop_requested() || baton_.losses() != losses_ || baton_.failure()) return Turn::kEnd;
    if (producer_->fatal()) return make_error(ErrorKind::kUnavailable, "the Kafka producer is beyond repair");
    std::optional<Publication> publication;
    {
      const std::lock_guard lock(desk_.mutex);
      if (desk_.failure) return *desk_.failure;
      if (baton_.held()) publication = desk_.planner.next();
      if (publication) desk_.corpora[publication->corpus]->work.notify_one();
    }
    if (!publication) return Turn::kGoOn;
    ANTIPHON_TRY_VOID(send(std::move(*publication)));
  }
}

Result<> Session::send(Publication publication) {
  publication.prompt.time = place_.clock.wall_now();
  const std::size_t corpus = publication.corpus;
  const std::uint64_t sequence = publication.prompt.sequence;
  // At most kUnderWayMax are on the way: the producer's queue cannot be full, and any refusal is a failure.
  return producer_->send(events::build_prompt(place_.topics, publication.prompt),
                         [this, corpus, sequence](Result<bus::Delivered> delivered) {
                           const std::lock_guard lock(desk_.mutex);
                           if (!delivered) return desk_.fail(delivered.error());
                           desk_.planner.acknowledged(corpus, sequence);
                           desk_.corpora[corpus]->work.notify_one();
                           desk_.wake_publisher();
                         });
}

Result<> Session::save(bool all) {
  std::vector<OutgoingRecord> records;
  {
    const std::lock_guard lock(desk_.mutex);
    records = keeper_->due(all);
    if (all || place_.clock.mono_now() >= next_metrics_) {
      place_.metrics.update(desk_);
      next_metrics_ = place_.clock.mono_now() + kMetricsEvery;
    }
  }
  return keeper_->send(std::move(records));
}

void Session::wait_for_news() {
  std::unique_lock lock(desk_.mutex);
  desk_.publisher.wait_for(lock, ready_ ? kTick : kLook, [this] { return desk_.awake; });
  desk_.awake = false;
}

void Session::ready_when_looked_at() {
  if (ready_) return;
  {
    const std::lock_guard lock(desk_.mutex);
    const bool all =
        std::all_of(desk_.corpora.begin(), desk_.corpora.end(), [](const auto& corpus) { return corpus->looked_at; });
    if (desk_.failure || (!all && place_.clock.mono_now() - began_ < kReadyAnyway)) return;
  }
  ready_ = true;
  place_.health.set_problem("kafka", "");
  place_.health.set_ready();
}

// An orderly end: what is on the way arrives, what it moved is saved.
void Session::finish() {
  const bool ours = baton_.losses() == losses_ && !baton_.failure();
  if (!ours || !producer_->flush(kFlushTimeout)) return;
  if (const auto saved = save(true); saved) static_cast<void>(producer_->flush(kFlushTimeout));
}

}  // namespace antiphon::select
