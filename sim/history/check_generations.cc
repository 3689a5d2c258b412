#include "sim/history/checks.h"

namespace antiphon::sim {
namespace {

// Who was given a partition last, as far as the history went by. Two answers may be seen in another order than the
// group gave them: the later one is known by its generation, or because its receiver asked to join behind the earlier
// one. In one generation that can be two processes of one static member.
class GenerationCheck {
 public:
  GenerationCheck(const Index& index, Verdict& verdict) : index_(index), verdict_(verdict) {}

  void run() {
    for (std::size_t at = 0; at < index_.history.size(); ++at) {
      const Event& event = index_.history[at];
      if (event.what == What::kJoin) joined_[{event.group, event.process}] = at;
      if (event.what == What::kAssigned) assigned(event, at);
      if (event.what == What::kCommit) {
        outdated_.erase(key_of(event));  // an earlier one of the same offset, whose answer was lost
        if (is_outdated(event)) outdated_.emplace(key_of(event), event.generation);
      }
      if (event.what == What::kCommitted) answered(event);
    }
  }

 private:
  struct Given {
    std::string process;  // empty: one of two, nobody knows which
    GenerationId generation{-1};
    std::size_t at = 0;
  };
  using Key = std::tuple<std::string, Place, std::string, Offset, std::string>;
  static Key key_of(const Event& event) {
    return {event.group, place_of(event), event.process, event.offset, event.transaction};
  }

  void assigned(const Event& event, std::size_t at) {
    Given& given = given_[{event.group, place_of(event)}];
    const bool surely_later = event.generation != given.generation || event.process == given.process ||
                              joined_[{event.group, event.process}] > given.at;
    given = {surely_later ? event.process : std::string(), event.generation, at};
  }

  [[nodiscard]] bool is_outdated(const Event& commit) const {
    const auto found = given_.find({commit.group, place_of(commit)});
    if (found == given_.end() || commit.generation.value() < 0) return false;
    const Given& given = found->second;
    if (commit.generation != given.generation) return commit.generation < given.generation;
    return !given.process.empty() && commit.process != given.process;
  }

  void answered(const Event& event) {
    const auto commit = outdated_.find(key_of(event));
    if (commit == outdated_.end()) return;
    if (event.outcome == Outcome::kFailed) ++verdict_.zombies_fenced;
    if (event.outcome == Outcome::kOk) {
      const Given& given = given_.at({event.group, place_of(event)});
      found(verdict_, Anomaly::kOldGeneration,
            "group {} of {}: {} of generation {} committed offset {} though {} had been given it in generation {}",
            event.group, name_of(place_of(event)), event.process, commit->second.value(), event.offset.value(),
            given.process, given.generation.value());
    }
    outdated_.erase(commit);
  }

  const Index& index_;
  Verdict& verdict_;
  std::map<std::pair<std::string, std::string>, std::size_t> joined_;  // group, process: when it asked last
  std::map<std::pair<std::string, Place>, Given> given_;
  std::map<Key, GenerationId> outdated_;  // commits that are not answered yet
};

}  // namespace

void check_generations(const Index& index, Verdict& verdict) { GenerationCheck(index, verdict).run(); }

}  // namespace antiphon::sim
