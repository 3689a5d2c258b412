#include "stages/studio/sentence.h"

#include <algorithm>

namespace antiphon::studio {
namespace {

std::size_t count_standing(const Sentence& sentence, bool (*wanted)(events::LeaseStanding)) {
  const auto arrived = std::count_if(sentence.takes.begin(), sentence.takes.end(),
                                     [&](const CountedTake& take) { return wanted(take.standing); });
  const auto coming = std::count_if(sentence.pending.begin(), sentence.pending.end(),
                                    [&](const PendingTake& pending) { return wanted(pending.take.standing); });
  return static_cast<std::size_t>(arrived + coming);
}

}  // namespace

std::size_t Sentence::takes_under_lease() const {
  return count_standing(*this, [](events::LeaseStanding standing) { return standing != events::LeaseStanding::kNone; });
}

std::size_t Sentence::late_takes() const {
  return count_standing(*this, [](events::LeaseStanding standing) { return standing == events::LeaseStanding::kLate; });
}

bool Sentence::met(const Id128& speaker) const {
  const auto is_theirs = [&](const auto& part) { return part.speaker == speaker; };
  return std::any_of(leases.begin(), leases.end(), is_theirs) || std::any_of(takes.begin(), takes.end(), is_theirs) ||
         std::any_of(pending.begin(), pending.end(), [&](const PendingTake& p) { return is_theirs(p.take); }) ||
         std::find(skipped_by.begin(), skipped_by.end(), speaker) != skipped_by.end();
}

bool Sentence::lease_was_used(const Id128& lease, const std::optional<Id128>& speaker) const {
  const auto used_it = [&](const CountedTake& take) {
    return take.lease ? take.lease == lease : take.standing != events::LeaseStanding::kNone && take.speaker == speaker;
  };
  return std::any_of(takes.begin(), takes.end(), used_it) ||
         std::any_of(pending.begin(), pending.end(), [&](const PendingTake& p) { return used_it(p.take); });
}

const CountedTake* Sentence::find_take(const Id128& recording) const {
  const auto it =
      std::find_if(takes.begin(), takes.end(), [&](const CountedTake& take) { return take.recording == recording; });
  return it == takes.end() ? nullptr : &*it;
}

bool Sentence::is_pending(const Id128& recording) const {
  return std::any_of(pending.begin(), pending.end(),
                     [&](const PendingTake& each) { return each.take.recording == recording; });
}

}  // namespace antiphon::studio
