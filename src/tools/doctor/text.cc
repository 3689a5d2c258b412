// The report for a person: see doctor.h.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tools/doctor/doctor.h"

namespace antiphon::tools {
namespace {

using bus::Weight;

constexpr std::size_t kColumnsMax = 32;  // partitions side by side

std::string_view keeper_text(bus::Keeper keeper) {
  switch (keeper) {
    case bus::Keeper::kKraft:
      return "Apache Kafka with KRaft";
    case bus::Keeper::kZooKeeper:
      return "Apache Kafka with ZooKeeper";
    case bus::Keeper::kNobody:
      return "one broker alone (as the embedded broker is)";
    case bus::Keeper::kUnknown:
      return "Kafka; KRaft or ZooKeeper: not told";
  }
  return "";
}

std::string setting(const std::optional<bus::Settings>& settings, const std::string& name) {
  if (!settings) return "";
  const auto it = settings->find(name);
  return it == settings->end() ? "" : it->second;
}

bool holds(const std::vector<std::int32_t>& list, std::int32_t broker) {
  return std::find(list.begin(), list.end(), broker) != list.end();
}

std::string_view sign(const bus::PartitionDescription& partition, std::int32_t broker) {
  if (partition.leader == broker) return "★";
  if (!holds(partition.replicas, broker)) return "·";
  return holds(partition.in_sync, broker) ? "●" : "○";
}

// The brokers that are up, and those that only hold a replica: they are down.
std::set<std::int32_t> rows_of(const bus::TopicFacts& topic, const bus::ClusterFacts& facts) {
  std::set<std::int32_t> rows;
  for (const auto& broker : facts.brokers) rows.insert(broker.id);
  for (const auto& partition : topic.partitions) rows.insert(partition.replicas.begin(), partition.replicas.end());
  return rows;
}

bool is_up(const bus::ClusterFacts& facts, std::int32_t id) {
  return std::any_of(facts.brokers.begin(), facts.brokers.end(), [&](const auto& b) { return b.id == id; });
}

void brokers(std::string& out, const DoctorReport& report) {
  out += "BROKERS\n";
  for (const auto& broker : report.facts.brokers) {
    const std::string rack = setting(broker.settings, "broker.rack");
    const bool told = report.keeper != bus::Keeper::kKraft && broker.id == report.facts.controller_id;
    out += fmt::format("  {:<4} {:<28} {}{}\n", broker.id, broker.address, rack.empty() ? "no rack" : "rack " + rack,
                       told ? "   controller" : "");
  }
  if (report.keeper == bus::Keeper::kKraft) {
    std::string voters;
    for (const auto& broker : report.facts.brokers) {
      if (voters.empty()) voters = setting(broker.settings, "controller.quorum.voters");
    }
    out += fmt::format("  controllers: {}\n", voters.empty() ? "a quorum that its brokers do not list" : voters);
    out += fmt::format(
        "  which of them leads is not told to clients; it is by: kafka-metadata-quorum.sh --bootstrap-server {} "
        "describe --status\n",
        report.facts.bootstrap);
  }
}

void topics(std::string& out, const DoctorReport& report) {
  out += "TOPICS   ★ leads   ● in sync   ○ not in sync   · holds none\n";
  for (const auto& [name, topic] : report.facts.topics) {
    std::string least = setting(topic.settings, "min.insync.replicas");
    out += fmt::format("  {}{}\n", name, least.empty() ? "" : fmt::format("   (a write waits for {} at least)", least));
    out += picture_of(topic, report.facts);
  }
  for (const auto& name : report.missing) out += fmt::format("  {}   not there yet: its stage makes it\n", name);
}

std::string_view weight_text(Weight weight) {
  switch (weight) {
    case Weight::kRefused:
      return "NO START";
    case Weight::kBroken:
      return "BROKEN  ";
    case Weight::kNow:
      return "NOW     ";
    case Weight::kAdvice:
      return "advice  ";
  }
  return "";
}

void promises(std::string& out, const DoctorReport& report) {
  out += "PROMISES\n";
  for (const auto& finding : report.findings) {
    out += fmt::format("  {} {}: {}\n", weight_text(finding.weight), finding.subject, finding.what);
    out += fmt::format("           promise  {}\n           mend     {}\n", finding.promise, finding.mend);
  }
  if (report.findings.empty()) out += "  all are kept\n";
  out += fmt::format("  permissions: {}\n", report.access);
}

std::string verdict(const DoctorReport& report) {
  const auto count = [&](auto... weights) {
    return std::count_if(report.findings.begin(), report.findings.end(),
                         [&](const auto& f) { return ((f.weight == weights) || ...); });
  };
  const auto broken = count(Weight::kBroken, Weight::kRefused);
  if (broken > 0) return fmt::format("{} finding{} would break a promise", broken, broken == 1 ? "" : "s");
  if (count(Weight::kNow) > 0) return "no promise breaks, but writes are refused now";
  return "well: every promise is kept";
}

}  // namespace

std::string picture_of(const bus::TopicFacts& topic, const bus::ClusterFacts& facts) {
  std::string out;
  for (std::size_t first = 0; first < topic.partitions.size(); first += kColumnsMax) {
    const std::size_t end = std::min(first + kColumnsMax, topic.partitions.size());
    const std::size_t width = std::to_string(end - 1).size();
    out += fmt::format("{:<22}", "    partition");
    for (std::size_t p = first; p < end; ++p) out += fmt::format(" {:>{}}", p, width);
    out += "\n";
    for (const std::int32_t id : rows_of(topic, facts)) {
      out += fmt::format("    broker {:<4} {:<5} ", id, is_up(facts, id) ? "" : "down");
      // A sign is one column wide, and three bytes.
      for (std::size_t p = first; p < end; ++p)
        out += fmt::format("{}{}", std::string(width, ' '), sign(topic.partitions[p], id));
      out += "\n";
    }
  }
  return out;
}

std::string render_text(const DoctorReport& report) {
  std::string out = fmt::format("{}, {} broker{}, cluster {} at {}; namespace {}\n\n", keeper_text(report.keeper),
                                report.facts.brokers.size(), report.facts.brokers.size() == 1 ? "" : "s",
                                report.facts.cluster_id, report.facts.bootstrap, report.name_space);
  brokers(out, report);
  out += "\n";
  topics(out, report);
  out += "\n";
  promises(out, report);
  return out + "\n" + verdict(report) + "\n";
}

}  // namespace antiphon::tools
