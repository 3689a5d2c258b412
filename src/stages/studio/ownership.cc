#include "stages/studio/ownership.h"

#include "core/logging.h"

namespace antiphon::studio {
namespace {

constexpr std::chrono::milliseconds kTryAgain{500};

}  // namespace

Result<> Ownership::serve(const Parts& parts, const StopToken& stop, const std::function<Result<>()>& look_around) {
  parts_.emplace(parts);
  const WhenStopped ends_the_wait(stop, [this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  using Clock = std::chrono::steady_clock;
  auto next_look = Clock::now() + kLookBehindEvery;
  auto next_warm = Clock::now();
  while (!stop.stop_requested()) {
    tell_health();
    {
      std::unique_lock lock(mutex_);
      const auto turn = std::min(Clock::now() + kGapsEvery, parts.keep_warm ? next_warm : Clock::time_point::max());
      changed_.wait_until(lock, turn, [&] { return stop.stop_requested() || !gained_.empty(); });
    }
    ANTIPHON_TRY_VOID(look_around());
    load(stop);
    if (parts.keep_warm && Clock::now() >= next_warm) {
      const bool done = keep_warm(stop);
      next_warm = Clock::now() + (done ? kWarmEvery : Clock::duration::zero());
    }
    if (Clock::now() >= next_look) {
      look_behind(stop);
      next_look = Clock::now() + kLookBehindEvery;
    }
    read_gaps(stop);
  }
  return {};
}

void Ownership::tell_health() {
  const std::lock_guard lock(mutex_);
  if (!divided_) {
    health_.set_problem("group", "the group of the studios has not divided the sentences yet");
  } else if (!gained_.empty()) {
    health_.set_problem("group", "the state of the sentences is being read");
  } else {
    health_.set_problem("group", "");
    health_.set_ready();
  }
}

void Ownership::on_gained(const std::map<PartitionId, std::string>& partitions) {
  const std::lock_guard lock(mutex_);
  divided_ = true;
  for (const auto& [partition, note] : partitions) gained_[partition] = note;
  changed_.notify_all();
}

void Ownership::load(const StopToken& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (gained_.empty()) return;
    loading_ = std::move(gained_);
    gained_.clear();
  }
  desk_.with_leases([this](Leases& leases) {
    for (const auto& [partition, note] : loading_) leases.own(partition);
  });
  const auto loaded = parts_->load(loading_, [&] {
    if (stop.stop_requested()) return true;
    const std::lock_guard lock(mutex_);
    return !unwanted_.empty();
  });
  end_load(loaded);
  if (loaded || loaded.error().kind == ErrorKind::kCancelled) return;
  logging::warn("the state is not read yet; trying again", {{"detail", loaded.error().message}});
  health_.set_problem("kafka", loaded.error().message);
  stop.wait_for(kTryAgain);
}

// Under the lock: what is given up is seen here before it is open, or there once it is.
void Ownership::end_load(const Result<std::map<PartitionId, Offset>>& loaded) {
  const std::lock_guard lock(mutex_);
  const bool opens = loaded && unwanted_.empty();
  if (opens) open(*loaded);
  if (!opens && (loaded || !parts_->keep_warm)) {  // else what was read so far is a copy
    desk_.with_leases([this](Leases& leases) {
      for (const auto& [partition, note] : loading_) leases.disown(partition);
    });
  }
  for (const PartitionId partition : unwanted_) loading_.erase(partition);
  if (!opens) gained_.merge(loading_);
  loading_.clear();
  unwanted_.clear();
  changed_.notify_all();
}

void Ownership::open(const std::map<PartitionId, Offset>& prompts_next) {
  desk_.with_leases([&](Leases& leases) {
    for (const auto& [partition, next] : prompts_next) leases.open(partition);
  });
  parts_->follow(prompts_next);
  health_.set_problem("kafka", "");
  logging::info("partitions are open here", {{"partitions", prompts_next.size()}});
}

std::set<PartitionId> Ownership::on_given_up(const std::set<PartitionId>& partitions) {
  {
    std::unique_lock lock(mutex_);
    for (const PartitionId partition : partitions) {
      gained_.erase(partition);
      if (loading_.contains(partition)) unwanted_.insert(partition);
    }
    // Not for ever: the group's thread does not poll meanwhile, and the others wait. A load that does not end is not
    // opened when it does, and only then is what was gained again since loaded.
    changed_.wait_for(lock, kHandOverMax, [this] { return unwanted_.empty(); });
  }
  const std::set<PartitionId> were_open = shut(partitions);
  const bool written = were_open.empty() || write_what_changed(were_open);
  desk_.disown(were_open);
  if (!were_open.empty()) parts_->leave(were_open);
  logging::info("partitions are given up", {{"partitions", partitions.size()}, {"in_order", written}});
  return written ? were_open : std::set<PartitionId>();
}

std::set<PartitionId> Ownership::shut(const std::set<PartitionId>& partitions) {
  std::set<PartitionId> were_open;
  desk_.with_leases([&](Leases& leases) {
    for (const PartitionId partition : partitions) {
      if (!leases.is_open(partition)) continue;
      leases.shut(partition);
      were_open.insert(partition);
    }
  });
  return were_open;
}

// A take that is answered later is found by the next owner in recordings; a skip that is refused now is repeated to the
// next owner by its page, which was not told yet that it is done.
bool Ownership::write_what_changed(const std::set<PartitionId>& partitions) {
  const auto until = std::chrono::steady_clock::now() + kHandOverMax;
  for (const PartitionId partition : partitions) {
    const auto left = until - std::chrono::steady_clock::now();
    desk_.wait_until_answered(
        partition, std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left), std::chrono::milliseconds{0}));
  }
  return parts_->flush().has_value();
}

bool Ownership::keep_warm(const StopToken& stop) {
  auto partitions = desk_.with_leases([](Leases& leases) { return leases.elsewhere(); });
  {
    const std::lock_guard lock(mutex_);
    if (!divided_ || !gained_.empty()) return true;
  }
  const auto until = std::chrono::steady_clock::now() + kWarmStep;
  const auto warm = parts_->keep_warm(partitions, [&] {
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= until) return true;
    const std::lock_guard lock(mutex_);
    return !gained_.empty();
  });
  say_once(warm ? std::string() : warm.error().message);
  return !warm || *warm;
}

void Ownership::say_once(const std::string& trouble) {
  if (!trouble.empty() && trouble != trouble_)
    logging::warn("what other studios have cannot be copied now", {{"detail", trouble}});
  trouble_ = trouble;
}

void Ownership::read_gaps(const StopToken& stop) {
  for (const auto& [partition, gap] : desk_.with_leases([](Leases& leases) { return leases.gaps(); })) {
    const auto read = parts_->read_back(partition, gap, [&] { return stop.stop_requested(); });
    if (read) {
      logging::info("takes of a former owner are counted",
                    {{"partition", partition}, {"from", gap.start}, {"to", gap.end}});
    } else if (read.error().kind != ErrorKind::kCancelled) {
      logging::warn("what another studio sent cannot be read yet",
                    {{"partition", partition}, {"detail", read.error().message}});
    }
  }
}

// Behind the last take of ours there may be some of others, and no acknowledgement to show the gap.
void Ownership::look_behind(const StopToken& stop) {
  const auto open = desk_.with_leases([](Leases& leases) { return leases.open_partitions(); });
  if (open.empty()) return;
  const auto ends = parts_->recordings_ends(open);
  if (!ends) return;  // the next look will tell
  for (const auto& [partition, end] : *ends) {
    // The end was asked for first: while nothing of ours is on its way now, what stands below it is not ours.
    const auto gap = desk_.with_leases([&, partition = partition, end = end](Leases& leases) -> std::optional<Gap> {
      if (!leases.is_open(partition) || leases.takes_on_their_way(partition) > 0) return std::nullopt;
      const Offset next = leases.next_offset(partition);
      return next < end ? std::optional(Gap{next, end}) : std::nullopt;
    });
    if (gap) static_cast<void>(parts_->read_back(partition, *gap, [&] { return stop.stop_requested(); }));
  }
}

}  // namespace antiphon::studio
