#include "adapters/bus/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "adapters/bus/rdkafka.h"

namespace antiphon::bus {
namespace {

using Options = std::unique_ptr<rd_kafka_AdminOptions_t, rd::Deleter<rd_kafka_AdminOptions_destroy>>;
using Shared = std::shared_ptr<rd_kafka_t>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, rd::Deleter<rd_kafka_metadata_destroy>>;

constexpr int kReplicationMax = 3;

std::vector<PartitionDescription> holders_of(const rd_kafka_metadata_topic_t& topic) {
  std::vector<PartitionDescription> out(static_cast<std::size_t>(std::max(topic.partition_cnt, 0)));
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const auto& from = topic.partitions[i];
    if (from.id < 0 || from.id >= topic.partition_cnt) continue;
    auto& to = out[static_cast<std::size_t>(from.id)];
    to.leader = from.leader;
    to.replicas.assign(from.replicas, from.replicas + from.replica_cnt);
    to.in_sync.assign(from.isrs, from.isrs + from.isr_cnt);
    std::sort(to.in_sync.begin(), to.in_sync.end());
  }
  return out;
}

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

AccessRule rule_of(const rd_kafka_AclBinding_t* binding) {
  return {rd_kafka_ResourceType_name(rd_kafka_AclBinding_restype(binding)),
          text_or_empty(rd_kafka_AclBinding_name(binding)),
          rd_kafka_ResourcePatternType_name(rd_kafka_AclBinding_resource_pattern_type(binding)),
          text_or_empty(rd_kafka_AclBinding_principal(binding)),
          text_or_empty(rd_kafka_AclBinding_host(binding)),
          rd_kafka_AclOperation_name(rd_kafka_AclBinding_operation(binding)),
          rd_kafka_AclPermissionType_name(rd_kafka_AclBinding_permission_type(binding))};
}

class RdAdmin final : public Admin {
 public:
  Result<> start(const Connection& connection) {
    ANTIPHON_TRY(handle, rd::Configuration(connection).make(RD_KAFKA_PRODUCER));
    handle_ = std::move(handle);
    connection_ = connection;
    return {};
  }

  Result<ClusterDescription> cluster(std::chrono::milliseconds timeout) override {
    ANTIPHON_TRY(metadata, fetch_metadata(timeout));
    ClusterDescription out;
    out.bootstrap = connection_.bootstrap;
    for (int i = 0; i < metadata->broker_cnt; ++i) {
      const auto& broker = metadata->brokers[i];
      out.brokers[broker.id] = fmt::format("{}:{}", broker.host, broker.port);
    }
    if (char* id = rd_kafka_clusterid(handle_.get(), rd::milliseconds(timeout))) {
      out.cluster_id = id;
      rd_kafka_mem_free(handle_.get(), id);
    }
    out.controller_id = rd_kafka_controllerid(handle_.get(), rd::milliseconds(timeout));
    return out;
  }

  Result<std::vector<TopicDescription>> topics(std::chrono::milliseconds timeout) override {
    ANTIPHON_TRY(metadata, fetch_metadata(timeout));
    std::vector<TopicDescription> out;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const auto& topic = metadata->topics[i];
      out.push_back({topic.topic, topic.partition_cnt, holders_of(topic)});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
  }

  Result<std::map<std::string, std::string>> topic_config(const std::string& topic,
                                                          std::chrono::milliseconds timeout) override {
    return config_of(RD_KAFKA_RESOURCE_TOPIC, topic, timeout);
  }

  Result<std::map<std::string, std::string>> broker_config(std::int32_t broker_id,
                                                           std::chrono::milliseconds timeout) override {
    return config_of(RD_KAFKA_RESOURCE_BROKER, std::to_string(broker_id), timeout);
  }

  Result<std::optional<std::vector<AccessRule>>> access_rules(std::chrono::milliseconds timeout) override {
    std::array<char, 256> reason{};
    const std::unique_ptr<rd_kafka_AclBindingFilter_t, rd::Deleter<rd_kafka_AclBinding_destroy>> every(
        rd_kafka_AclBindingFilter_new(RD_KAFKA_RESOURCE_ANY, nullptr, RD_KAFKA_RESOURCE_PATTERN_ANY, nullptr, nullptr,
                                      RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, reason.data(),
                                      reason.size()));
    if (!every) return make_error(ErrorKind::kInternal, fmt::format("rules of access: {}", reason.data()));
    const Options options = options_for(handle_.get(), RD_KAFKA_ADMIN_OP_DESCRIBEACLS, timeout);
    const rd::Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_DescribeAcls(handle_.get(), every.get(), options.get(), queue.get());
    const rd::Event event = answer(queue.get(), timeout);
    if (!event) return make_error(ErrorKind::kUnavailable, "the brokers do not answer");
    const auto code = rd_kafka_event_error(event.get());
    if (code == RD_KAFKA_RESP_ERR_SECURITY_DISABLED || code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
      return std::optional<std::vector<AccessRule>>{};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::error_of(code, "rules of access");
    std::size_t count = 0;
    const auto* const* bindings =
        rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event.get()), &count);
    std::vector<AccessRule> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(rule_of(bindings[i]));
    return std::optional(std::move(out));
  }

  Result<> create_topic(const TopicSpec& spec, int replication, std::chrono::milliseconds timeout) override {
    if (replication == 0) {
      ANTIPHON_TRY(description, cluster(timeout));
      replication = std::min(static_cast<int>(description.brokers.size()), kReplicationMax);
    }
    std::array<char, 512> reason{};
    const std::unique_ptr<rd_kafka_NewTopic_t, rd::Deleter<rd_kafka_NewTopic_destroy>> topic(
        rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, replication, reason.data(), reason.size()));
    if (!topic) return make_error(ErrorKind::kConfig, fmt::format("topic {}: {}", spec.name, reason.data()));
    for (const auto& [name, value] : spec.config)
      rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    if (replication >= kReplicationMax && !spec.config.contains("min.insync.replicas")) {
      rd_kafka_NewTopic_set_config(topic.get(), "min.insync.replicas", "2");
    }
    rd_kafka_NewTopic_t* topics[] = {topic.get()};
    ANTIPHON_TRY(event, ask(handle_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout,
                            [&](const rd_kafka_AdminOptions_t* o, rd_kafka_queue_t* q) {
                              rd_kafka_CreateTopics(handle_.get(), topics, 1, o, q);
                            }));
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = rd_kafka_topic_result_error(results[i]);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const char* detail = rd_kafka_topic_result_error_string(results[i]);
      return make_error(rd::kind_of(code), fmt::format("create topic {}: {}", spec.name,
                                                       detail == nullptr ? rd_kafka_err2str(code) : detail));
    }
    return {};
  }

  Result<std::vector<GroupDescription>> groups(std::chrono::milliseconds timeout) override {
    const rd_kafka_group_list* raw = nullptr;
    const auto code = rd_kafka_list_groups(handle_.get(), nullptr, &raw, rd::milliseconds(timeout));
    const std::unique_ptr<const rd_kafka_group_list, rd::Deleter<rd_kafka_group_list_destroy>> list(raw);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTIAL)
      return rd::error_of(code, "list groups");
    std::vector<GroupDescription> out;
    for (int i = 0; list && i < list->group_cnt; ++i) {
      const auto& group = list->groups[i];
      GroupDescription description{group.group, group.state, {}};
      for (int m = 0; m < group.member_cnt; ++m) {
        description.members.push_back(
            {group.members[m].member_id, group.members[m].client_id, group.members[m].client_host});
      }
      out.push_back(std::move(description));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.group_id < b.group_id; });
    return out;
  }

  Result<std::map<TopicPartition, CommittedOffset>> committed(const std::string& group_id,
                                                              const std::vector<TopicPartition>& partitions,
                                                              std::chrono::milliseconds timeout) override {
    const auto list = rd::list_of(partitions);
    const std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, rd::Deleter<rd_kafka_ListConsumerGroupOffsets_destroy>>
        question(rd_kafka_ListConsumerGroupOffsets_new(group_id.c_str(), list.get()));
    rd_kafka_ListConsumerGroupOffsets_t* questions[] = {question.get()};
    ANTIPHON_TRY(asker, asker_of_groups(group_id));
    const auto event = ask(asker.get(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout,
                           [&](const rd_kafka_AdminOptions_t* o, rd_kafka_queue_t* q) {
                             rd_kafka_ListConsumerGroupOffsets(asker.get(), questions, 1, o, q);
                           });
    if (!event) {
      forget_coordinators();
      return event.error();
    }
    std::size_t count = 0;
    const auto* const* results = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event->get()), &count);
    std::map<TopicPartition, CommittedOffset> out;
    for (std::size_t g = 0; g < count; ++g) {
      if (const auto* error = rd_kafka_group_result_error(results[g])) {
        forget_coordinators();
        return rd::error_of(rd_kafka_error_code(error), fmt::format("offsets of group {}", group_id));
      }
      const auto* offsets = rd_kafka_group_result_partitions(results[g]);
      for (int i = 0; offsets != nullptr && i < offsets->cnt; ++i) {
        const auto& element = offsets->elems[i];
        if (element.offset < 0) continue;
        out[{element.topic, PartitionId(element.partition)}] = {Offset(element.offset), rd::metadata_of(element)};
      }
    }
    return out;
  }

 private:
  Result<Metadata> fetch_metadata(std::chrono::milliseconds timeout) {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto code = rd_kafka_metadata(handle_.get(), 1, nullptr, &raw, rd::milliseconds(timeout));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::error_of(code, "metadata");
    return Metadata(raw);
  }

  Result<std::map<std::string, std::string>> config_of(rd_kafka_ResourceType_t type, const std::string& name,
                                                       std::chrono::milliseconds timeout) {
    const std::unique_ptr<rd_kafka_ConfigResource_t, rd::Deleter<rd_kafka_ConfigResource_destroy>> resource(
        rd_kafka_ConfigResource_new(type, name.c_str()));
    rd_kafka_ConfigResource_t* resources[] = {resource.get()};
    ANTIPHON_TRY(event, ask(handle_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout,
                            [&](const rd_kafka_AdminOptions_t* o, rd_kafka_queue_t* q) {
                              rd_kafka_DescribeConfigs(handle_.get(), resources, 1, o, q);
                            }));
    std::size_t count = 0;
    const auto* const* described =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    std::map<std::string, std::string> out;
    if (count != 1) return make_error(ErrorKind::kInternal, fmt::format("settings of {}: no answer for it", name));
    if (const auto code = rd_kafka_ConfigResource_error(described[0]); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return rd::error_of(code, fmt::format("settings of {}", name));
    }
    const auto* const* entries = rd_kafka_ConfigResource_configs(described[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
      const char* value = rd_kafka_ConfigEntry_value(entries[i]);
      out[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
    }
    return out;
  }

  static Options options_for(rd_kafka_t* handle, rd_kafka_admin_op_t operation, std::chrono::milliseconds timeout) {
    Options options(rd_kafka_AdminOptions_new(handle, operation));
    std::array<char, 256> reason{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), rd::milliseconds(timeout), reason.data(), reason.size());
    return options;
  }

  static rd::Event answer(rd_kafka_queue_t* queue, std::chrono::milliseconds timeout) {
    return rd::Event(rd_kafka_queue_poll(queue, rd::milliseconds(timeout + std::chrono::milliseconds(1000))));
  }

  // One admin request and its one answer.
  template <class Call>
  static Result<rd::Event> ask(rd_kafka_t* handle, rd_kafka_admin_op_t operation, std::chrono::milliseconds timeout,
                               const Call& call) {
    const Options options = options_for(handle, operation, timeout);
    const rd::Queue queue(rd_kafka_queue_new(handle));
    call(options.get(), queue.get());
    rd::Event event = answer(queue.get(), timeout);
    if (!event) return make_error(ErrorKind::kUnavailable, "the brokers do not answer");
    if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return make_error(rd::kind_of(code), rd_kafka_event_error_string(event.get()));
    }
    return event;
  }

  // Knows a group and joins none. When an answer says that a group's coordinator has moved, the library looks for the
  // one of the handle's own group, and one without a group crashes there (2.0.2, and its issue 5040 for newer ones).
  Result<Shared> asker_of_groups(const std::string& group_id) {
    const std::lock_guard lock(mutex_);
    if (!asker_of_groups_) {
      rd::Configuration conf(connection_);
      conf.set("group.id", group_id).set("enable.auto.commit", "false");
      ANTIPHON_TRY(handle, std::move(conf).make(RD_KAFKA_CONSUMER));
      asker_of_groups_ = std::move(handle);
    }
    return asker_of_groups_;
  }

  // A handle asks the coordinator that it once found for as long as it lives, moved or dead.
  void forget_coordinators() {
    const std::lock_guard lock(mutex_);
    asker_of_groups_.reset();
  }

  Connection connection_;
  rd::Handle handle_;
  std::mutex mutex_;
  Shared asker_of_groups_;  // made with the first question, and with the next one after a failure
};

}  // namespace

Result<std::unique_ptr<Admin>> Admin::create(const Connection& connection) {
  auto admin = std::make_unique<RdAdmin>();
  ANTIPHON_TRY_VOID(admin->start(connection));
  return std::unique_ptr<Admin>(std::move(admin));
}

}  // namespace antiphon::bus
