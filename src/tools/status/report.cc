#include "tools/status/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace antiphon::tools {
namespace {

std::string seconds_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

void runs(std::string& out, const StatusReport& report) {
  out += "RUNS\n";
  for (const auto& process : report.processes) {
    out +=
        fmt::format("  {:<16} {:<10} pid {:<8} since {}{}\n", process.name, process.state, process.pid, process.since,
                    process.restarts > 0 ? fmt::format(", started again {} times", process.restarts) : "");
  }
  for (const auto& group : report.groups) {
    out += fmt::format("  {:<34} {:<12} {} member{}\n", group.name, group.state, group.members.size(),
                       group.members.size() == 1 ? "" : "s");
  }
  if (report.processes.empty() && report.groups.empty()) out += "  nothing\n";
}

void flows(std::string& out, const StatusReport& report) {
  out += fmt::format("FLOWS {:>47} {:>14}\n", "events", "last minute");
  for (const auto& topic : report.topics)
    out += fmt::format("  {:<40} {:>10} {:>14}\n", topic.name, topic.events, topic.last_minute);
  for (const auto& corpus : report.corpora) {
    out += fmt::format("  corpus {}: {}{}{}; {} published, {} left out, {} repeated\n", corpus.id, corpus.condition,
                       corpus.detail.empty() ? "" : ", ", corpus.detail, corpus.published, corpus.left_out,
                       corpus.repeated);
  }
}

void waits(std::string& out, const StatusReport& report) {
  out += "WAITS\n";
  if (report.open_sentences.empty()) out += "  no open sentences\n";
  for (const auto& [locale, count] : report.open_sentences)
    out += fmt::format("  {} open sentence{} in {}\n", count, count == 1 ? "" : "s", locale);
  for (const auto& group : report.groups) {
    if (group.lag == 0) continue;
    out += fmt::format("  {} has {} events before it{}\n", group.name, group.lag,
                       group.lag_seconds ? ", the oldest " + seconds_text(*group.lag_seconds) + " old" : "");
  }
}

void failed(std::string& out, const StatusReport& report) {
  out += "FAILED\n";
  bool any = false;
  for (const auto& topic : report.dead_letters) {
    if (topic.events == 0) continue;
    out += fmt::format("  {} dead letter{} in {}\n", topic.events, topic.events == 1 ? "" : "s", topic.name);
    any = true;
  }
  for (const auto& process : report.processes) {
    for (const auto& problem : process.problems) {
      out += fmt::format("  {}: {}\n", process.name, problem);
      any = true;
    }
  }
  for (const auto& corpus : report.corpora) {
    if (corpus.condition != "offline") continue;
    out += fmt::format("  corpus {} is offline: {}\n", corpus.id, corpus.detail);
    any = true;
  }
  if (!any) out += "  nothing\n";
}

nlohmann::json json_of(const TopicLine& topic) {
  return {{"topic", topic.name}, {"events", topic.events}, {"last_minute", topic.last_minute}};
}

}  // namespace

std::string render_text(const StatusReport& report) {
  std::string out =
      fmt::format("{} at {} ({} broker{}), {}\n\n", report.name_space, report.bootstrap, report.brokers.size(),
                  report.brokers.size() == 1 ? "" : "s", format_rfc3339(report.time));
  runs(out, report);
  out += "\n";
  flows(out, report);
  out += "\n";
  waits(out, report);
  out += "\n";
  failed(out, report);
  return out;
}

std::string render_json(const StatusReport& report) {
  nlohmann::json out{{"namespace", report.name_space},
                     {"bootstrap", report.bootstrap},
                     {"time", format_rfc3339(report.time)},
                     {"controller", report.controller},
                     {"open_sentences", report.open_sentences}};
  for (const char* name : {"brokers", "processes", "topics", "groups", "corpora", "dead_letters"})
    out[name] = nlohmann::json::array();
  for (const auto& [id, address] : report.brokers) out["brokers"].push_back({{"id", id}, {"address", address}});
  for (const auto& p : report.processes) {
    out["processes"].push_back({{"name", p.name},
                                {"pid", p.pid},
                                {"state", p.state},
                                {"restarts", p.restarts},
                                {"since", p.since},
                                {"problems", p.problems}});
  }
  for (const auto& topic : report.topics) out["topics"].push_back(json_of(topic));
  for (const auto& topic : report.dead_letters) out["dead_letters"].push_back(json_of(topic));
  for (const auto& g : report.groups) {
    nlohmann::json group{{"group", g.name}, {"state", g.state}, {"members", g.members}, {"lag", g.lag}};
    group["lag_seconds"] = g.lag_seconds ? nlohmann::json(*g.lag_seconds) : nlohmann::json(nullptr);
    out["groups"].push_back(std::move(group));
  }
  for (const auto& c : report.corpora) {
    out["corpora"].push_back({{"id", c.id},
                              {"condition", c.condition},
                              {"detail", c.detail},
                              {"published", c.published},
                              {"left_out", c.left_out},
                              {"repeated", c.repeated}});
  }
  return out.dump(2) + "\n";
}

}  // namespace antiphon::tools
