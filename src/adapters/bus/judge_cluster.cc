// judge_cluster: see promises.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "adapters/bus/promises.h"

namespace antiphon::bus {
namespace {

constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
constexpr std::string_view kTransactionsTopic = "__transaction_state";
constexpr std::string_view kNoMoreThanWanted = "4: no more takes of a sentence than wanted and lost";
constexpr std::string_view kNothingLost = "1: a 201 means that the recording survives the loss of a machine";
constexpr std::string_view kGoesOn = "5: a target that was down goes on where it was";
constexpr std::string_view kEveryVoice = "3: no voice is refused for book-keeping reasons";
constexpr std::string_view kErasure = "an erased voice is gone from the log within 30 days";
constexpr std::string_view kOwnTopics = "topics are made by the stages, each in its shape";

constexpr std::int64_t kRequestBytesLeast = 8 << 20;  // a dead letter of 6 MiB and what is around it
constexpr std::int64_t kOffsetsMinutesLeast = std::int64_t{7} * 24 * 60;  // a week, Kafka's own default
constexpr std::int64_t kOffsetsMinutesGood = std::int64_t{365} * 24 * 60;
constexpr std::int64_t kSessionLeastMs = 6'000;  // the session timeouts of selectors and archives
constexpr std::size_t kCopiesWanted = 3;

std::optional<std::int64_t> number_of(const Settings& settings, const std::string& name) {
  const auto it = settings.find(name);
  if (it == settings.end()) return std::nullopt;
  std::int64_t value = 0;
  const char* last = it->second.data() + it->second.size();
  const auto [end, error] = std::from_chars(it->second.data(), last, value);
  return error == std::errc{} && end == last ? std::optional(value) : std::nullopt;
}

bool is(const Settings& settings, const std::string& name, std::string_view value) {
  const auto it = settings.find(name);
  return it != settings.end() && it->second == value;
}

std::string rack_of(const BrokerFacts& broker) {
  if (!broker.settings) return "";
  const auto it = broker.settings->find("broker.rack");
  return it == broker.settings->end() ? "" : it->second;
}

std::string in_the_file(std::string_view setting) {
  return fmt::format("{} in the settings file of every broker, then restart them one after the other", setting);
}

class Judge {
 public:
  explicit Judge(const ClusterFacts& facts) : facts_(facts) {}

  Findings judge() {
    for (const auto& broker : facts_.brokers) judge_broker(broker);
    offsets_topic();
    transactions_topic();
    racks();
    controllers();
    return std::move(findings_);
  }

 private:
  // A setting that several brokers share is told once, with the first that has it.
  void find(Weight weight, const std::string& subject, std::string what, std::string_view promise, std::string mend) {
    if (!told_.insert(what).second) return;
    findings_.push_back({weight, subject, std::move(what), std::string(promise), std::move(mend)});
  }

  void judge_broker(const BrokerFacts& broker) {
    const std::string subject = fmt::format("broker {}", broker.id);
    if (!broker.settings) {
      find(Weight::kAdvice, subject, "its settings are not told: what they would break cannot be known", kNothingLost,
           "allow DescribeConfigs on the cluster to who asks");
      return;
    }
    const Settings& settings = *broker.settings;
    if (is(settings, "unclean.leader.election.enable", "true") && facts_.brokers.size() > 1) {
      find(Weight::kBroken, subject,
           "unclean.leader.election.enable=true: a replica that lacks acknowledged events may lead", kNothingLost,
           set_brokers_command(facts_, "unclean.leader.election.enable=false"));
    }
    offsets_kept(subject, settings);
    sizes_and_sessions(subject, settings);
    if (is(settings, "log.cleaner.enable", "false")) {
      find(Weight::kBroken, subject, "log.cleaner.enable=false: nothing is ever compacted", kErasure,
           in_the_file("log.cleaner.enable=true"));
    }
    if (is(settings, "auto.create.topics.enable", "true") && keeper_of(facts_) != Keeper::kNobody) {
      find(Weight::kAdvice, subject,
           "auto.create.topics.enable=true: a stranger's question for a topic makes it, in a shape that no stage "
           "starts with",
           kOwnTopics, in_the_file("auto.create.topics.enable=false"));
    }
  }

  void offsets_kept(const std::string& subject, const Settings& settings) {
    const auto minutes = number_of(settings, "offsets.retention.minutes");
    if (!minutes || *minutes >= kOffsetsMinutesGood) return;
    find(*minutes < kOffsetsMinutesLeast ? Weight::kBroken : Weight::kAdvice, subject,
         fmt::format("offsets.retention.minutes={}: a target that is down for {} begins anew (it loses nothing, and "
                     "reads all again)",
                     *minutes,
                     *minutes >= 2 * 24 * 60 ? fmt::format("{} days", *minutes / (24 * 60))
                                             : fmt::format("{} minutes", *minutes)),
         kGoesOn, in_the_file(fmt::format("offsets.retention.minutes={}", kOffsetsMinutesGood)));
  }

  void sizes_and_sessions(const std::string& subject, const Settings& settings) {
    const auto request = number_of(settings, "socket.request.max.bytes");
    if (request && *request < kRequestBytesLeast) {
      find(Weight::kBroken, subject, fmt::format("socket.request.max.bytes={}: a long recording is refused", *request),
           kEveryVoice, in_the_file("socket.request.max.bytes=104857600"));
    }
    const auto least = number_of(settings, "group.min.session.timeout.ms");
    const auto most = number_of(settings, "group.max.session.timeout.ms");
    if ((least && *least > kSessionLeastMs) || (most && *most < kSessionLeastMs)) {
      find(Weight::kBroken, subject,
           fmt::format("group.min.session.timeout.ms={} and group.max.session.timeout.ms={}: selectors and archives, "
                       "with {}, cannot join their groups",
                       least.value_or(0), most.value_or(0), kSessionLeastMs),
           kGoesOn, in_the_file("group.min.session.timeout.ms=6000, group.max.session.timeout.ms=1800000"));
    }
  }

  // Where it is not made yet, the setting says how it will be made.
  void offsets_topic() {
    const std::size_t could = std::min(facts_.brokers.size(), kCopiesWanted);
    std::size_t replicas = could;
    const auto it = facts_.topics.find(std::string(kOffsetsTopic));
    if (it != facts_.topics.end()) {
      for (const auto& partition : it->second.partitions) replicas = std::min(replicas, partition.replicas.size());
    } else if (!facts_.brokers.empty() && facts_.brokers.front().settings) {
      const auto wanted = number_of(*facts_.brokers.front().settings, "offsets.topic.replication.factor");
      if (wanted && *wanted >= 0) replicas = std::min(replicas, static_cast<std::size_t>(*wanted));
    }
    if (replicas >= could) return;
    find(
        replicas < 2 ? Weight::kBroken : Weight::kAdvice, std::string(kOffsetsTopic),
        fmt::format("the groups' offsets have {} replica{} on {} brokers", replicas, replicas == 1 ? "" : "s",
                    facts_.brokers.size()),
        kGoesOn,
        it == facts_.topics.end()
            ? in_the_file(fmt::format("offsets.topic.replication.factor={}", could))
            : fmt::format("kafka-reassign-partitions.sh, for __consumer_offsets, with {} replicas a partition", could));
  }

  // Kafka makes it with the first transaction, or cannot: the studios' would wait for ever.
  void transactions_topic() {
    if (facts_.topics.contains(std::string(kTransactionsTopic)) || facts_.brokers.empty()) return;
    if (!facts_.topics.contains(std::string(kOffsetsTopic))) return;  // only some topics were asked for
    if (!facts_.brokers.front().settings) return;
    const auto wanted = number_of(*facts_.brokers.front().settings, "transaction.state.log.replication.factor");
    const auto brokers = static_cast<std::int64_t>(facts_.brokers.size());
    if (!wanted || *wanted <= brokers) return;
    find(
        Weight::kBroken, std::string(kTransactionsTopic),
        fmt::format("transaction.state.log.replication.factor={} on {} broker{}: no transaction can begin, and studios "
                    "write their state in transactions",
                    *wanted, brokers, brokers == 1 ? "" : "s"),
        kNoMoreThanWanted,
        in_the_file(fmt::format("transaction.state.log.replication.factor={0}, transaction.state.log.min.isr={1}",
                                brokers, std::max<std::int64_t>(brokers - 1, 1))));
  }

  void racks() {
    if (facts_.brokers.size() < 2) return;
    std::set<std::string> racks;
    for (const auto& broker : facts_.brokers) {
      if (!broker.settings) return;
      racks.insert(rack_of(broker));
    }
    if (racks.size() > 1) return;
    find(Weight::kAdvice, "cluster",
         "the brokers tell no different racks: replicas may all stand in what fails at once (a room, a power line)",
         kNothingLost, in_the_file("broker.rack=NAME, another one where another fate begins,"));
  }

  void controllers() {
    if (facts_.brokers.size() < 2) return;
    for (const auto& broker : facts_.brokers) {
      if (!broker.settings) continue;
      const auto it = broker.settings->find("controller.quorum.voters");
      if (it == broker.settings->end() || it->second.empty()) continue;
      const auto voters = 1 + std::count(it->second.begin(), it->second.end(), ',');
      if (voters >= 3) return;
      find(Weight::kAdvice, "cluster",
           fmt::format("{} controller{}: its death stops every change of leader", voters, voters == 1 ? "" : "s"),
           kNothingLost, "three controllers: controller.quorum.voters with three, in every broker's settings file");
    }
  }

  const ClusterFacts& facts_;
  std::set<std::string> told_;
  Findings findings_;
};

}  // namespace

Findings judge_cluster(const ClusterFacts& facts) { return Judge(facts).judge(); }

std::string set_brokers_command(const ClusterFacts& facts, const std::string& setting) {
  return fmt::format(
      "kafka-configs.sh --bootstrap-server {} --alter --entity-type brokers --entity-default --add-config {}",
      facts.bootstrap, setting);
}

}  // namespace antiphon::bus
