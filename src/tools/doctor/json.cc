// The report for programs: the same facts and findings, with nothing left out.
#include <nlohmann/json.hpp>

#include "tools/doctor/doctor.h"

namespace antiphon::tools {
namespace {

using nlohmann::json;

std::string_view name_of(bus::Keeper keeper) {
  switch (keeper) {
    case bus::Keeper::kKraft:
      return "kraft";
    case bus::Keeper::kZooKeeper:
      return "zookeeper";
    case bus::Keeper::kNobody:
      return "none";
    case bus::Keeper::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view name_of(bus::Weight weight) {
  switch (weight) {
    case bus::Weight::kRefused:
      return "refused";
    case bus::Weight::kBroken:
      return "broken";
    case bus::Weight::kNow:
      return "now";
    case bus::Weight::kAdvice:
      return "advice";
  }
  return "advice";
}

json settings_of(const std::optional<bus::Settings>& settings) {
  return settings ? json(*settings) : json(nullptr);  // null: not told
}

json rack_of(const bus::BrokerFacts& broker) {
  if (!broker.settings) return nullptr;
  const auto it = broker.settings->find("broker.rack");
  return it == broker.settings->end() || it->second.empty() ? json(nullptr) : json(it->second);
}

json topic_json(const bus::TopicFacts& topic) {
  json out{{"topic", topic.name}, {"partitions", json::array()}, {"settings", settings_of(topic.settings)}};
  for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
    const auto& partition = topic.partitions[p];
    out["partitions"].push_back({{"partition", p},
                                 {"leader", partition.leader < 0 ? json(nullptr) : json(partition.leader)},
                                 {"replicas", partition.replicas},
                                 {"in_sync", partition.in_sync}});
  }
  return out;
}

}  // namespace

std::string render_json(const DoctorReport& report) {
  const bool told = report.keeper != bus::Keeper::kKraft && report.facts.controller_id >= 0;
  json out{{"namespace", report.name_space},
           {"bootstrap", report.facts.bootstrap},
           {"cluster_id", report.facts.cluster_id},
           {"metadata", name_of(report.keeper)},
           {"controller", told ? json(report.facts.controller_id) : json(nullptr)},  // null: not told to clients
           {"brokers", json::array()},
           {"topics", json::array()},
           {"missing_topics", report.missing},
           {"permissions", report.access},
           {"findings", json::array()},
           {"exit_code", report.exit_code()}};
  for (const auto& broker : report.facts.brokers)
    out["brokers"].push_back({{"id", broker.id}, {"address", broker.address}, {"rack", rack_of(broker)}});
  for (const auto& [name, topic] : report.facts.topics) out["topics"].push_back(topic_json(topic));
  for (const auto& finding : report.findings) {
    out["findings"].push_back({{"weight", name_of(finding.weight)},
                               {"subject", finding.subject},
                               {"what", finding.what},
                               {"promise", finding.promise},
                               {"mend", finding.mend}});
  }
  return out.dump(2) + "\n";
}

}  // namespace antiphon::tools
