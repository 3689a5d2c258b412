// AlterConfigs, versions 0 to 2 (KIP-133: what is not named goes back to its default), and IncrementalAlterConfigs,
// versions 0 and 1 (KIP-339: set, delete, append, subtract). Topics only; a broker's settings come from its command
// line (INVALID_REQUEST).
#include <algorithm>
#include <deque>

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"
#include "kafka/wire/alter_configs.h"
#include "kafka/wire/incremental_alter_configs.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
constexpr std::int8_t kTopicResource = 2;
enum class Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

struct Outcome {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
};

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (comma != 0) out.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return out;
}

std::string edited_list(std::string_view current, std::string_view change, bool append) {
  auto words = words_of(current);
  for (const auto& word : words_of(change)) {
    std::erase(words, word);
    if (append) words.push_back(word);
  }
  return fmt::format("{}", fmt::join(words, ","));
}

Outcome apply_change(const wire::IncrementalAlterConfigsRequest::Config& change, log::TopicConfig& config) {
  const std::string name(change.name);
  const ConfigEntry* entry = find_topic_config(name);
  if (entry == nullptr) return {ErrorCode::kInvalidConfig, fmt::format("Unknown topic config name: {}", name)};
  const auto operation = static_cast<Operation>(change.config_operation);
  if (operation == Operation::kDelete) {
    config.erase(name);
    return {};
  }
  if (!change.value) return {ErrorCode::kInvalidConfig, fmt::format("Null value not supported for {}", name)};
  std::string value(*change.value);
  if (operation == Operation::kAppend || operation == Operation::kSubtract) {
    if (entry->type != ConfigType::kList) return {ErrorCode::kInvalidConfig, fmt::format("{} is not a list", name)};
    const auto set = config.find(name);
    value = edited_list(set != config.end() ? std::string_view(set->second) : entry->default_value, value,
                        operation == Operation::kAppend);
  } else if (operation != Operation::kSet) {
    return {ErrorCode::kInvalidRequest, fmt::format("Unknown operation {}", change.config_operation)};
  }
  if (const auto valid = check_topic_config(name, value); !valid)
    return {ErrorCode::kInvalidConfig, valid.error().message};
  config[name] = std::move(value);
  return {};
}

Outcome store(BrokerContext& context, std::string_view topic, const log::TopicConfig& config, bool validate_only) {
  if (validate_only) return {};
  const log::TopicId id = context.log.topic(topic)->id;
  if (const auto set = context.log.set_topic_config(topic, config); !set)
    return {to_wire_error(set.error()), set.error().message};
  context.forget_policy(id);
  logging::info("topic settings changed", {{"topic", topic}});
  return {};
}

Outcome check_resource(BrokerContext& context, std::int8_t type, std::string_view name) {
  if (type != kTopicResource) return {ErrorCode::kInvalidRequest, "Only topics have settings that can be changed here"};
  if (context.log.topic(name) == nullptr)
    return {ErrorCode::kUnknownTopicOrPartition, "This server does not host this topic-partition."};
  return {};
}

template <class Response, class Message, class Alter>
void alter_all(BrokerContext& context, const Request& request, const Message& message, Alter&& alter) {
  Response response;
  std::deque<Outcome> outcomes;
  for (const auto& resource : message.resources) {
    auto& outcome = outcomes.emplace_back(check_resource(context, resource.resource_type, resource.resource_name));
    if (outcome.error == ErrorCode::kNone) outcome = alter(resource);
    auto& out = response.responses.emplace_back();
    out.resource_type = resource.resource_type;
    out.resource_name = resource.resource_name;
    out.error_code = outcome.error;
    if (!outcome.message.empty()) out.error_message = outcome.message;
  }
  context.respond(request, response);
}

}  // namespace

void handle_alter_configs(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::AlterConfigsRequest>(context, request);
  if (!message) return;
  alter_all<wire::AlterConfigsResponse>(context, request, *message, [&](const auto& resource) -> Outcome {
    log::TopicConfig config;
    for (const auto& each : resource.configs) {
      if (!each.value) continue;
      if (const auto valid = check_topic_config(each.name, *each.value); !valid)
        return {ErrorCode::kInvalidConfig, valid.error().message};
      config[std::string(each.name)] = std::string(*each.value);
    }
    return store(context, resource.resource_name, config, message->validate_only);
  });
}

void handle_incremental_alter_configs(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::IncrementalAlterConfigsRequest>(context, request);
  if (!message) return;
  alter_all<wire::IncrementalAlterConfigsResponse>(context, request, *message, [&](const auto& resource) -> Outcome {
    log::TopicConfig config = context.log.topic(resource.resource_name)->config;
    for (const auto& change : resource.configs) {
      if (auto outcome = apply_change(change, config); outcome.error != ErrorCode::kNone) return outcome;
    }
    return store(context, resource.resource_name, config, message->validate_only);
  });
}

}  // namespace antiphon::kafka::broker
