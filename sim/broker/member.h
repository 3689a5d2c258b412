// A member of a consumer group: asks for the committed offsets of what it was assigned, reads, commits, heartbeats, and
// joins anew when the group says so or the connection breaks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/types.h"
#include "sim/broker/client.h"
#include "sim/broker/membership.h"
#include "sim/broker/sending.h"

namespace antiphon::sim {

class Member final : public Client {
 public:
  Member(World& world, std::string name, std::string group);

  void act() override;
  bool finish() override;
  void connection_lost() override;
  void topic_gone(const Topic& topic) override;

 private:
  using Place = Target;
  struct Assigned {
    Offset position{-1};  // -1: not known yet
    bool waiting = false;
    Offset committed{-1};  // that it asked for last
  };

  void ask_for_offsets(const std::vector<Place>& places);
  void start_at(const Place& place, const char* reason);
  void read();
  void commit();

  Membership membership_;
  bool reading_ = false;  // it knows where
  bool commit_under_way_ = false;
  std::map<Place, Assigned> assigned_;
};

}  // namespace antiphon::sim
