// JoinGroup: who comes in, under which id, and whether that starts a rebalance.
#include <fmt/format.h>

#include <algorithm>

#include "core/uuid.h"
#include "kafka/broker/group/group.h"

namespace antiphon::kafka::broker {
namespace {

JoinAnswer refusal(ErrorCode error, const std::string& member_id) {
  JoinAnswer answer;
  answer.error = error;
  answer.member_id = member_id;
  return answer;
}

}  // namespace

void Group::join(const JoinRequest& request, JoinReply reply, Instant now) {
  if (state_ == GroupState::kDead) return reply(refusal(ErrorCode::kCoordinatorNotAvailable, request.member_id));
  if (!accepts_protocols(request, request.member_id)) {
    return reply(refusal(ErrorCode::kInconsistentGroupProtocol, request.member_id));
  }
  if (request.member_id.empty()) return join_new(request, std::move(reply), now);
  join_known(request, std::move(reply), now);
}

// The same type as the group's, and at least one protocol that all the others take too.
bool Group::accepts_protocols(const JoinRequest& request, std::string_view except_member) const {
  if (request.protocol_type.empty() || request.protocols.empty()) return false;
  const auto replaced = request.instance_id ? member_of_instance(*request.instance_id) : nullptr;
  bool has_others = false;
  std::vector<std::string_view> common;
  common.reserve(request.protocols.size());
  for (const auto& protocol : request.protocols) common.push_back(protocol.name);
  for (const auto& [id, member] : members_) {
    if (id == except_member || (replaced != nullptr && id == *replaced)) continue;
    has_others = true;
    std::erase_if(common, [&member = member](std::string_view name) { return member.metadata_for(name) == nullptr; });
  }
  return !has_others || (request.protocol_type == protocol_type_ && !common.empty());
}

std::string Group::new_member_id(const JoinRequest& request) const {
  return fmt::format("{}-{}", request.instance_id ? *request.instance_id : request.client_id, make_uuid_v4(random_));
}

void Group::join_new(const JoinRequest& request, JoinReply reply, Instant now) {
  if (request.instance_id) {
    if (const std::string* holder = member_of_instance(*request.instance_id)) {
      return replace_static(std::string(*holder), request, std::move(reply), now);
    }
  }
  if (members_.size() + pending_.size() >= settings_.members_a_group_max) {
    return reply(refusal(ErrorCode::kGroupMaxSizeReached, request.member_id));
  }
  std::string member_id = new_member_id(request);
  if (!request.instance_id && request.needs_known_member_id) {
    pending_[member_id] = now.mono + request.session_timeout;
    return reply(refusal(ErrorCode::kMemberIdRequired, member_id));
  }
  add_member(std::move(member_id), request, std::move(reply), now);
}

void Group::join_known(const JoinRequest& request, JoinReply reply, Instant now) {
  if (const auto pending = pending_.find(request.member_id); pending != pending_.end()) {
    pending_.erase(pending);
    return add_member(request.member_id, request, std::move(reply), now);
  }
  Member* member = nullptr;
  if (const auto error = check_member(request.member_id, request.instance_id, &member); error != ErrorCode::kNone) {
    return reply(refusal(error, request.member_id));
  }
  const bool unchanged = member->protocols == request.protocols;
  const bool only_asks_again = (state_ == GroupState::kCompletingRebalance && unchanged) ||
                               (state_ == GroupState::kStable && unchanged && request.member_id != leader_);
  if (only_asks_again) {  // it missed the answer; the generation stands
    touch(*member, now);
    return reply(current_generation_for(*member));
  }
  if (state_ == GroupState::kEmpty) return reply(refusal(ErrorCode::kUnknownMemberId, request.member_id));
  update_member(*member, request, std::move(reply));
  prepare_rebalance(now);
}

void Group::add_member(std::string member_id, const JoinRequest& request, JoinReply reply, Instant now) {
  if (members_.empty()) protocol_type_ = request.protocol_type;
  if (leader_.empty()) leader_ = member_id;
  if (request.instance_id) instances_[*request.instance_id] = member_id;
  Member& member = members_[member_id];
  member.id = std::move(member_id);
  member.instance_id = request.instance_id;
  update_member(member, request, std::move(reply));
  if (state_ == GroupState::kPreparingRebalance && initial_join_until_ > now.mono) {
    // A group that is just forming waits as long again for the next, within the longest rebalance timeout.
    initial_join_until_ = std::min(now.mono + settings_.initial_rebalance_delay, initial_join_limit_);
    rebalance_deadline_ = initial_join_until_;
  }
  prepare_rebalance(now);
}

void Group::update_member(Member& member, const JoinRequest& request, JoinReply reply) {
  if (member.join_reply) member.join_reply(refusal(ErrorCode::kRebalanceInProgress, member.id));  // sent again
  if (member.sync_reply) {
    member.sync_reply(SyncAnswer{
        .error = ErrorCode::kRebalanceInProgress, .protocol_type = {}, .protocol_name = {}, .assignment = {}});
    member.sync_reply = nullptr;
  }
  member.client_id = request.client_id;
  member.client_host = request.client_host;
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = request.rebalance_timeout;
  member.protocols = request.protocols;
  member.join_reply = std::move(reply);
  member.connection = request.connection;
  member.session_deadline = MonoTime::max();
}

JoinAnswer Group::current_generation_for(const Member& member) const {
  JoinAnswer answer;
  answer.generation = generation_;
  answer.protocol_type = protocol_type_;
  answer.protocol_name = protocol_;
  answer.leader = leader_;
  answer.member_id = member.id;
  if (member.id != leader_) return answer;
  for (const auto& [id, each] : members_) {
    const Bytes* metadata = each.metadata_for(protocol_);
    answer.members.push_back({id, each.instance_id, metadata != nullptr ? *metadata : Bytes{}});
  }
  return answer;
}

// A static member came back without its member id: it takes its old place under a new id, and the one that held the old
// id is fenced. In a stable group whose choice of protocol stays the same nobody else notices, but it is answered only
// when its id is stored: a crash would give the place back to the old one, and both would have worked in one
// generation.
void Group::replace_static(const std::string& old_id, const JoinRequest& request, JoinReply reply, Instant now) {
  auto node = members_.extract(old_id);
  const std::string new_id = new_member_id(request);
  const bool was_leader = leader_ == old_id;
  Member& member = node.mapped();
  if (auto waiting = std::exchange(member.join_reply, nullptr)) waiting(refusal(ErrorCode::kFencedInstanceId, old_id));
  if (auto waiting = std::exchange(member.sync_reply, nullptr)) {
    waiting(
        SyncAnswer{.error = ErrorCode::kFencedInstanceId, .protocol_type = {}, .protocol_name = {}, .assignment = {}});
  }
  node.key() = new_id;
  member.id = new_id;
  members_.insert(std::move(node));
  instances_[*request.instance_id] = new_id;
  if (was_leader) leader_ = new_id;

  Member& kept = members_.find(new_id)->second;
  update_member(kept, request, std::move(reply));
  if (state_ != GroupState::kStable || choose_protocol() != protocol_) return prepare_rebalance(now);

  dirty_ = true;
  JoinAnswer answer = current_generation_for(kept);
  if (request.can_skip_assignment) {
    answer.skip_assignment = was_leader;
  } else if (was_leader) {
    answer.leader = old_id;  // so that it does not think it has to assign
    answer.members.clear();
  }
  replacements_[new_id] = std::move(answer);
}

std::vector<std::string> Group::replacements() const {
  std::vector<std::string> ids;
  ids.reserve(replacements_.size());
  for (const auto& [id, answer] : replacements_) ids.push_back(id);
  return ids;
}

// Unless a rebalance has begun, which answers all, or the next one has taken the place over.
void Group::replacement_stored(const std::string& member_id, ErrorCode error, Instant now) {
  const auto node = replacements_.extract(member_id);
  const auto found = members_.find(member_id);
  if (node.empty() || found == members_.end() || state_ != GroupState::kStable || !found->second.join_reply) return;
  touch(found->second, now);
  const JoinReply reply = std::exchange(found->second.join_reply, nullptr);
  reply(error == ErrorCode::kNone ? node.mapped() : refusal(error, {}));
}

}  // namespace antiphon::kafka::broker
