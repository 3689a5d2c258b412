// ensure_topics: see admin.h.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/bus/admin.h"
#include "adapters/bus/promises.h"
#include "core/logging.h"

namespace antiphon::bus {
namespace {

using Topics = std::vector<TopicDescription>;

constexpr std::chrono::milliseconds kFactsTimeout{3'000};  // a start does not wait longer for what only warns

Topics::const_iterator find(const Topics& topics, const std::string& name) {
  return std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.name == name; });
}

// What a stage does about what it finds: it does not start on a topic of another shape, and says what else is wrong.
Result<> heed(const Findings& findings) {
  for (const Finding& finding : findings) {
    if (finding.weight == Weight::kRefused)
      return make_error(ErrorKind::kConfig, fmt::format("{}; mend it with: {}", finding.what, finding.mend));
  }
  for (const Finding& finding : findings) {
    if (finding.weight != Weight::kBroken) continue;
    logging::warn(
        "the cluster would break a promise; `antiphon doctor` tells more",
        {{"subject", finding.subject}, {"found", finding.what}, {"promise", finding.promise}, {"mend", finding.mend}});
  }
  return {};
}

Result<> check(Admin& admin, const std::vector<TopicSpec>& specs, const Topics& existing,
               std::chrono::milliseconds timeout) {
  std::vector<std::string> names;
  for (const TopicSpec& spec : specs) names.push_back(spec.name);
  ANTIPHON_TRY(facts, gather_facts(admin, existing, names, std::min(timeout, kFactsTimeout)));
  Findings findings;
  for (const TopicSpec& spec : specs) {
    const auto topic = facts.topics.find(spec.name);
    if (topic == facts.topics.end()) continue;  // made just now, as it must be
    if (!topic->second.settings) {
      auto settings = admin.topic_config(spec.name, timeout);
      // Another stage made it a moment ago, and the broker that was asked has not heard of it.
      if (!settings && settings.error().kind == ErrorKind::kNotFound)
        return make_error(ErrorKind::kUnavailable, fmt::format("topic {} is being made", spec.name));
      if (!settings) return settings.error();
      topic->second.settings = *std::move(settings);
    }
    const auto of_topic = judge_topic(spec, topic->second, facts);
    findings.insert(findings.end(), of_topic.begin(), of_topic.end());
  }
  const auto of_cluster = judge_cluster(facts);
  findings.insert(findings.end(), of_cluster.begin(), of_cluster.end());
  return heed(findings);
}

}  // namespace

Result<> ensure_topics(Admin& admin, const std::vector<TopicSpec>& specs, int replication,
                       std::chrono::milliseconds timeout) {
  ANTIPHON_TRY(existing, admin.topics(timeout));
  std::vector<std::string> made_by_others;
  for (const TopicSpec& spec : specs) {
    if (find(existing, spec.name) != existing.end()) continue;
    const auto created = admin.create_topic(spec, replication, timeout);
    if (created) {
      logging::info("topic made", {{"topic", spec.name}, {"partitions", spec.partitions}});
      continue;
    }
    if (created.error().kind != ErrorKind::kAlreadyExists) return created.error();
    made_by_others.push_back(spec.name);  // another stage was quicker: look at what it made
  }
  if (!made_by_others.empty()) {
    ANTIPHON_TRY(now, admin.topics(timeout));
    existing = std::move(now);
    for (const std::string& name : made_by_others) {
      if (find(existing, name) == existing.end())
        return make_error(ErrorKind::kUnavailable, fmt::format("topic {} is being made", name));
    }
  }
  return check(admin, specs, existing, timeout);
}

}  // namespace antiphon::bus
