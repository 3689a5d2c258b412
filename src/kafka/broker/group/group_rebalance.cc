// The rebalance itself: waiting for the members, choosing a leader and a protocol, starting the next generation.
#include <algorithm>

#include "kafka/broker/group/group.h"

namespace antiphon::kafka::broker {

Milliseconds Group::longest_rebalance_timeout() const {
  Milliseconds longest{0};
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

void Group::fail_waiting_syncs(ErrorCode error, Instant now) {
  for (auto& [id, member] : members_) {
    if (!member.sync_reply) continue;
    touch(member, now);
    std::exchange(member.sync_reply,
                  nullptr)(SyncAnswer{.error = error, .protocol_type = {}, .protocol_name = {}, .assignment = {}});
  }
}

void Group::prepare_rebalance(Instant now) {
  if (state_ == GroupState::kPreparingRebalance) return maybe_complete_join(now);
  if (state_ == GroupState::kCompletingRebalance) {
    for (auto& [id, member] : members_) member.assignment.clear();
    fail_waiting_syncs(ErrorCode::kRebalanceInProgress, now);
    assignment_pending_ = false;
  }
  const bool forming = state_ == GroupState::kEmpty;
  state_ = GroupState::kPreparingRebalance;
  rebalance_deadline_ = now.mono + longest_rebalance_timeout();
  initial_join_until_ = MonoTime::min();
  if (forming && settings_.initial_rebalance_delay.count() > 0) {
    initial_join_limit_ = rebalance_deadline_;
    initial_join_until_ = std::min(now.mono + settings_.initial_rebalance_delay, initial_join_limit_);
    rebalance_deadline_ = initial_join_until_;
    return;
  }
  maybe_complete_join(now);
}

void Group::maybe_complete_join(Instant now) {
  if (state_ != GroupState::kPreparingRebalance || initial_join_until_ > now.mono || !pending_.empty()) return;
  const bool all_joined =
      std::all_of(members_.begin(), members_.end(), [](const auto& m) { return m.second.join_reply != nullptr; });
  if (all_joined) complete_join(now);
}

bool Group::elect_joined_leader() {
  const auto leader = members_.find(leader_);
  if (leader != members_.end() && leader->second.join_reply) return true;
  for (const auto& [id, member] : members_) {
    if (!member.join_reply) continue;
    leader_ = id;
    return true;
  }
  return false;
}

// Everybody has joined, or the time is over. Dynamic members that did not come back are out; static ones keep their
// place until their session ends.
void Group::complete_join(Instant now) {
  for (auto it = members_.begin(); it != members_.end();) {
    it = !it->second.join_reply && !it->second.instance_id ? members_.erase(it) : std::next(it);
  }
  if (!members_.empty() && !elect_joined_leader()) {
    rebalance_deadline_ = now.mono + longest_rebalance_timeout();  // only absent static members: their sessions decide
    return;
  }
  start_generation(now);
}

void Group::start_generation(Instant now) {
  generation_ = GenerationId(generation_.value() == INT32_MAX ? 1 : generation_.value() + 1);
  rebalance_deadline_ = MonoTime::max();
  assignment_pending_ = false;
  if (members_.empty()) {
    state_ = GroupState::kEmpty;
    protocol_.clear();
    leader_.clear();
    dirty_ = true;
    return;
  }
  protocol_ = choose_protocol();
  state_ = GroupState::kCompletingRebalance;
  rebalance_deadline_ = now.mono + longest_rebalance_timeout();
  for (auto& [id, member] : members_) {
    member.has_synced = false;
    if (!member.join_reply) continue;
    touch(member, now);
    std::exchange(member.join_reply, nullptr)(current_generation_for(member));
  }
}

// Each member votes for the first protocol of its list that all take; most votes win, then the smaller name.
std::string Group::choose_protocol() const {
  if (members_.empty()) return {};
  const auto taken_by_all = [&](const std::string& name) {
    return std::all_of(members_.begin(), members_.end(),
                       [&](const auto& m) { return m.second.metadata_for(name) != nullptr; });
  };
  std::map<std::string, std::size_t> votes;
  for (const auto& [id, member] : members_) {
    for (const auto& protocol : member.protocols) {
      if (!taken_by_all(protocol.name)) continue;
      ++votes[protocol.name];
      break;
    }
  }
  if (votes.empty()) return protocol_;  // cannot be: each join was checked against the others
  return std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void Group::remove_member(const std::string& member_id, ErrorCode waiting_error, Instant now) {
  auto node = members_.extract(member_id);
  if (node.empty()) return;
  Member& member = node.mapped();
  if (member.instance_id) instances_.erase(*member.instance_id);
  if (leader_ == member_id) leader_ = members_.empty() ? std::string{} : members_.begin()->first;
  if (member.join_reply) {
    JoinAnswer answer;
    answer.error = waiting_error;
    answer.member_id = member_id;
    member.join_reply(answer);
  }
  if (member.sync_reply) {
    member.sync_reply(SyncAnswer{.error = waiting_error, .protocol_type = {}, .protocol_name = {}, .assignment = {}});
  }
  if (state_ == GroupState::kPreparingRebalance) return maybe_complete_join(now);
  if (state_ == GroupState::kCompletingRebalance || state_ == GroupState::kStable) prepare_rebalance(now);
}

}  // namespace antiphon::kafka::broker
