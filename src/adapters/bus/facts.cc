// gather_facts and keeper_of: see promises.h.
#include <algorithm>

#include "adapters/bus/promises.h"

namespace antiphon::bus {
namespace {

constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

bool has(const Settings& settings, const std::string& name) {
  const auto it = settings.find(name);
  return it != settings.end() && !it->second.empty();
}

}  // namespace

Keeper keeper_of(const ClusterFacts& facts) {
  bool told = false;
  for (const auto& broker : facts.brokers) {
    if (!broker.settings) continue;
    told = true;
    if (has(*broker.settings, "process.roles")) return Keeper::kKraft;
    if (has(*broker.settings, "zookeeper.connect")) return Keeper::kZooKeeper;
  }
  return told && facts.brokers.size() == 1 ? Keeper::kNobody : Keeper::kUnknown;
}

Result<ClusterFacts> gather_facts(Admin& admin, const std::vector<TopicDescription>& topics,
                                  const std::vector<std::string>& wanted, std::chrono::milliseconds timeout) {
  ANTIPHON_TRY(cluster, admin.cluster(timeout));
  ClusterFacts facts{cluster.bootstrap, cluster.cluster_id, cluster.controller_id, {}, {}};
  for (const auto& [id, address] : cluster.brokers) {
    auto settings = admin.broker_config(id, timeout);
    facts.brokers.push_back({id, address, settings ? std::optional(*std::move(settings)) : std::nullopt});
  }
  for (const auto& topic : topics) {
    if (topic.name != kOffsetsTopic && std::find(wanted.begin(), wanted.end(), topic.name) == wanted.end()) continue;
    auto settings = admin.topic_config(topic.name, timeout);
    facts.topics[topic.name] = {topic.name, topic.holders,
                                settings ? std::optional(*std::move(settings)) : std::nullopt};
  }
  return facts;
}

}  // namespace antiphon::bus
