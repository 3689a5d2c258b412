// What a cluster must be so that the promises of the design hold, as plain functions on plain facts.
//
// Facts are what Kafka's metadata and DescribeConfigs tell; gather_facts asks for them. A finding says what is wrong,
// which promise it would break, and the command that mends it. Every stage judges its own topics at its start
// (ensure_topics); `antiphon doctor` judges all.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bus/admin.h"
#include "core/record.h"

namespace antiphon::bus {

using Settings = std::map<std::string, std::string>;  // Kafka's names and values

struct BrokerFacts {
  std::int32_t id = -1;
  std::string address;
  std::optional<Settings> settings;  // nothing: the broker does not tell us (permission, time)
};

struct TopicFacts {
  std::string name;
  std::vector<PartitionDescription> partitions;
  std::optional<Settings> settings;
};

struct ClusterFacts {
  std::string bootstrap;
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<BrokerFacts> brokers;          // those that are up, by id
  std::map<std::string, TopicFacts> topics;  // those that were asked for, and __consumer_offsets
};

// Who keeps a cluster's metadata, by what its brokers' settings hold.
enum class Keeper : std::uint8_t { kKraft, kZooKeeper, kNobody, kUnknown };  // kNobody: one node, such as ours
Keeper keeper_of(const ClusterFacts& facts);

enum class Weight : std::uint8_t {
  kAdvice,   // all promises hold; it could be better
  kNow,      // no promise breaks, but at this moment writes are refused
  kBroken,   // a promise would break when something fails
  kRefused,  // and a stage does not start with it: the topic is of another shape
};

struct Finding {
  Weight weight = Weight::kAdvice;
  std::string subject;  // a topic, "broker 2", "cluster"
  std::string what;
  std::string promise;  // of the design, in a few words
  std::string mend;     // a command, or what to do
};
using Findings = std::vector<Finding>;

// One topic that is there, against what it must be.
Findings judge_topic(const TopicSpec& spec, const TopicFacts& topic, const ClusterFacts& facts);
// What holds for the cluster as a whole: the groups' offsets, leaders, brokers' settings.
Findings judge_cluster(const ClusterFacts& facts);

// Asks for the brokers, the topics that `wanted` names (their settings too), and __consumer_offsets. A broker or topic
// whose settings are not told has none; only a cluster that does not answer at all is an error.
Result<ClusterFacts> gather_facts(Admin& admin, const std::vector<TopicDescription>& topics,
                                  const std::vector<std::string>& wanted, std::chrono::milliseconds timeout);

// The commands with Kafka's own tools.
std::string set_topic_command(const ClusterFacts& facts, const std::string& topic, const std::string& setting);
std::string set_brokers_command(const ClusterFacts& facts, const std::string& setting);

}  // namespace antiphon::bus
