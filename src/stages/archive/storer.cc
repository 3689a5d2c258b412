#include "stages/archive/storer.h"

#include <algorithm>
#include <utility>

namespace antiphon::archive {

Storer::Storer(Keeper& keeper, const Clock& clock, Outage& outage, const StorerSettings& settings)
    : keeper_(keeper), clock_(clock), outage_(outage), settings_(settings), pool_(settings.parallel) {}

Storer::~Storer() { give_up(); }

void Storer::submit(Job job) {
  const auto& key = job.message->record().key;
  const std::string name(key ? as_text(*key) : std::string_view{});
  // std::function wants a copyable task; the job is not one.
  auto shared = std::make_shared<Job>(std::move(job));
  pool_.submit(name, [this, shared] {
    Finished finished = keep(std::move(*shared));
    {
      const std::lock_guard lock(mutex_);
      finished_.push_back(std::move(finished));
    }
    some_finished_.notify_one();
  });
}

Finished Storer::keep(Job job) {
  Finished finished;
  while (!unwanted(job)) {
    ++finished.attempts;
    const MonoTime began = clock_.mono_now();
    Outcome outcome = keeper_.keep(job.message->record());
    finished.took = clock_.mono_now() - began;
    finished.arrival_to_done = clock_.wall_now() - from_unix_ms(job.message->record().timestamp_ms);
    const auto* away = std::get_if<StoreAway>(&outcome);
    if (away == nullptr) {
      // A refused record need not have touched the store: it says nothing about it.
      if (!std::holds_alternative<Refused>(outcome)) outage_.succeeded();
      finished.outcome = std::move(outcome);
      break;
    }
    outage_.failed(away->error);
    if (!finished.first_failed_at) finished.first_failed_at = clock_.wall_now();
    if (!wait_before_retry(job, finished.attempts)) break;
  }
  finished.job = std::move(job);
  return finished;
}

bool Storer::wait_before_retry(const Job& job, std::uint32_t attempt) {
  const auto doubled = settings_.retry_delay_min * (1LL << std::min(attempt - 1, 20U));
  const auto bound =
      std::clamp<std::chrono::milliseconds>(doubled, settings_.retry_delay_min, settings_.retry_delay_max);
  std::unique_lock lock(mutex_);
  // From half of it to all of it: many waiters do not come back in one moment.
  const auto half = static_cast<std::uint64_t>(bound.count()) / 2;
  const std::chrono::milliseconds delay(half + random_.below(half + 1));
  retry_.wait_for(lock, delay, [&] { return unwanted(job); });
  return !unwanted(job);
}

std::vector<Finished> Storer::take_finished() {
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

bool Storer::wait_finished(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return some_finished_.wait_for(lock, timeout, [this] { return !finished_.empty(); });
}

void Storer::look_again() {
  // Under the lock, or a waiter between its look and its wait would miss it.
  const std::lock_guard lock(mutex_);
  retry_.notify_all();
}

void Storer::give_up() {
  giving_up_ = true;
  look_again();
}

}  // namespace antiphon::archive
