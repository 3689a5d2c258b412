// AlterConfigs, versions 0 to 2 (KIP-133: what is not named goes back to its default), and IncrementalAlterConfigs,
// versions 0 and 1 (KIP-339: set, delete, append, subtract). KIPs: 133, 339.
// Topics: obeyed at once. The broker ("" for all brokers) and groups: kept and shown (core/dynamic_configs.h); what a
// broker takes from its command line only is INVALID_REQUEST. Broker loggers, client metrics: INVALID_REQUEST.
#include <algorithm>
#include <deque>

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"
#include "kafka/wire/alter_configs.h"
#include "kafka/wire/incremental_alter_configs.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
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

// A value that this resource takes, or why not.
Outcome check_value(std::int8_t type, std::string_view name, std::string_view value) {
  const ConfigEntry* entry = find_dynamic_config(type, name);
  if (entry == nullptr && type == kBrokerResource)
    return {ErrorCode::kInvalidRequest, fmt::format("Cannot update this config while the broker runs: {}", name)};
  if (entry == nullptr) return {ErrorCode::kInvalidConfig, fmt::format("Unknown config name: {}", name)};
  if (!takes(*entry, value))
    return {ErrorCode::kInvalidConfig, fmt::format("Invalid value {} for configuration {}", value, name)};
  return {};
}

Outcome apply_change(std::int8_t type, const wire::IncrementalAlterConfigsRequest::Config& change,
                     log::TopicConfig& config) {
  const std::string name(change.name);
  const ConfigEntry* entry = find_dynamic_config(type, name);
  if (entry == nullptr) return check_value(type, name, "");
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
  if (auto checked = check_value(type, name, value); checked.error != ErrorCode::kNone) return checked;
  config[name] = std::move(value);
  return {};
}

const log::TopicConfig& current(BrokerContext& context, std::int8_t type, std::string_view name) {
  return type == kTopicResource ? context.log.topic(name)->config : context.dynamic_configs.of(type, name);
}

Outcome store(BrokerContext& context, std::int8_t type, std::string_view name, const log::TopicConfig& config) {
  if (type != kTopicResource) {
    if (const auto set = context.dynamic_configs.set(type, name, config); !set)
      return {to_wire_error(set.error()), set.error().message};
    logging::info("settings changed", {{"resource_type", static_cast<int>(type)}, {"name", name}});
    return {};
  }
  const log::TopicId id = context.log.topic(name)->id;
  if (const auto set = context.log.set_topic_config(name, config); !set)
    return {to_wire_error(set.error()), set.error().message};
  context.forget_policy(id);
  logging::info("topic settings changed", {{"topic", name}});
  return {};
}

Outcome check_resource(BrokerContext& context, std::int8_t type, std::string_view name) {
  if (type == kTopicResource) {
    if (context.log.topic(name) != nullptr) return {};
    return {ErrorCode::kUnknownTopicOrPartition, "This server does not host this topic-partition."};
  }
  if (type == kBrokerResource && (name.empty() || name == fmt::format("{}", context.node_id()))) return {};
  if (type == kBrokerResource) return {ErrorCode::kInvalidRequest, "Unexpected broker id"};
  if (type == kGroupResource && !name.empty()) return {};
  return {ErrorCode::kInvalidRequest, "This resource has no settings that can be changed here"};
}

template <class Response, class Message, class Alter>
void alter_all(BrokerContext& context, const Request& request, const Message& message, Alter&& alter) {
  Response response;
  std::deque<Outcome> outcomes;
  for (const auto& resource : message.resources) {
    auto& outcome = outcomes.emplace_back(check_resource(context, resource.resource_type, resource.resource_name));
    log::TopicConfig config;
    if (outcome.error == ErrorCode::kNone) outcome = alter(resource, config);
    if (outcome.error == ErrorCode::kNone && !message.validate_only)
      outcome = store(context, resource.resource_type, resource.resource_name, config);
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
  const auto alter = [](const auto& resource, log::TopicConfig& config) -> Outcome {
    for (const auto& each : resource.configs) {
      if (!each.value) continue;
      auto checked = check_value(resource.resource_type, each.name, *each.value);
      if (checked.error != ErrorCode::kNone) return checked;
      config[std::string(each.name)] = std::string(*each.value);
    }
    return {};
  };
  alter_all<wire::AlterConfigsResponse>(context, request, *message, alter);
}

void handle_incremental_alter_configs(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::IncrementalAlterConfigsRequest>(context, request);
  if (!message) return;
  const auto alter = [&](const auto& resource, log::TopicConfig& config) -> Outcome {
    config = current(context, resource.resource_type, resource.resource_name);
    for (const auto& change : resource.configs) {
      auto outcome = apply_change(resource.resource_type, change, config);
      if (outcome.error != ErrorCode::kNone) return outcome;
    }
    return {};
  };
  alter_all<wire::IncrementalAlterConfigsResponse>(context, request, *message, alter);
}

}  // namespace antiphon::kafka::broker
