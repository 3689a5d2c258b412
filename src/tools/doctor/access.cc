#include "tools/doctor/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace antiphon::tools {
namespace {

constexpr std::string_view kPromise = "every stage can do its job";

bool implies(const std::string& granted, const std::string& wanted) {
  if (granted == wanted || granted == "ALL") return true;
  if (wanted == "DESCRIBE") return granted == "READ" || granted == "WRITE" || granted == "DELETE" || granted == "ALTER";
  return wanted == "DESCRIBE_CONFIGS" && granted == "ALTER_CONFIGS";
}

// A rule about every name that the need means. A need of a prefix is met by that prefix or a shorter one only.
bool covers(const bus::AccessRule& rule, const Need& need) {
  // Making a topic may also be allowed on the cluster as a whole.
  const bool whole = rule.resource_type == "BROKER" || rule.resource_type == "CLUSTER";
  if (whole) return need.operation == "CREATE" && need.resource_type == "TOPIC";
  if (rule.resource_type != need.resource_type) return false;
  if (rule.pattern_type == "PREFIXED") return need.resource.starts_with(rule.resource_name);
  return rule.resource_name == "*" || (!need.prefix && rule.resource_name == need.resource);
}

// A rule about some of the names that the need means: enough for a DENY to take it away.
bool touches(const bus::AccessRule& rule, const Need& need) {
  if (covers(rule, need)) return true;
  return need.prefix && rule.resource_type == need.resource_type && rule.resource_name.starts_with(need.resource);
}

bool is_about(const bus::AccessRule& rule, const AccessFacts& access) {
  return rule.principal == access.principal || rule.principal == "User:*";
}

bool granted(const Need& need, const AccessFacts& access) {
  bool allowed = false;
  bool any_rule = false;
  for (const auto& rule : access.rules) {
    any_rule = any_rule || touches(rule, need);
    if (!is_about(rule, access)) continue;
    if (rule.permission == "DENY" && touches(rule, need) &&
        (rule.operation == need.operation || rule.operation == "ALL"))
      return false;
    allowed = allowed || (rule.permission == "ALLOW" && covers(rule, need) && implies(rule.operation, need.operation));
  }
  return allowed || (!any_rule && access.everyone_where_no_rule);
}

// DESCRIBE_CONFIGS as Kafka's tool wants it: DescribeConfigs.
std::string camel(const std::string& operation) {
  std::string out;
  bool capital = true;
  for (const char c : operation) {
    if (c == '_') {
      capital = true;
      continue;
    }
    out += capital ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    capital = false;
  }
  return out;
}

std::string_view option_of(const Need& need) {
  if (need.resource_type == "TRANSACTIONAL_ID") return "transactional-id";
  return need.resource_type == "GROUP" ? "group" : "topic";
}

std::string_view word_of(const Need& need) {
  return need.resource_type == "TRANSACTIONAL_ID" ? "transactional id" : option_of(need);
}

std::string grant_command(const Need& need, const AccessFacts& access, const std::string& bootstrap) {
  return fmt::format("kafka-acls.sh --bootstrap-server {} --add --allow-principal {} --operation {} --{} {}{}",
                     bootstrap, access.principal, camel(need.operation), option_of(need), need.resource,
                     need.prefix ? " --resource-pattern-type prefixed" : "");
}

}  // namespace

std::vector<Need> needs_of(const events::Topics& topics, const std::string& archive_name) {
  std::vector<Need> needs;
  const auto topic = [&](const char* stage, const std::string& name, std::initializer_list<const char*> operations,
                         bool prefix = false) {
    for (const char* operation : operations) needs.push_back({stage, "TOPIC", name, prefix, operation});
  };
  // Of the group whose baton decides who works; and the names that readers of partitions go by, who join no group but
  // whose library asks where it would be kept.
  const auto groups = [&](const std::string& stage) {
    needs.push_back({stage, "GROUP", topics.name_space() + "." + stage, false, "READ"});
    needs.push_back({stage, "GROUP", topics.client_id(stage, ""), true, "DESCRIBE"});
  };
  const auto writes = {"CREATE", "DESCRIBE_CONFIGS", "READ", "WRITE"};
  const auto reads = {"CREATE", "DESCRIBE_CONFIGS", "READ"};
  topic("select", topics.prompts(), writes);
  topic("select", topics.prompt_state(), reads);
  topic("select", topics.corpus_state(), writes);
  groups("select");
  topic("studio", topics.prompts(), reads);
  topic("studio", topics.recordings(), writes);
  topic("studio", topics.prompt_state(), writes);
  topic("studio", topics.corpus_state(), reads);
  groups("studio");
  // prompt-state is written in transactions; the id is that of the instance.
  needs.push_back({"studio", "TRANSACTIONAL_ID", topics.client_id("studio", ""), true, "WRITE"});
  topic("archive", topics.recordings(), reads);
  const bool any = archive_name.empty();
  topic("archive", events::Topics::dlq(topics.recordings(), "archive." + archive_name),
        {"CREATE", "DESCRIBE_CONFIGS", "WRITE"}, any);
  needs.push_back({"archive", "GROUP", topics.group_id("archive", archive_name), any, "READ"});
  return needs;
}

bus::Findings judge_access(const std::vector<Need>& needs, const AccessFacts& access, const std::string& bootstrap) {
  bus::Findings findings;
  const auto& super = access.super_users;
  if (std::find(super.begin(), super.end(), access.principal) != super.end()) return findings;
  for (const Need& need : needs) {
    if (granted(need, access)) continue;
    findings.push_back({bus::Weight::kBroken, need.stage,
                        fmt::format("{} may not {} {} {}{}, which {} needs", access.principal, camel(need.operation),
                                    word_of(need), need.resource, need.prefix ? "*" : "", need.stage),
                        std::string(kPromise), grant_command(need, access, bootstrap)});
  }
  return findings;
}

}  // namespace antiphon::tools
