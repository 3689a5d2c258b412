// Questions and orders to the cluster: topics, groups, lag.
//
// Thread-safe; every call blocks up to its timeout and answers kUnavailable when the brokers are away.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bus/consumer.h"

namespace antiphon::bus {

// Who holds a partition, as the cluster's metadata says it at this moment.
struct PartitionDescription {
  std::int32_t leader = -1;  // -1: nobody leads it
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> in_sync;
  bool operator==(const PartitionDescription&) const = default;
};

struct TopicDescription {
  std::string name;
  std::int32_t partitions = 0;
  std::vector<PartitionDescription> holders;  // by partition
};

struct GroupMember {
  std::string member_id;
  std::string client_id;
  std::string host;
};

struct GroupDescription {
  std::string group_id;
  std::string state;  // Kafka's words: Stable, Empty, PreparingRebalance ...
  std::vector<GroupMember> members;
};

struct ClusterDescription {
  std::string bootstrap;  // as the connection has it
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::map<std::int32_t, std::string> brokers;  // id -> host:port
};

// What a group keeps for a partition: where to go on, and a word of the member that said so.
struct CommittedOffset {
  Offset offset;
  std::string metadata;
};

// One access control entry, in Kafka's own words ("TOPIC", "PREFIXED", "WRITE", "ALLOW").
struct AccessRule {
  std::string resource_type;
  std::string resource_name;
  std::string pattern_type;
  std::string principal;
  std::string host;
  std::string operation;
  std::string permission;
};

class Admin {
 public:
  static Result<std::unique_ptr<Admin>> create(const Connection& connection);
  virtual ~Admin() = default;

  virtual Result<ClusterDescription> cluster(std::chrono::milliseconds timeout) = 0;
  virtual Result<std::vector<TopicDescription>> topics(std::chrono::milliseconds timeout) = 0;
  virtual Result<std::map<std::string, std::string>> topic_config(const std::string& topic,
                                                                  std::chrono::milliseconds timeout) = 0;
  virtual Result<std::map<std::string, std::string>> broker_config(std::int32_t broker_id,
                                                                   std::chrono::milliseconds timeout) = 0;
  // kAlreadyExists if it does. replication 0: 1 on one broker, 2 on two, else 3 (with min.insync.replicas=2).
  virtual Result<> create_topic(const TopicSpec& spec, int replication, std::chrono::milliseconds timeout) = 0;
  // Every rule of access that the cluster keeps. nullopt: it keeps none, everybody may do everything (or it is too old
  // to be asked). kPermission: we may not know.
  virtual Result<std::optional<std::vector<AccessRule>>> access_rules(std::chrono::milliseconds timeout) = 0;
  virtual Result<std::vector<GroupDescription>> groups(std::chrono::milliseconds timeout) = 0;
  // Without those for which nothing is committed.
  virtual Result<std::map<TopicPartition, CommittedOffset>> committed(const std::string& group_id,
                                                                      const std::vector<TopicPartition>& partitions,
                                                                      std::chrono::milliseconds timeout) = 0;
};

// Makes what is missing and checks what is there, changing nothing that exists. kConfig names the topic, what it has,
// what it should have and the command that mends it (see promises.h). A promise that the cluster's settings would break
// without standing in the way of the stage is warned of, with its command.
Result<> ensure_topics(Admin& admin, const std::vector<TopicSpec>& specs, int replication,
                       std::chrono::milliseconds timeout);

}  // namespace antiphon::bus
