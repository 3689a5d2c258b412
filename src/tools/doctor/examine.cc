// examine: see doctor.h.
#include <fmt/format.h>

#include <algorithm>

#include "tools/doctor/access.h"
#include "tools/doctor/doctor.h"

namespace antiphon::tools {
namespace {

using bus::Weight;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(separator, at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

class Doctor {
 public:
  Doctor(bus::Admin& admin, const DoctorQuestion& question) : admin_(admin), question_(question) {}

  Result<DoctorReport> examine() {
    report_.name_space = question_.topics.name_space();
    ANTIPHON_TRY(topics, admin_.topics(question_.timeout));
    const auto specs = specs_for(topics);
    std::vector<std::string> names;
    names.reserve(specs.size());
    for (const auto& spec : specs) names.push_back(spec.name);
    ANTIPHON_TRY(facts, bus::gather_facts(admin_, topics, names, question_.timeout));
    report_.facts = std::move(facts);
    report_.keeper = bus::keeper_of(report_.facts);
    add(bus::judge_cluster(report_.facts));
    for (const auto& spec : specs) judge(spec);
    access();
    std::stable_sort(report_.findings.begin(), report_.findings.end(),
                     [](const auto& a, const auto& b) { return a.weight > b.weight; });
    return std::move(report_);
  }

 private:
  // The stages' topics, and every dead letter topic that is there.
  std::vector<TopicSpec> specs_for(const std::vector<bus::TopicDescription>& topics) const {
    std::int32_t partitions = question_.partitions.value_or(events::kPartitionsDefault);
    const std::string recordings = question_.topics.recordings();
    for (const auto& topic : topics) {
      if (topic.name == recordings && !question_.partitions) partitions = topic.partitions;
    }
    auto specs = question_.topics.specs(partitions);
    const std::string letters = events::Topics::dlq(recordings, "");
    for (const auto& topic : topics) {
      if (topic.name.starts_with(letters))
        specs.push_back(events::Topics::dlq_spec(recordings, topic.name.substr(letters.size()), partitions));
    }
    return specs;
  }

  void add(bus::Findings findings) {
    for (auto& finding : findings) report_.findings.push_back(std::move(finding));
  }

  void judge(const TopicSpec& spec) {
    const auto topic = report_.facts.topics.find(spec.name);
    if (topic == report_.facts.topics.end()) return report_.missing.push_back(spec.name);
    if (!topic->second.settings) {
      report_.findings.push_back(
          {Weight::kAdvice, spec.name,
           fmt::format("topic {}: its settings are not told, so they cannot be judged", spec.name),
           "every stage can do its job", "allow DescribeConfigs on it to who asks"});
    }
    add(bus::judge_topic(spec, topic->second, report_.facts));
  }

  std::string broker_setting(const std::string& name) const {
    for (const auto& broker : report_.facts.brokers) {
      if (!broker.settings) continue;
      const auto it = broker.settings->find(name);
      if (it != broker.settings->end()) return it->second;
    }
    return "";
  }

  void access() {
    auto rules = admin_.access_rules(question_.timeout);
    if (!rules) {
      report_.access = fmt::format("not known: {}", rules.error().message);
      return;
    }
    // A cluster without an authorizer may also answer with no rule at all.
    const bool told = std::any_of(report_.facts.brokers.begin(), report_.facts.brokers.end(),
                                  [](const auto& broker) { return broker.settings.has_value(); });
    if (!*rules || ((*rules)->empty() && told && broker_setting("authorizer.class.name").empty())) {
      report_.access = "no rules of access are kept here: everybody may do everything";
      return;
    }
    const auto user = question_.kafka.properties.find("sasl.username");
    if (user == question_.kafka.properties.end()) {
      report_.access = fmt::format(
          "{} rules; not judged, because only the broker knows who we are (name yourself: --kafka-property "
          "sasl.username=NAME)",
          (*rules)->size());
      return;
    }
    const AccessFacts facts{"User:" + user->second, broker_setting("allow.everyone.if.no.acl.found") == "true",
                            split(broker_setting("super.users"), ';'), std::move(**rules)};
    report_.access = fmt::format("{} rules, judged for {} as {}", facts.rules.size(), facts.principal,
                                 question_.stage.empty() ? "every stage" : question_.stage);
    auto needs = needs_of(question_.topics, question_.archive_name);
    std::erase_if(needs, [&](const Need& need) { return !question_.stage.empty() && need.stage != question_.stage; });
    add(judge_access(needs, facts, report_.facts.bootstrap));
  }

  bus::Admin& admin_;
  const DoctorQuestion& question_;
  DoctorReport report_;
};

}  // namespace

int DoctorReport::exit_code() const {
  const auto has = [this](Weight weight) {
    return std::any_of(findings.begin(), findings.end(), [&](const auto& f) { return f.weight == weight; });
  };
  if (has(Weight::kBroken) || has(Weight::kRefused)) return antiphon::exit_code(ErrorKind::kConfig);
  return has(Weight::kNow) ? antiphon::exit_code(ErrorKind::kUnavailable) : 0;
}

Result<DoctorReport> examine(bus::Admin& admin, const DoctorQuestion& question) {
  return Doctor(admin, question).examine();
}

}  // namespace antiphon::tools
