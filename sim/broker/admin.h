// Makes topics and deletes them, and deletes records: whatever goes, goes because this client asked for it, and the
// history says so before the request leaves.
#pragma once

#include <string>
#include <vector>

#include "kafka/wire/create_topics.h"
#include "sim/broker/client.h"

namespace antiphon::sim {

class Admin final : public Client {
 public:
  using Client::Client;
  void act() override;
  bool finish() override { return true; }
  void connection_lost() override { asking_ = false; }

  void create_topic();
  // One that is kept as it is, for a Pipeline.
  void create_for_pipeline(const std::string& topic_name, std::int32_t partitions);

 private:
  void create(const Topic& topic, const std::vector<kafka::wire::CreateTopicsRequest::Config>& configs);
  void delete_topic();
  void delete_records();

  bool asking_ = false;
  int next_name_ = 1;
  std::string free_name_;  // of a deleted topic, to be used again
  int lives_ = 1;
};

}  // namespace antiphon::sim
