// The last client of a life: asks for every group's offsets and reads every partition to its end, for the judge.
#pragma once

#include "sim/broker/client.h"

namespace antiphon::sim {

class LastLook final : public Client {
 public:
  using Client::Client;
  void act() override {}
  bool finish() override { return true; }
  void connection_lost() override {}

  // The world is at rest. Groups are named g0, g1, ...
  void look_at_all(std::size_t groups);

 private:
  void read_log(const Topic& topic, std::int32_t partition);
  void ask_group(const std::string& group);
};

}  // namespace antiphon::sim
