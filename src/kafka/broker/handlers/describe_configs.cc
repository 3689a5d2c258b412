// DescribeConfigs, versions 0 to 4. KIPs: 133, 226 (synonyms from 1), 569 (types from 3; documentation: none).
// Topics: all settings with their defaults. The broker (our node id, or "" for what was set for all brokers): what
// tools ask for, and what was set while it ran. Groups: the settings of KIP-848's groups. Broker loggers and client
// metrics: none. Other types: INVALID_REQUEST.
#include "kafka/wire/describe_configs.h"

#include <algorithm>
#include <deque>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::DescribeConfigsRequest;
using wire::DescribeConfigsResponse;
using wire::ErrorCode;

struct BrokerConfig {
  std::string name;
  std::string value;
  ConfigType type;
  bool from_settings = false;
};

std::vector<BrokerConfig> broker_configs(const BrokerContext& context) {
  using enum ConfigType;
  const auto& s = context.settings;
  std::vector<BrokerConfig> out{
      {"advertised.listeners", fmt::format("PLAINTEXT://{}:{}", context.advertised.host, context.advertised.port),
       kString, true},
      {"auto.create.topics.enable", s.auto_create_topics ? "true" : "false", kBoolean, true},
      {"broker.id", fmt::format("{}", s.node_id), kInt, true},
      {"connections.max.idle.ms", fmt::format("{}", s.limits.idle_timeout.count()), kLong, true},
      {"default.replication.factor", "1", kInt, false},
      {"delete.topic.enable", "true", kBoolean, false},
      {"fetch.max.bytes", fmt::format("{}", s.limits.fetch_bytes_max), kInt, true},
      {"group.initial.rebalance.delay.ms", fmt::format("{}", s.initial_rebalance_delay.count()), kInt, true},
      {"group.max.session.timeout.ms", fmt::format("{}", s.limits.session_timeout_max.count()), kInt, true},
      {"group.min.session.timeout.ms", fmt::format("{}", s.limits.session_timeout_min.count()), kInt, true},
      {"inter.broker.protocol.version", "3.9-IV0", kString, false},
      {"listeners", fmt::format("PLAINTEXT://{}:{}", s.listen_host, s.listen_port), kString, true},
      {"log.dirs", s.data_dir, kString, true},
      {"log.retention.hours", "168", kInt, false},
      {"max.connections", fmt::format("{}", s.limits.connections_max), kInt, true},
      {"node.id", fmt::format("{}", s.node_id), kInt, true},
      {"num.partitions", fmt::format("{}", s.default_partitions), kInt, true},
      {"offset.metadata.max.bytes", fmt::format("{}", s.limits.offset_metadata_bytes_max), kInt, true},
      {"offsets.topic.num.partitions", fmt::format("{}", kOffsetsTopicPartitions), kInt, false},
      {"offsets.topic.replication.factor", "1", kShort, false},
      {"socket.request.max.bytes", fmt::format("{}", s.limits.request_bytes_max), kInt, true},
      {"transaction.max.timeout.ms", fmt::format("{}", TransactionSettings{}.timeout_max.count()), kInt, false},
      {"transaction.state.log.num.partitions", fmt::format("{}", kTransactionsTopicPartitions), kInt, false},
      {"transaction.state.log.replication.factor", "1", kShort, false},
      {"transactional.id.expiration.ms", fmt::format("{}", TransactionSettings{}.id_expiration.count()), kInt, false},
  };
  for (const auto& entry : topic_configs()) {
    if (!entry.broker_synonym.empty())
      out.push_back({std::string(entry.broker_synonym), std::string(entry.default_value), entry.type, false});
  }
  for (const auto& entry : dynamic_broker_configs())
    out.push_back({std::string(entry.name), std::string(entry.default_value), entry.type, false});
  return out;
}

bool wanted(const DescribeConfigsRequest::Resource& asked, std::string_view name) {
  return !asked.configuration_keys || asked.configuration_keys->empty() ||
         std::find(asked.configuration_keys->begin(), asked.configuration_keys->end(), name) !=
             asked.configuration_keys->end();
}

void describe_topic(BrokerContext& context, const DescribeConfigsRequest& request,
                    const DescribeConfigsRequest::Resource& asked, DescribeConfigsResponse::ResourceResult& out) {
  const auto* meta = context.log.topic(asked.resource_name);
  if (meta == nullptr) {
    out.error_code = log::validate_topic_name(asked.resource_name) ? ErrorCode::kUnknownTopicOrPartition
                                                                   : ErrorCode::kInvalidTopicException;
    return;
  }
  for (const auto& entry : topic_configs()) {
    if (!wanted(asked, entry.name)) continue;
    const auto set = meta->config.find(entry.name);
    const bool is_set = set != meta->config.end();
    auto& config = out.configs.emplace_back();
    config.name = entry.name;
    config.value = is_set ? std::string_view(set->second) : entry.default_value;
    config.is_default = !is_set;
    config.config_source = static_cast<std::int8_t>(is_set ? ConfigSource::kDynamicTopic : ConfigSource::kDefault);
    config.config_type = static_cast<std::int8_t>(entry.type);
    if (!request.include_synonyms) continue;
    if (is_set)
      config.synonyms.push_back({entry.name, set->second, static_cast<std::int8_t>(ConfigSource::kDynamicTopic)});
    if (!entry.broker_synonym.empty()) {
      config.synonyms.push_back(
          {entry.broker_synonym, entry.default_value, static_cast<std::int8_t>(ConfigSource::kDefault)});
    }
  }
}

// What a client set while the broker ran, for this resource alone.
void describe_set(const log::TopicConfig& set, std::int8_t type, ConfigSource source,
                  const DescribeConfigsRequest::Resource& asked, DescribeConfigsResponse::ResourceResult& out) {
  for (const auto& [name, value] : set) {
    const ConfigEntry* entry = find_dynamic_config(type, name);
    if (entry == nullptr || !wanted(asked, name)) continue;
    auto& config = out.configs.emplace_back();
    config.name = name;
    config.value = value;
    config.config_source = static_cast<std::int8_t>(source);
    config.config_type = static_cast<std::int8_t>(entry->type);
  }
}

void describe_broker(BrokerContext& context, const DescribeConfigsRequest::Resource& asked,
                     const std::vector<BrokerConfig>& configs, DescribeConfigsResponse::ResourceResult& out) {
  const auto& of_all = context.dynamic_configs.of(kBrokerResource, "");
  if (asked.resource_name.empty())
    return describe_set(of_all, kBrokerResource, ConfigSource::kDynamicDefaultBroker, asked, out);
  if (asked.resource_name != fmt::format("{}", context.node_id())) {
    out.error_code = ErrorCode::kInvalidRequest;
    out.error_message = "Unexpected broker id";
    return;
  }
  const auto& of_this = context.dynamic_configs.of(kBrokerResource, asked.resource_name);
  for (const auto& each : configs) {
    if (!wanted(asked, each.name)) continue;
    auto& config = out.configs.emplace_back();
    config.name = each.name;
    config.read_only = find_dynamic_config(kBrokerResource, each.name) == nullptr;
    config.config_type = static_cast<std::int8_t>(each.type);
    auto source = each.from_settings ? ConfigSource::kStaticBroker : ConfigSource::kDefault;
    config.value = each.value;
    if (const auto set = of_this.find(each.name); set != of_this.end()) {
      config.value = set->second;
      source = ConfigSource::kDynamicBroker;
    } else if (const auto for_all = of_all.find(each.name); for_all != of_all.end()) {
      config.value = for_all->second;
      source = ConfigSource::kDynamicDefaultBroker;
    }
    config.is_default = source == ConfigSource::kDefault;
    config.config_source = static_cast<std::int8_t>(source);
  }
}

void describe_group(BrokerContext& context, const DescribeConfigsRequest::Resource& asked,
                    DescribeConfigsResponse::ResourceResult& out) {
  const auto& set = context.dynamic_configs.of(kGroupResource, asked.resource_name);
  for (const auto& entry : group_configs()) {
    if (!wanted(asked, entry.name)) continue;
    const auto found = set.find(entry.name);
    auto& config = out.configs.emplace_back();
    config.name = entry.name;
    config.value = found != set.end() ? std::string_view(found->second) : entry.default_value;
    config.is_default = found == set.end();
    config.config_source = static_cast<std::int8_t>(found != set.end() ? ConfigSource::kGroup : ConfigSource::kDefault);
    config.config_type = static_cast<std::int8_t>(entry.type);
  }
}

}  // namespace

void handle_describe_configs(BrokerContext& context, const Request& request) {
  const auto message = decode<DescribeConfigsRequest>(context, request);
  if (!message) return;
  const auto of_broker = broker_configs(context);
  DescribeConfigsResponse response;
  for (const auto& asked : message->resources) {
    auto& out = response.results.emplace_back();
    out.resource_type = asked.resource_type;
    out.resource_name = asked.resource_name;
    switch (asked.resource_type) {
      case kTopicResource:
        describe_topic(context, *message, asked, out);
        break;
      case kBrokerResource:
        describe_broker(context, asked, of_broker, out);
        break;
      case kGroupResource:
        describe_group(context, asked, out);
        break;
      case kBrokerLoggerResource:
      case kClientMetricsResource:
        break;
      default:
        out.error_code = ErrorCode::kInvalidRequest;
        out.error_message = "Unexpected resource type";
    }
    if (out.error_code == ErrorCode::kUnknownTopicOrPartition)
      out.error_message = "This server does not host this topic-partition.";
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
