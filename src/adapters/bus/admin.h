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

struct TopicDescription {
  std::string name;
  std::int32_t partitions = 0;
  std::int32_t replicas = 0;  // of partition 0
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
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::map<std::int32_t, std::string> brokers;  // id -> host:port
};

class Admin {
 public:
  static Result<std::unique_ptr<Admin>> create(const Connection& connection);
  virtual ~Admin() = default;

  virtual Result<ClusterDescription> cluster(std::chrono::milliseconds timeout) = 0;
  virtual Result<std::vector<TopicDescription>> topics(std::chrono::milliseconds timeout) = 0;
  virtual Result<std::map<std::string, std::string>> topic_config(const std::string& topic,
                                                                  std::chrono::milliseconds timeout) = 0;
  // kAlreadyExists if it does. replication 0: 1 on one broker, 2 on two, else 3 (with min.insync.replicas=2).
  virtual Result<> create_topic(const TopicSpec& spec, int replication, std::chrono::milliseconds timeout) = 0;
  virtual Result<std::vector<GroupDescription>> groups(std::chrono::milliseconds timeout) = 0;
  virtual Result<std::map<TopicPartition, Offset>> committed(const std::string& group_id,
                                                             const std::vector<TopicPartition>& partitions,
                                                             std::chrono::milliseconds timeout) = 0;
};

// Makes what is missing and checks what is there, changing nothing that exists. kConfig names the topic, what it has,
// what it should have and the command that mends it: partitions, cleanup.policy, retention.ms, retention.bytes,
// max.message.bytes (at least).
Result<> ensure_topics(Admin& admin, const std::vector<TopicSpec>& specs, int replication,
                       std::chrono::milliseconds timeout);

}  // namespace antiphon::bus
