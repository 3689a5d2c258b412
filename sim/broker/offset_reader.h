// Asks now and then for a committed offset of one of its groups, stable or not: what a transaction committed must be
// seen when its end was answered, and nothing of it before.
#pragma once

#include <string>
#include <vector>

#include "sim/broker/client.h"

namespace antiphon::sim {

class OffsetReader final : public Client {
 public:
  OffsetReader(World& world, std::string name, std::vector<std::string> groups)
      : Client(world, std::move(name)), groups_(std::move(groups)) {}

  void act() override;
  bool finish() override { return !waiting_; }
  void connection_lost() override { waiting_ = false; }

 private:
  std::vector<std::string> groups_;
  bool waiting_ = false;
};

}  // namespace antiphon::sim
