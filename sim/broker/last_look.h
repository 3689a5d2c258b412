// The last client of a life: reads every partition to its end in both isolation levels and asks for every group's
// offsets, for the judge.
#pragma once

#include <string>
#include <vector>

#include "sim/broker/client.h"
#include "sim/broker/reading.h"

namespace antiphon::sim {

class LastLook final : public Client {
 public:
  using Client::Client;
  void act() override {}
  bool finish() override { return true; }
  void connection_lost() override {}

  // The world is at rest, and no transaction is open.
  void look_at_all(const std::vector<std::string>& groups);

 private:
  Offset limit(const Topic& topic, std::int32_t partition, std::int64_t which, Isolation isolation);
  void read_log(const Topic& topic, std::int32_t partition, Isolation isolation);
  void ask_group(const std::string& group);
};

}  // namespace antiphon::sim
