// A member of a consumer group, as Kafka's classic protocol wants it: join, sync (the leader assigns), ask for the
// committed offsets, read, commit, heartbeat, and all of it again when the group says so or the connection breaks.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/types.h"
#include "kafka/wire/error_code.h"
#include "kafka/wire/join_group.h"
#include "sim/broker/client.h"

namespace antiphon::sim {

class Member final : public Client {
 public:
  Member(World& world, std::string name, std::string group)
      : Client(world, std::move(name)), group_(std::move(group)) {}

  void act() override;
  bool finish() override;
  void connection_lost() override;
  void topic_gone(const Topic& topic) override;

 private:
  enum class State : std::uint8_t { kOutside, kJoining, kSyncing, kAsking, kReading };
  using Place = std::pair<std::string, std::int32_t>;
  struct Assigned {
    Offset position{-1};  // -1: not known yet
    bool waiting = false;
    Offset committed{-1};  // that it asked for last
  };

  void join();
  void joined(const kafka::wire::JoinGroupResponse& answer);
  void sync(const std::vector<std::string>& members, bool leads);
  void ask_for_offsets();
  void start_at(const Place& place, const char* reason);
  void read();
  void commit();
  void heartbeat();
  void leave();
  void outside(bool forget_id);
  // True: the answer is one of another life of this member, or says that it must join again.
  bool must_join(kafka::wire::ErrorCode error);

  std::string group_;
  std::string member_id_;
  GenerationId generation_{-1};
  State state_ = State::kOutside;
  std::uint64_t life_ = 0;  // answers of an earlier one are not listened to
  bool commit_under_way_ = false;
  std::map<Place, Assigned> assigned_;
};

}  // namespace antiphon::sim
