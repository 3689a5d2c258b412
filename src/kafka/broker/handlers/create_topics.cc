// CreateTopics, versions 0 to 7.
// KIPs: 4, 195 (what was made is described, from 5), 464 (-1 for the broker's defaults), 516 (topic id from 7), 525
// (settings from 5, always a list with sources: the Java tool dies of a null). Durable when answered. One broker: a
// replication factor above 1 is INVALID_REPLICATION_FACTOR, an assignment must name this broker alone.
#include "kafka/wire/create_topics.h"

#include <algorithm>
#include <deque>
#include <map>

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
using Asked = wire::CreateTopicsRequest::Topic;
constexpr std::int32_t kDefault = -1;

struct Refusal {
  ErrorCode code;
  std::string message;
};

// Kafka's rule: '.' and '_' look alike in metric names.
std::string collision_name(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '.', '_');
  return out;
}

std::optional<Refusal> check_name(BrokerContext& context, std::string_view name) {
  if (const auto valid = log::validate_topic_name(name); !valid)
    return Refusal{ErrorCode::kInvalidTopicException, valid.error().message};
  if (context.log.topic(name) != nullptr)
    return Refusal{ErrorCode::kTopicAlreadyExists, fmt::format("Topic '{}' already exists.", name)};
  if (context.groups.still_forgets(name))
    return Refusal{ErrorCode::kTopicAlreadyExists,
                   fmt::format("Topic '{}' is marked for deletion: the groups' offsets in it are still being deleted; "
                               "try again",
                               name)};
  if (name.find_first_of("._") == std::string_view::npos) return std::nullopt;
  for (const auto* other : context.log.topics()) {
    if (collision_name(other->name) == collision_name(name)) {
      return Refusal{ErrorCode::kInvalidTopicException,
                     fmt::format("Topic '{}' collides with existing topic: {}", name, other->name)};
    }
  }
  return std::nullopt;
}

std::optional<Refusal> check_assignment(BrokerContext& context, const Asked& asked) {
  std::vector<bool> seen(asked.assignments.size(), false);
  for (const auto& each : asked.assignments) {
    const auto index = each.partition_index.value();
    const bool ours = each.broker_ids.size() == 1 && each.broker_ids.front() == context.node_id();
    if (!ours || index < 0 || static_cast<std::size_t>(index) >= seen.size() || seen[static_cast<std::size_t>(index)]) {
      return Refusal{ErrorCode::kInvalidReplicaAssignment,
                     fmt::format("Partitions must be numbered from 0 and have broker {} as their only replica",
                                 context.node_id())};
    }
    seen[static_cast<std::size_t>(index)] = true;
  }
  return std::nullopt;
}

std::optional<Refusal> check_shape(BrokerContext& context, const Asked& asked, std::int32_t& partitions) {
  if (!asked.assignments.empty()) {
    if (asked.num_partitions != kDefault || asked.replication_factor != kDefault) {
      return Refusal{ErrorCode::kInvalidRequest, "An assignment excludes a partition count and a replication factor"};
    }
    partitions = static_cast<std::int32_t>(asked.assignments.size());
    if (auto refusal = check_assignment(context, asked)) return refusal;
  } else {
    partitions = asked.num_partitions == kDefault ? context.settings.default_partitions : asked.num_partitions;
    if (partitions <= 0)
      return Refusal{ErrorCode::kInvalidPartitions, "Number of partitions was set to an invalid non-positive value."};
    if (asked.replication_factor != kDefault && asked.replication_factor != 1) {
      return Refusal{
          ErrorCode::kInvalidReplicationFactor,
          asked.replication_factor <= 0
              ? std::string("Replication factor must be larger than 0, or -1 to use the default value.")
              : fmt::format("Replication factor: {} larger than available brokers: 1.", asked.replication_factor)};
    }
  }
  if (const auto fits = check_topic_limits(context, partitions, partitions, true); !fits) {
    return Refusal{
        fits.error().kind == ErrorKind::kInvalidInput ? ErrorCode::kInvalidPartitions : ErrorCode::kPolicyViolation,
        fits.error().message};
  }
  return std::nullopt;
}

std::optional<Refusal> check_configs(const Asked& asked, log::TopicConfig& config) {
  for (const auto& each : asked.configs) {
    if (!each.value)
      return Refusal{ErrorCode::kInvalidConfig,
                     fmt::format("Null value not supported for topic configs: {}", each.name)};
    if (const auto valid = check_topic_config(each.name, *each.value); !valid)
      return Refusal{ErrorCode::kInvalidConfig, valid.error().message};
    if (!config.emplace(each.name, *each.value).second)
      return Refusal{ErrorCode::kInvalidRequest, fmt::format("{} is set twice", each.name)};
  }
  return std::nullopt;
}

void describe_configs(const log::TopicConfig& config, wire::CreateTopicsResponse::Topic& out) {
  out.configs.emplace();
  for (const auto& entry : topic_configs()) {
    const auto set = config.find(entry.name);
    wire::CreateTopicsResponse::Config described;
    described.name = entry.name;
    described.value = set != config.end() ? std::string_view(set->second) : entry.default_value;
    described.config_source =
        static_cast<std::int8_t>(set != config.end() ? ConfigSource::kDynamicTopic : ConfigSource::kDefault);
    out.configs->push_back(described);
  }
}

struct Created {  // owns what one topic's answer looks at
  log::TopicConfig config;
  std::string message;
};

void create_one(BrokerContext& context, const Asked& asked, bool duplicate, bool validate_only, Created& owned,
                wire::CreateTopicsResponse::Topic& out) {
  out.name = asked.name;
  std::int32_t partitions = 0;
  std::optional<Refusal> refusal;
  if (duplicate) refusal = Refusal{ErrorCode::kInvalidRequest, "Duplicate topic name."};
  if (!refusal) refusal = check_name(context, asked.name);
  if (!refusal) refusal = check_shape(context, asked, partitions);
  if (!refusal) refusal = check_configs(asked, owned.config);
  if (!refusal && !validate_only) {
    const auto made = context.log.create_topic(asked.name, partitions, owned.config);
    if (made) {
      out.topic_id = to_wire(made->id);
      logging::info("topic created", {{"topic", asked.name}, {"partitions", partitions}});
    } else {
      refusal = Refusal{to_wire_error(made.error()), made.error().message};
    }
  }
  if (refusal) {
    out.error_code = refusal->code;
    owned.message = std::move(refusal->message);
    out.error_message = owned.message;
    out.configs.emplace();
    return;
  }
  out.num_partitions = partitions;
  out.replication_factor = 1;
  describe_configs(owned.config, out);
}

}  // namespace

Result<> check_topic_limits(BrokerContext& context, std::int32_t partitions, std::int32_t of_topic, bool new_topic) {
  const auto& limits = context.settings.limits;
  if (of_topic > static_cast<std::int32_t>(limits.partitions_a_topic_max)) {
    return make_error(ErrorKind::kInvalidInput,
                      fmt::format("{} partitions; a topic has at most {}", of_topic, limits.partitions_a_topic_max));
  }
  const auto topics = context.log.topics();
  if (new_topic && topics.size() >= limits.topics_max) {
    return make_error(ErrorKind::kLimit, fmt::format("the broker has its maximum of {} topics", limits.topics_max));
  }
  std::int64_t total = partitions;
  for (const auto* topic : topics) total += topic->partition_count;
  if (total > limits.partitions_max) {
    return make_error(ErrorKind::kLimit, fmt::format("the broker's maximum is {} partitions", limits.partitions_max));
  }
  return {};
}

ErrorCode auto_create_topic(BrokerContext& context, std::string_view name) {
  if (name == kTransactionsTopic)
    return context.transactions_topic.ensure() ? ErrorCode::kNone : ErrorCode::kLeaderNotAvailable;
  if (name == kOffsetsTopic) return context.offsets_topic.ensure() ? ErrorCode::kNone : ErrorCode::kLeaderNotAvailable;
  const std::int32_t partitions = context.settings.default_partitions;
  if (const auto refusal = check_name(context, name)) return refusal->code;
  if (!check_topic_limits(context, partitions, partitions, true)) return ErrorCode::kPolicyViolation;
  const auto made = context.log.create_topic(name, partitions, {});
  if (!made) return to_wire_error(made.error());
  logging::info("topic created on first use", {{"topic", name}, {"partitions", partitions}});
  return ErrorCode::kNone;
}

void handle_create_topics(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::CreateTopicsRequest>(context, request);
  if (!message) return;
  std::map<std::string_view, int> times;
  for (const auto& topic : message->topics) ++times[topic.name];
  wire::CreateTopicsResponse response;
  std::deque<Created> owned;
  for (const auto& topic : message->topics) {
    create_one(context, topic, times[topic.name] > 1, message->validate_only, owned.emplace_back(),
               response.topics.emplace_back());
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
