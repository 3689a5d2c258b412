#include "adapters/bus/doubt.h"

#include <algorithm>
#include <utility>

#include "core/logging.h"

namespace antiphon::bus {

Doubt::Finding Doubt::look(const std::optional<OffsetRange>& told, SteadyTime now) {
  if (!told) return {};
  told_end(told->end);
  const OffsetRange log{told->start, std::max(lowest_end_, told->start)};
  if (offset_ < told->start) return {Verdict::kLost, {told->start, told->end}};  // an old leader tells no later start
  if (offset_ <= told->end) return {Verdict::kReadOn, log};
  if (!since_) since_ = now;
  return {now - *since_ >= max_ ? Verdict::kLost : Verdict::kWait, log};
}

void Doubts::begin(const TopicPartition& partition, Offset offset, const std::optional<Offset>& told_end) {
  const auto [it, fresh] = all_.try_emplace(partition, Entry{Doubt(offset, max_), SteadyTime::min()});
  if (told_end) it->second.doubt.told_end(*told_end);
  if (!fresh) return;
  logging::warn("a log does not hold what is to be read next; its leader may be cut off, or the log was cut",
                {{"topic", partition.topic}, {"partition", partition.partition}, {"offset", offset}});
}

std::optional<TopicPartition> Doubts::due(SteadyTime now) const {
  const auto it = std::find_if(all_.begin(), all_.end(), [&](const auto& one) { return one.second.again <= now; });
  return it == all_.end() ? std::nullopt : std::optional(it->first);
}

Doubt::Finding Doubts::look(const TopicPartition& partition, const std::optional<OffsetRange>& told, SteadyTime now) {
  Entry& entry = all_.at(partition);
  entry.again = now + kLookAgain;
  Doubt::Finding found = entry.doubt.look(told, now);
  // Where the answer differs from the one that the fetch just had, the fetch is given time to find the next leader.
  const bool at_once = !std::exchange(entry.looked_at, true);
  if (at_once && found.verdict == Doubt::Verdict::kReadOn) found.verdict = Doubt::Verdict::kWait;
  return found;
}

std::chrono::milliseconds Doubts::until_due(std::chrono::milliseconds timeout, SteadyTime now) const {
  for (const auto& [partition, entry] : all_) {
    if (entry.again <= now) return std::chrono::milliseconds(0);
    timeout = std::min(timeout, std::chrono::ceil<std::chrono::milliseconds>(entry.again - now));
  }
  return timeout;
}

}  // namespace antiphon::bus
