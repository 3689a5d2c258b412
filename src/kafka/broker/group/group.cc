#include "kafka/broker/group/group.h"

#include <algorithm>

namespace antiphon::kafka::broker {

std::string_view to_string(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kPreparingRebalance:
      return "PreparingRebalance";
    case GroupState::kCompletingRebalance:
      return "CompletingRebalance";
    case GroupState::kStable:
      return "Stable";
    case GroupState::kDead:
      return "Dead";
  }
  return "Unknown";
}

const std::string* Group::member_of_instance(const std::string& instance_id) const {
  const auto found = instances_.find(instance_id);
  return found == instances_.end() ? nullptr : &found->second;
}

// KIP-345: an instance id names one member; who comes with another member id was replaced.
ErrorCode Group::check_member(std::string_view member_id, const std::optional<std::string>& instance_id,
                              Member** member) {
  if (instance_id) {
    const std::string* holder = member_of_instance(*instance_id);
    if (holder == nullptr) return ErrorCode::kUnknownMemberId;
    if (*holder != member_id) return ErrorCode::kFencedInstanceId;
  }
  const auto found = members_.find(member_id);
  if (found == members_.end()) return ErrorCode::kUnknownMemberId;
  *member = &found->second;
  return ErrorCode::kNone;
}

ErrorCode Group::heartbeat(const HeartbeatRequest& request, Instant now) {
  if (state_ == GroupState::kDead) return ErrorCode::kCoordinatorNotAvailable;
  Member* member = nullptr;
  if (const auto error = check_member(request.member_id, request.instance_id, &member); error != ErrorCode::kNone)
    return error;
  if (request.generation != generation_) return ErrorCode::kIllegalGeneration;
  if (!member->join_reply && !member->sync_reply) touch(*member, now);
  // While the assignment is awaited a heartbeat is fine: a client may start its timer as soon as JoinGroup is answered.
  return state_ == GroupState::kPreparingRebalance ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

ErrorCode Group::leave(const LeavingMember& who, Instant now) {
  if (state_ == GroupState::kDead) return ErrorCode::kCoordinatorNotAvailable;
  if (const auto pending = pending_.find(who.member_id); pending != pending_.end() && !who.instance_id) {
    pending_.erase(pending);
    maybe_complete_join(now);
    return ErrorCode::kNone;
  }
  std::string member_id = who.member_id;
  if (who.instance_id && member_id.empty()) {
    const std::string* holder = member_of_instance(*who.instance_id);
    if (holder == nullptr) return ErrorCode::kUnknownMemberId;
    member_id = *holder;
  }
  Member* member = nullptr;
  if (const auto error = check_member(member_id, who.instance_id, &member); error != ErrorCode::kNone) return error;
  remove_member(member_id, ErrorCode::kUnknownMemberId, now);
  return ErrorCode::kNone;
}

ErrorCode Group::may_commit(const CommitRequest& request, Instant now) {
  if (state_ == GroupState::kDead) return ErrorCode::kCoordinatorNotAvailable;
  if (request.generation.value() < 0 && state_ == GroupState::kEmpty) return ErrorCode::kNone;  // assigns by itself
  const bool names_nobody = request.generation.value() < 0 && request.member_id.empty() && !request.instance_id;
  if (request.in_transaction && names_nobody) return ErrorCode::kNone;  // fenced by its producer's epoch (KIP-447)
  Member* member = nullptr;
  if (const auto error = check_member(request.member_id, request.instance_id, &member); error != ErrorCode::kNone)
    return error;
  if (request.generation != generation_) return ErrorCode::kIllegalGeneration;
  if (!member->join_reply && !member->sync_reply) touch(*member, now);
  // It knows its generation but not yet its assignment: what it would commit belongs to the one before.
  return state_ == GroupState::kCompletingRebalance ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

bool Group::sync(const SyncRequest& request, SyncReply reply, Instant now) {
  const auto refuse = [&](ErrorCode error) {
    reply(SyncAnswer{.error = error, .protocol_type = {}, .protocol_name = {}, .assignment = {}});
    return false;
  };
  if (state_ == GroupState::kDead) return refuse(ErrorCode::kCoordinatorNotAvailable);
  Member* member = nullptr;
  if (const auto error = check_member(request.member_id, request.instance_id, &member); error != ErrorCode::kNone) {
    return refuse(error);
  }
  if (request.generation != generation_) return refuse(ErrorCode::kIllegalGeneration);
  if ((request.protocol_type && *request.protocol_type != protocol_type_) ||
      (request.protocol_name && *request.protocol_name != protocol_)) {
    return refuse(ErrorCode::kInconsistentGroupProtocol);
  }
  if (state_ == GroupState::kPreparingRebalance) return refuse(ErrorCode::kRebalanceInProgress);
  if (state_ != GroupState::kCompletingRebalance && state_ != GroupState::kStable)
    return refuse(ErrorCode::kUnknownMemberId);

  member->has_synced = true;
  if (state_ == GroupState::kStable) {
    touch(*member, now);
    reply(SyncAnswer{.error = ErrorCode::kNone,
                     .protocol_type = protocol_type_,
                     .protocol_name = protocol_,
                     .assignment = member->assignment});
    return false;
  }
  if (member->sync_reply) {  // sent again: the newer request is the one to answer
    member->sync_reply(SyncAnswer{
        .error = ErrorCode::kRebalanceInProgress, .protocol_type = {}, .protocol_name = {}, .assignment = {}});
  }
  member->sync_reply = std::move(reply);
  member->connection = request.connection;
  member->session_deadline = MonoTime::max();
  if (request.member_id != leader_ || assignment_pending_) return false;

  for (auto& [id, each] : members_) each.assignment.clear();
  for (const auto& [id, assignment] : request.assignments) {
    if (const auto found = members_.find(id); found != members_.end()) found->second.assignment = assignment;
  }
  assignment_pending_ = true;
  return true;
}

void Group::assignment_stored(GenerationId generation, ErrorCode error, Instant now) {
  if (state_ != GroupState::kCompletingRebalance || generation != generation_)
    return;  // another rebalance came between
  assignment_pending_ = false;
  if (error != ErrorCode::kNone) {
    for (auto& [id, member] : members_) member.assignment.clear();
    fail_waiting_syncs(error, now);
    prepare_rebalance(now);
    return;
  }
  state_ = GroupState::kStable;
  for (auto& [id, member] : members_) {
    if (!member.sync_reply) continue;
    touch(member, now);
    const SyncReply reply = std::exchange(member.sync_reply, nullptr);
    reply(SyncAnswer{.error = ErrorCode::kNone,
                     .protocol_type = protocol_type_,
                     .protocol_name = protocol_,
                     .assignment = member.assignment});
  }
  // The deadline stays: who has not fetched its assignment by then is gone.
}

void Group::disconnected(ConnectionId connection, Instant now) {
  for (auto& [id, member] : members_) {
    if (member.connection != connection || (!member.join_reply && !member.sync_reply)) continue;
    member.join_reply = nullptr;
    member.sync_reply = nullptr;
    touch(member, now);
  }
}

MonoTime Group::next_deadline() const {
  MonoTime next = rebalance_deadline_;
  for (const auto& [id, member] : members_) next = std::min(next, member.session_deadline);
  for (const auto& [id, until] : pending_) next = std::min(next, until);
  return next;
}

void Group::expire(Instant now) {
  std::vector<std::string> gone;
  for (const auto& [id, until] : pending_) {
    if (until <= now.mono) gone.push_back(id);
  }
  for (const auto& id : gone) pending_.erase(id);
  if (!gone.empty()) maybe_complete_join(now);
  gone.clear();
  for (const auto& [id, member] : members_) {
    if (member.session_deadline <= now.mono) gone.push_back(id);
  }
  for (const auto& id : gone) remove_member(id, ErrorCode::kUnknownMemberId, now);

  if (rebalance_deadline_ > now.mono) return;
  if (state_ == GroupState::kPreparingRebalance) {
    complete_join(now);
    return;
  }
  rebalance_deadline_ = MonoTime::max();
  if (state_ != GroupState::kCompletingRebalance && state_ != GroupState::kStable) return;
  gone.clear();
  for (const auto& [id, member] : members_) {
    if (!member.has_synced) gone.push_back(id);
  }
  for (const auto& id : gone) remove_member(id, ErrorCode::kUnknownMemberId, now);
}

void Group::restore(GroupMetadata metadata, Instant now) {
  generation_ = metadata.generation;
  protocol_type_ = std::move(metadata.protocol_type);
  protocol_ = metadata.protocol.value_or("");
  leader_ = metadata.leader.value_or("");
  members_.clear();
  instances_.clear();
  for (auto& member : metadata.members) {
    touch(member, now);
    member.has_synced = true;
    if (member.instance_id) instances_[*member.instance_id] = member.id;
    members_.emplace(member.id, std::move(member));
  }
  state_ = members_.empty() ? GroupState::kEmpty : GroupState::kStable;
}

GroupMetadata Group::metadata(Instant now) const {
  GroupMetadata out;
  out.protocol_type = protocol_type_;
  out.generation = generation_;
  out.state_timestamp_ms = to_unix_ms(now.wall);
  if (members_.empty()) return out;
  out.protocol = protocol_;
  out.leader = leader_;
  for (const auto& [id, member] : members_) {
    Member copy;
    copy.id = member.id;
    copy.instance_id = member.instance_id;
    copy.client_id = member.client_id;
    copy.client_host = member.client_host;
    copy.session_timeout = member.session_timeout;
    copy.rebalance_timeout = member.rebalance_timeout;
    const Bytes* chosen = member.metadata_for(protocol_);
    copy.protocols.push_back({protocol_, chosen != nullptr ? *chosen : Bytes{}});
    copy.assignment = member.assignment;
    out.members.push_back(std::move(copy));
  }
  return out;
}

DescribedGroup Group::describe() const {
  DescribedGroup out;
  out.state = state_;
  out.protocol_type = protocol_type_;
  const bool stable = state_ == GroupState::kStable;
  if (stable) out.protocol = protocol_;
  for (const auto& [id, member] : members_) {
    DescribedMember described{.member_id = id,
                              .instance_id = member.instance_id,
                              .client_id = member.client_id,
                              .client_host = member.client_host,
                              .metadata = {},
                              .assignment = {}};
    if (const Bytes* chosen = member.metadata_for(protocol_); stable && chosen != nullptr) {
      described.metadata = *chosen;
      described.assignment = member.assignment;
    }
    out.members.push_back(std::move(described));
  }
  return out;
}

}  // namespace antiphon::kafka::broker
