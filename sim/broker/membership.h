// One place in a consumer group, as Kafka's classic protocol wants it: join, sync (the leader assigns), heartbeat, and
// all of it again when the group says so. What its client does with the partitions is the client's affair.
//
//     outside --join()--> joining --JoinGroup, SyncGroup--> inside; on_assigned(partitions)
//        ^                   |                                |
//        +---- on_outside() -+----- the group says so --------+
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "kafka/wire/error_code.h"
#include "kafka/wire/join_group.h"
#include "sim/broker/client.h"
#include "sim/broker/sending.h"

namespace antiphon::sim {

struct MembershipSettings {
  std::string group;
  std::string topic;                    // as the history names it; empty: all that are usable
  std::optional<std::string> instance;  // a static member's (KIP-345)
};

class Membership {
 public:
  using OnAssigned = std::function<void(const std::vector<Target>& partitions)>;
  using OnOutside = std::function<void(kafka::wire::ErrorCode why)>;  // kNone: its own will, or a lost connection

  // World and client outlive it.
  Membership(World& world, Client& client, MembershipSettings settings, OnAssigned on_assigned, OnOutside on_outside)
      : world_(world),
        client_(client),
        settings_(std::move(settings)),
        on_assigned_(std::move(on_assigned)),
        on_outside_(std::move(on_outside)) {}

  void join();
  // Joins again with another subscription, so that the group begins another generation.
  void rebalance();
  void heartbeat();
  void leave();
  void outside(bool forget_id, kafka::wire::ErrorCode why = kafka::wire::ErrorCode::kNone);
  // True: the group says that it must join again; it is outside now.
  bool must_join(kafka::wire::ErrorCode error);

  [[nodiscard]] bool is_outside() const { return state_ == State::kOutside; }
  [[nodiscard]] bool is_inside() const { return state_ == State::kInside; }
  // Of the place that it has or had last.
  [[nodiscard]] const std::string& member_id() const { return member_id_; }
  [[nodiscard]] GenerationId generation() const { return generation_; }
  [[nodiscard]] const MembershipSettings& settings() const { return settings_; }
  // Another one after every end of a place: answers of an earlier one are not listened to.
  [[nodiscard]] std::uint64_t life() const { return life_; }

 private:
  enum class State : std::uint8_t { kOutside, kJoining, kInside };
  void joined(const kafka::wire::JoinGroupResponse& answer);
  void sync(const std::vector<std::string>& members, bool leads);
  void assigned(std::string_view assignment);

  World& world_;
  Client& client_;
  MembershipSettings settings_;
  OnAssigned on_assigned_;
  OnOutside on_outside_;
  State state_ = State::kOutside;
  std::string member_id_;
  GenerationId generation_{-1};
  std::uint64_t life_ = 0;
  std::uint64_t subscription_ = 0;
};

}  // namespace antiphon::sim
