#include "sim/broker/membership.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "kafka/wire/heartbeat.h"
#include "kafka/wire/leave_group.h"
#include "kafka/wire/sync_group.h"
#include "sim/broker/offsets.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {

constexpr std::int32_t kSessionTimeoutMs = 10'000;
constexpr std::int32_t kRebalanceTimeoutMs = 20'000;

std::optional<std::string_view> view_of(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace

void Membership::outside(bool forget_id, ErrorCode why) {
  state_ = State::kOutside;
  ++life_;
  if (forget_id) member_id_.clear();
  on_outside_(why);
}

bool Membership::must_join(ErrorCode error) {
  if (error == ErrorCode::kNone) return false;
  outside(error == ErrorCode::kUnknownMemberId || error == ErrorCode::kFencedInstanceId, error);
  return true;
}

void Membership::rebalance() {
  ++subscription_;
  outside(false);
  join();
}

void Membership::join() {
  state_ = State::kJoining;
  Event event;
  event.what = What::kJoin;
  event.process = client_.name();
  event.group = settings_.group;
  world_.note(std::move(event));
  wire::JoinGroupRequest request;
  request.group_id = settings_.group;
  request.session_timeout_ms = kSessionTimeoutMs;
  request.rebalance_timeout_ms = kRebalanceTimeoutMs;
  request.member_id = member_id_;
  request.group_instance_id = view_of(settings_.instance);
  request.protocol_type = "consumer";
  const std::string metadata = fmt::format("all topics {}", subscription_);
  request.protocols.push_back({"range", as_bytes(metadata)});
  world_.call<wire::JoinGroupResponse>(client_, 5, request,
                                       [this, life = life_](const wire::JoinGroupResponse& answer) {
                                         if (life == life_) joined(answer);
                                       });
}

void Membership::joined(const wire::JoinGroupResponse& answer) {
  if (answer.error_code == ErrorCode::kMemberIdRequired) {
    member_id_ = answer.member_id;
    return join();
  }
  if (must_join(answer.error_code)) return;
  member_id_ = answer.member_id;
  generation_ = answer.generation_id;
  std::vector<std::string> members;
  for (const auto& member : answer.members) members.emplace_back(member.member_id);
  std::sort(members.begin(), members.end());
  sync(members, answer.leader == answer.member_id);
}

// An assignment is a line a partition: topic as the history names it, number. Each generation begins at another member,
// so that partitions move.
void Membership::sync(const std::vector<std::string>& members, bool leads) {
  wire::SyncGroupRequest request;
  request.group_id = settings_.group;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = view_of(settings_.instance);
  std::vector<std::string> texts(members.size());
  auto turn = static_cast<std::size_t>(generation_.value());
  for (const Topic& topic : world_.topics) {
    const bool wanted = topic.usable && (settings_.topic.empty() || settings_.topic == topic.in_history);
    for (std::int32_t p = 0; wanted && leads && !members.empty() && p < topic.partitions; ++p) {
      texts[turn++ % members.size()] += fmt::format("{} {}\n", topic.in_history, p);
    }
  }
  for (std::size_t i = 0; leads && i < members.size(); ++i)
    request.assignments.push_back({members[i], as_bytes(texts[i])});
  world_.call<wire::SyncGroupResponse>(client_, 3, request,
                                       [this, life = life_](const wire::SyncGroupResponse& answer) {
                                         if (life != life_ || must_join(answer.error_code)) return;
                                         assigned(as_text(answer.assignment));
                                       });
}

void Membership::assigned(std::string_view assignment) {
  std::vector<Target> partitions;
  std::istringstream lines{std::string(assignment)};
  std::string topic;
  for (std::int32_t partition = 0; lines >> topic >> partition;) {
    const Topic* known = world_.topic(topic);
    if (known == nullptr || !known->usable) continue;
    Event event = offsets_event(What::kAssigned, client_.name(), settings_.group, topic, partition, Offset(-1));
    event.generation = generation_;
    world_.note(std::move(event));
    partitions.emplace_back(topic, partition);
  }
  state_ = State::kInside;
  on_assigned_(partitions);
}

void Membership::heartbeat() {
  wire::HeartbeatRequest request;
  request.group_id = settings_.group;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = view_of(settings_.instance);
  world_.call<wire::HeartbeatResponse>(client_, 3, request,
                                       [this, life = life_](const wire::HeartbeatResponse& answer) {
                                         if (life == life_) (void)must_join(answer.error_code);
                                       });
}

void Membership::leave() {
  wire::LeaveGroupRequest request;
  request.group_id = settings_.group;
  request.member_id = member_id_;
  world_.call<wire::LeaveGroupResponse>(client_, 1, request, [](const wire::LeaveGroupResponse&) {});
  outside(true);
}

}  // namespace antiphon::sim
