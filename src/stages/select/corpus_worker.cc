#include "stages/select/corpus_worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/logging.h"

namespace antiphon::select {

CorpusWorker::CorpusWorker(Desk& desk, std::size_t index, const CorpusUrl& corpus, const SelectSettings& settings,
                           const Clock& clock, std::unique_ptr<CorpusReader> reader)
    : desk_(desk),
      index_(index),
      standing_(*desk.corpora[index]),
      corpus_(corpus),
      settings_(settings),
      clock_(clock),
      reader_(std::move(reader)),
      was_read_before_(desk.planner.saved_state(index) && !desk.planner.saved_state(index)->objects.empty()),
      next_listing_(clock.mono_now()),
      delay_(settings.retry_delay_min),
      thread_([this] { run(); }) {}

CorpusWorker::~CorpusWorker() { thread_.join(); }

void CorpusWorker::run() {
  for (;;) {
    {
      const std::lock_guard lock(desk_.mutex);
      if (desk_.stopping) return;
    }
    if (clock_.mono_now() >= next_listing_) {
      list();
    } else {
      read_some();
    }
  }
}

void CorpusWorker::list() {
  const auto listing = reader_->refresh();
  if (!listing) {
    away(listing.error());
  } else {
    listed(*listing);
  }
}

void CorpusWorker::listed(const Listing& listing) {
  for (const std::string& key : listing.changed) {
    logging::warn("an object changed and is read again from its start", {{"corpus", corpus_.id}, {"object", key}});
  }
  auto problems = reader_->problems();
  const std::lock_guard lock(desk_.mutex);
  if (!was_read_before_ && listing.objects.empty() && !problems.empty()) {
    desk_.fail(make_error(ErrorKind::kConfig, fmt::format("corpus {}: {}: {}", corpus_.id, problems.begin()->first,
                                                          problems.begin()->second)));
  }
  if (!online_) {
    logging::info("corpus is there",
                  {{"corpus", corpus_.id}, {"objects", listing.objects.size()}, {"languages", listing.lanes.size()}});
  }
  online_ = was_read_before_ = true;
  delay_ = settings_.retry_delay_min;
  next_listing_ = clock_.mono_now() + settings_.relist_every;
  desk_.planner.listed(index_, listing);
  standing_.looked_at = true;
  standing_.trouble.clear();
  standing_.objects = listing.objects.size();
  standing_.objects_changed += listing.changed.size();
  lanes_.clear();
  for (const text::Locale& lane : listing.lanes) lanes_.push_back(lane.tag());
  standing_.problems.swap(problems);
  desk_.wake_publisher();
}

bool CorpusWorker::hopeless(const Error& error) const {
  if (was_read_before_) return false;
  switch (error.kind) {
    case ErrorKind::kNotFound:
    case ErrorKind::kPermission:
    case ErrorKind::kInvalidInput:
    case ErrorKind::kUsage:
    case ErrorKind::kConfig:
    case ErrorKind::kConflict:
    case ErrorKind::kLimit:
      return true;
    default:
      return false;
  }
}

void CorpusWorker::away(const Error& error) {
  if (error.kind == ErrorKind::kCancelled) return;
  const double seconds = std::chrono::duration<double>(delay_).count();
  logging::warn("corpus is away", {{"corpus", corpus_.id}, {"detail", error.message}, {"retry_s", seconds}});
  next_listing_ = clock_.mono_now() + delay_;
  delay_ = std::min(delay_ * 2, settings_.retry_delay_max);
  online_ = false;
  const std::lock_guard lock(desk_.mutex);
  if (hopeless(error)) {
    desk_.fail(make_error(ErrorKind::kConfig, fmt::format("corpus {} cannot be read: {}", corpus_.id, error.message)));
  }
  standing_.looked_at = true;
  standing_.trouble = fmt::format("{}; trying again in {:.1f} s", error.message, seconds);
  desk_.wake_publisher();
}

void CorpusWorker::read_some() {
  const std::string lane = wait_for_lane();
  if (lane.empty()) return;
  auto item = reader_->next(lane);
  if (!item) return away(item.error());
  if (reader_->wants_refresh()) next_listing_ = std::min(next_listing_, clock_.mono_now() + kEarlyRelist);
  if (!*item || (*item)->object != last_object_) {  // an object was left: perhaps not at its end
    last_object_ = *item ? (*item)->object : nullptr;
    tell_problems();
  }
  const std::lock_guard lock(desk_.mutex);
  if (*item) {
    desk_.planner.offer(index_, lane, std::move(**item));
  } else {
    desk_.planner.at_end(index_, lane);
  }
  desk_.wake_publisher();
}

std::string CorpusWorker::wait_for_lane() {
  std::unique_lock lock(desk_.mutex);
  while (!desk_.stopping) {
    for (std::size_t i = 0; online_ && i < lanes_.size(); ++i) {
      const std::string& lane = lanes_[turn_++ % lanes_.size()];
      if (desk_.planner.wants(index_, lane)) return lane;
    }
    const auto left = next_listing_ - clock_.mono_now();
    if (left <= std::chrono::nanoseconds::zero()) break;
    standing_.work.wait_for(lock, left);
  }
  return {};
}

void CorpusWorker::tell_problems() {
  auto problems = reader_->problems();
  const std::lock_guard lock(desk_.mutex);
  for (const auto& [key, text] : problems) {
    const auto known = standing_.problems.find(key);
    if (known != standing_.problems.end() && known->second == text) continue;
    logging::warn("an object cannot be read; the others are",
                  {{"corpus", corpus_.id}, {"object", key}, {"detail", text}});
  }
  standing_.problems.swap(problems);
}

}  // namespace antiphon::select
