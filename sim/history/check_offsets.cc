#include "sim/history/checks.h"

namespace antiphon::sim {
namespace {

// The commits of one group for one partition, while the history goes by.
struct Commits {
  struct Commit {
    Offset offset;
    std::string transaction;
    bool answered = false;
    std::size_t answered_at = 0;
    Outcome outcome = Outcome::kUnknown;
  };
  std::vector<Commit> all;                   // in the order of their sending
  std::map<std::string, std::size_t> asked;  // process, event
};

using Key = std::pair<std::string, Place>;  // group

class OffsetCheck {
 public:
  OffsetCheck(const Index& index, Verdict& verdict) : index_(index), verdict_(verdict) {}

  void run() {
    for (std::size_t at = 0; at < index_.history.size(); ++at) {
      const Event& event = index_.history[at];
      if (event.what == What::kCommit) {
        groups_[{event.group, place_of(event)}].all.push_back(
            {event.offset, event.transaction, false, 0, Outcome::kUnknown});
      } else if (event.what == What::kCommitted) {
        answered(event, at);
      } else if (event.what == What::kAsk) {
        groups_[{event.group, place_of(event)}].asked[event.process] = at;
      } else if (event.what == What::kStored) {
        stored(event, at);
      }
    }
  }

 private:
  void answered(const Event& event, std::size_t at) {
    if (event.outcome == Outcome::kOk) ++verdict_.commits_acknowledged;
    for (auto& commit : groups_[{event.group, place_of(event)}].all) {
      if (commit.answered || commit.offset != event.offset) continue;
      if (!event.transaction.empty() && commit.transaction != event.transaction) continue;
      commit.answered = true;
      commit.answered_at = at;
      commit.outcome = event.outcome;
      return;
    }
  }

  // The state of a commit for a question asked at event `asked` and answered at event `now`, its transaction
  // considered: done before it, surely not, or perhaps.
  Outcome state(const Commits::Commit& commit, std::size_t asked, std::size_t now) const {
    if (commit.outcome == Outcome::kFailed) return Outcome::kFailed;
    const bool before = commit.answered && commit.answered_at < asked;
    const Transaction* transaction = index_.transaction_of(commit.transaction);
    if (transaction == nullptr) return before ? commit.outcome : Outcome::kUnknown;
    if (!transaction->end_sent || transaction->end_at > now || !transaction->may_be_committed())
      return Outcome::kFailed;
    if (transaction->surely_committed()) return transaction->ended_at < asked ? commit.outcome : Outcome::kUnknown;
    if (transaction->proven == false) return Outcome::kFailed;
    return transaction->proven == true && index_.at_rest < asked ? commit.outcome : Outcome::kUnknown;
  }

  void stored(const Event& event, std::size_t now) {
    if (index_.gone_topics.contains(event.topic)) return;
    const Commits& commits = groups_[{event.group, place_of(event)}];
    const auto& all = commits.all;
    // What was answered while this answer was under way may be in it or not.
    const auto asked = commits.asked.find(event.process);
    const std::size_t since = asked == commits.asked.end() ? now : asked->second;
    Offset acknowledged(-1);  // the last one
    bool explained = false;
    bool escaped = false;
    for (const auto& commit : all) {
      const Outcome its = state(commit, since, now);
      if (its == Outcome::kOk) {
        acknowledged = commit.offset;
        explained = false;  // only it, or what was sent after it
      }
      if (commit.offset != event.offset) continue;
      if (its != Outcome::kFailed) explained = true;
      escaped = its == Outcome::kFailed && !commit.transaction.empty();
    }
    if (explained || (event.offset == Offset(-1) && acknowledged == Offset(-1))) return;
    // Of two commits on two connections, the one whose answer was lost may have come last.
    for (const auto& commit : all) {
      if (commit.offset == event.offset && state(commit, since, now) == Outcome::kUnknown) return;
    }
    if (escaped) {
      found(verdict_, Anomaly::kEscapedOffsets,
            "group {} of {}: offset {} is stored, of a transaction that was not committed", event.group,
            name_of(place_of(event)), event.offset.value());
      return;
    }
    found(verdict_, Anomaly::kLostOffsets, "group {} of {}: offset {} was acknowledged, {} is stored", event.group,
          name_of(place_of(event)), acknowledged.value(), event.offset.value());
  }

  const Index& index_;
  Verdict& verdict_;
  std::map<Key, Commits> groups_;
};

}  // namespace

void check_offsets(const Index& index, Verdict& verdict) { OffsetCheck(index, verdict).run(); }

}  // namespace antiphon::sim
