// judge_topic: see promises.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "adapters/bus/promises.h"

namespace antiphon::bus {
namespace {

constexpr std::size_t kCopiesLeast = 2;  // promise 1: in every in-sync replica, at least two
constexpr std::size_t kCopiesWanted = 3;

constexpr std::string_view kNothingLost = "1: a 201 means that the recording survives the loss of a machine";
constexpr std::string_view kNothingMissed = "5: a target that is down misses nothing";
constexpr std::string_view kEveryVoice = "3: no voice is refused for book-keeping reasons";
constexpr std::string_view kErasure = "an erased voice is gone from the log within 30 days";
constexpr std::string_view kTombstones = "a target that was away still learns what was erased";
constexpr std::string_view kBelongs = "partition n of one topic belongs with partition n of the others";
constexpr std::string_view kTable = "a topic's newest record of a key is its state, an event of a stream stays";

struct Rule {
  std::string_view name;
  enum { kExactly, kAtLeast, kAtMost } how;
  std::string_view promise;
};
constexpr Rule kRules[] = {
    {"cleanup.policy", Rule::kExactly, kTable},          {"retention.ms", Rule::kExactly, kNothingMissed},
    {"retention.bytes", Rule::kExactly, kNothingMissed}, {"max.message.bytes", Rule::kAtLeast, kEveryVoice},
    {"max.compaction.lag.ms", Rule::kAtMost, kErasure},  {"delete.retention.ms", Rule::kAtLeast, kTombstones}};
constexpr Rule kOther{"", Rule::kExactly, kTable};

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool fits(const Rule& rule, const std::string& wanted, const std::string& found) {
  if (rule.how == Rule::kExactly) return wanted == found;
  const auto w = number(wanted);
  const auto f = number(found);
  return w && f && (rule.how == Rule::kAtLeast ? *f >= *w : *f <= *w);
}

const std::string* setting(const TopicFacts& topic, const std::string& name) {
  if (!topic.settings) return nullptr;
  const auto it = topic.settings->find(name);
  return it == topic.settings->end() ? nullptr : &it->second;
}

// The plan that gives every partition of a topic so many replicas, each led by another broker in turn.
std::string replicas_command(const TopicFacts& topic, const ClusterFacts& facts, std::size_t replicas) {
  std::string rows;
  for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
    std::string ids;
    for (std::size_t i = 0; i < replicas; ++i)
      ids += fmt::format("{}{}", i == 0 ? "" : ",", facts.brokers[(p + i) % facts.brokers.size()].id);
    rows += fmt::format(R"({}{{"topic":"{}","partition":{},"replicas":[{}]}})", p == 0 ? "" : ",", topic.name, p, ids);
  }
  return fmt::format(
      R"(echo '{{"version":1,"partitions":[{}]}}' > plan.json; kafka-reassign-partitions.sh --bootstrap-server {} --reassignment-json-file plan.json --execute)",
      rows, facts.bootstrap);
}

class Judge {
 public:
  Judge(const TopicSpec& spec, const TopicFacts& topic, const ClusterFacts& facts)
      : spec_(spec), topic_(topic), facts_(facts) {}

  Findings judge() {
    shape();
    copies();
    least_in_sync();
    unclean();
    now();
    return std::move(findings_);
  }

 private:
  void find(Weight weight, std::string what, std::string_view promise, std::string mend) {
    findings_.push_back(
        {weight, topic_.name, fmt::format("topic {} {}", topic_.name, what), std::string(promise), std::move(mend)});
  }

  void shape() {
    const auto count = static_cast<std::int32_t>(topic_.partitions.size());
    if (count != spec_.partitions) {
      find(Weight::kRefused,
           fmt::format("has {} partitions where {} are asked for; the number is set once", count, spec_.partitions),
           kBelongs, fmt::format("start with --partitions {}, or choose another --namespace", count));
    }
    for (const auto& [name, wanted] : spec_.config) {
      const auto* found = setting(topic_, name);
      const auto* rule =
          std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& r) { return r.name == name; });
      if (rule == std::end(kRules)) rule = &kOther;
      if (found == nullptr || fits(*rule, wanted, *found)) continue;
      find(Weight::kRefused, fmt::format("has {}={} where {} is needed", name, *found, wanted), rule->promise,
           set_topic_command(facts_, topic_.name, fmt::format("{}={}", name, wanted)));
    }
  }

  void copies() {
    const std::size_t brokers = facts_.brokers.size();
    replicas_ = brokers;
    for (const auto& partition : topic_.partitions) {
      if (partition.replicas.empty()) continue;  // it is being made
      replicas_ = std::min(replicas_, partition.replicas.size());
    }
    const std::size_t could = std::min(brokers, kCopiesWanted);
    if (replicas_ < kCopiesLeast && brokers >= kCopiesLeast) {
      find(Weight::kBroken, fmt::format("has one replica on a cluster of {}", brokers), kNothingLost,
           replicas_command(topic_, facts_, could));
    } else if (replicas_ < could) {
      find(Weight::kAdvice, fmt::format("has {} replicas where {} brokers could hold {}", replicas_, brokers, could),
           kNothingLost, replicas_command(topic_, facts_, could));
    }
    const auto keeper = keeper_of(facts_);
    const auto* flush = setting(topic_, "flush.messages");
    const bool synced = flush != nullptr && *flush == "1";
    if (brokers == 1 && (keeper == Keeper::kKraft || keeper == Keeper::kZooKeeper) && !synced) {
      find(Weight::kBroken, "is on one broker that acknowledges before it syncs: power lost, voices lost", kNothingLost,
           "three brokers; or the embedded broker, which syncs first; or, slower: " +
               set_topic_command(facts_, topic_.name, "flush.messages=1"));
    }
  }

  void least_in_sync() {
    const auto* text = setting(topic_, "min.insync.replicas");
    const auto least = text == nullptr ? std::nullopt : number(*text);
    if (!least || replicas_ < kCopiesLeast) return;
    const auto count = static_cast<std::int64_t>(replicas_);
    if (*least < static_cast<std::int64_t>(kCopiesLeast)) {
      find(Weight::kBroken,
           fmt::format("has min.insync.replicas={}: acks=all means one copy when the others lag{}", *least,
                       replicas_ == kCopiesLeast ? "; with 2, and two replicas, no write passes while one is down: "
                                                   "only three brokers give both"
                                                 : ""),
           kNothingLost, set_topic_command(facts_, topic_.name, "min.insync.replicas=2"));
    } else if (*least > count) {
      find(Weight::kBroken,
           fmt::format("has min.insync.replicas={} and {} replicas: no write ever passes", *least, count), kEveryVoice,
           set_topic_command(facts_, topic_.name, "min.insync.replicas=2"));
    } else if (*least == count && replicas_ > kCopiesLeast) {
      find(Weight::kAdvice,
           fmt::format("has min.insync.replicas={} of {}: one broker down stops its writes", *least, count),
           kEveryVoice, set_topic_command(facts_, topic_.name, "min.insync.replicas=2"));
    }
    least_ = static_cast<std::size_t>(std::clamp<std::int64_t>(*least, 0, count));  // more than count: told above
  }

  void unclean() {
    const auto* value = setting(topic_, "unclean.leader.election.enable");
    if (value == nullptr || *value != "true" || replicas_ < kCopiesLeast) return;
    find(Weight::kBroken, "has unclean.leader.election.enable=true: a replica that lacks acknowledged voices may lead",
         kNothingLost, set_topic_command(facts_, topic_.name, "unclean.leader.election.enable=false"));
  }

  void now() {
    std::size_t leaderless = 0;
    std::size_t refusing = 0;
    std::size_t lagging = 0;
    for (const auto& partition : topic_.partitions) {
      if (partition.leader < 0)
        ++leaderless;
      else if (partition.in_sync.size() < least_)
        ++refusing;
      else if (partition.in_sync.size() < partition.replicas.size())
        ++lagging;
    }
    const std::string_view cure = "start the brokers that are down; it mends itself then";
    const std::size_t all = topic_.partitions.size();
    if (leaderless > 0)
      find(Weight::kNow,
           fmt::format("has {} of {} partitions without a leader: neither read nor written now", leaderless, all),
           kNothingLost, std::string(cure));
    if (refusing > 0)
      find(Weight::kNow,
           fmt::format("has {} of {} partitions with fewer in sync than a write needs: 503 now", refusing, all),
           kNothingLost, std::string(cure));
    if (lagging > 0)
      find(Weight::kAdvice, fmt::format("has {} of {} partitions with a replica that is not in sync", lagging, all),
           kNothingLost, std::string(cure));
  }

  const TopicSpec& spec_;
  const TopicFacts& topic_;
  const ClusterFacts& facts_;
  std::size_t replicas_ = 0;  // of the partition that has fewest
  std::size_t least_ = 1;     // min.insync.replicas
  Findings findings_;
};

}  // namespace

Findings judge_topic(const TopicSpec& spec, const TopicFacts& topic, const ClusterFacts& facts) {
  return Judge(spec, topic, facts).judge();
}

std::string set_topic_command(const ClusterFacts& facts, const std::string& topic, const std::string& setting) {
  return fmt::format(
      "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {} --add-config {}",
      facts.bootstrap, topic, setting);
}

}  // namespace antiphon::bus
