// A reader without a group: goes through every partition from its beginning, again and again, and so sees what is
// served now and what later is still there. In one of both isolation levels.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/types.h"
#include "sim/broker/client.h"
#include "sim/broker/reading.h"

namespace antiphon::sim {

class Reader final : public Client {
 public:
  Reader(World& world, std::string name, Isolation isolation) : Client(world, std::move(name)), isolation_(isolation) {}
  void act() override;
  bool finish() override { return waiting_.empty(); }
  void connection_lost() override { waiting_.clear(); }

 private:
  using Place = std::pair<std::string, std::int32_t>;
  void from_the_beginning(const Place& place, const std::string& topic_name, const char* reason);

  Isolation isolation_;
  std::map<Place, Offset> positions_;  // -1: not known
  std::set<Place> waiting_;            // for an answer
};

}  // namespace antiphon::sim
