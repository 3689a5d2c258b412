// DescribeConfigs, versions 0 to 4. KIPs: 133, 226 (synonyms from 1), 569 (types from 3; documentation: none).
// Topics: all settings with their defaults. Brokers (our node id, or "" for the cluster's default: nothing set): what
// tools ask for. Broker loggers and groups: empty. Other types: INVALID_REQUEST.
#include "kafka/wire/describe_configs.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::DescribeConfigsRequest;
using wire::DescribeConfigsResponse;
using wire::ErrorCode;
constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;
constexpr std::int8_t kBrokerLoggerResource = 8;
constexpr std::int8_t kClientMetricsResource = 16;
constexpr std::int8_t kGroupResource = 32;

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

void describe_broker(BrokerContext& context, const DescribeConfigsRequest::Resource& asked,
                     const std::vector<BrokerConfig>& configs, DescribeConfigsResponse::ResourceResult& out) {
  if (asked.resource_name.empty()) return;  // the cluster's dynamic default: nothing is set
  std::int32_t id = -1;
  std::from_chars(asked.resource_name.data(), asked.resource_name.data() + asked.resource_name.size(), id);
  if (id != context.node_id()) {
    out.error_code = ErrorCode::kInvalidRequest;
    out.error_message = "Unexpected broker id";
    return;
  }
  for (const auto& each : configs) {
    if (!wanted(asked, each.name)) continue;
    auto& config = out.configs.emplace_back();
    config.name = each.name;
    config.value = each.value;
    config.read_only = true;
    config.is_default = !each.from_settings;
    config.config_source =
        static_cast<std::int8_t>(each.from_settings ? ConfigSource::kStaticBroker : ConfigSource::kDefault);
    config.config_type = static_cast<std::int8_t>(each.type);
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
      case kBrokerLoggerResource:
      case kClientMetricsResource:
      case kGroupResource:
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
