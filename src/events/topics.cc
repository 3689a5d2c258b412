#include "events/topics.h"

#include <algorithm>
#include <map>

namespace antiphon::events {
namespace {

constexpr std::string_view kUnbounded = "-1";
constexpr std::string_view kErasureBoundMs = "2592000000";  // 30 days: an erased voice is gone from the log by then
// Ten years: a target that was away must still meet the tombstones when it comes back (Kafka's own default is one day).
constexpr std::string_view kTombstoneKeptMs = "315360000000";

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_name(std::string_view name, std::string_view also) {
  return !name.empty() && name.size() <= kNamespaceCharsMax && is_name_char(name.front()) &&
         is_name_char(name.back()) && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_name_char(c) || also.find(c) != std::string_view::npos;
         });
}

std::map<std::string, std::string> config_of(std::string_view cleanup_policy, std::size_t message_bytes_max) {
  return {{"cleanup.policy", std::string(cleanup_policy)},
          {"retention.ms", std::string(kUnbounded)},
          {"retention.bytes", std::string(kUnbounded)},
          {"max.message.bytes", std::to_string(message_bytes_max)}};
}

}  // namespace

Result<Topics> Topics::in(std::string_view name_space) {
  if (!is_name(name_space, ".-") || name_space.find("..") != std::string_view::npos) {
    return make_error(ErrorKind::kUsage,
                      "a namespace is 1 to 64 of a-z, 0-9, dot and hyphen, with a letter or digit at both ends");
  }
  return Topics(std::string(name_space));
}

std::vector<TopicSpec> Topics::specs(std::int32_t partitions) const {
  std::vector<TopicSpec> specs{{prompts(), partitions, config_of("delete", kMessageBytesMax)},
                               {recordings(), partitions, config_of("compact", kMessageBytesMax)},
                               {prompt_state(), partitions, config_of("compact", kMessageBytesMax)},
                               {corpus_state(), 1, config_of("compact", kMessageBytesMax)}};
  specs[1].config["max.compaction.lag.ms"] = kErasureBoundMs;
  specs[1].config["delete.retention.ms"] = kTombstoneKeptMs;
  return specs;
}

std::string Topics::dlq(std::string_view topic, std::string_view target) {
  return std::string("dlq.").append(topic).append(".").append(target);
}

TopicSpec Topics::dlq_spec(std::string_view topic, std::string_view target, std::int32_t partitions) {
  return {dlq(topic, target), partitions, config_of("delete", kDeadLetterMessageBytesMax)};
}

std::string Topics::client_id(std::string_view stage, std::string_view slot) const {
  return std::string(name_space_).append(".").append(stage).append(".").append(slot);
}

std::string Topics::group_id(std::string_view stage, std::string_view name) const { return client_id(stage, name); }

bool is_target_name(std::string_view name) { return is_name(name, "-"); }

}  // namespace antiphon::events
