#include "kafka/broker/group/coordinator.h"

#include <algorithm>

#include "core/assert.h"
#include "core/logging.h"

namespace antiphon::kafka::broker {

GroupCoordinator::Entry* GroupCoordinator::find(std::string_view group_id) {
  const auto found = entries_.find(group_id);
  return found == entries_.end() ? nullptr : &found->second;
}

GroupCoordinator::Entry* GroupCoordinator::find_or_make(const std::string& group_id) {
  if (Entry* entry = find(group_id)) return entry;
  if (entries_.size() >= settings_.groups_max) tidy();
  if (entries_.size() >= settings_.groups_max) return nullptr;
  Entry& entry = entries_[group_id];
  entry.group = std::make_unique<Group>(group_id, settings_, random_);
  return &entry;
}

void GroupCoordinator::arm(Entry& entry, MonoTime at) {
  if (entry.armed == at) return;
  if (entry.armed != MonoTime::max()) deadlines_.erase({entry.armed, entry.group->id()});
  entry.armed = at;
  if (at != MonoTime::max()) deadlines_.insert({at, entry.group->id()});
}

void GroupCoordinator::settle(Entry& entry, Instant now) {
  if (entry.group->take_dirty()) {
    store_.append(entry.group->id(), {group_record(entry.group->id(), entry.group->metadata(now))},
                  [this, id = entry.group->id(), replacements = entry.group->replacements(), now](ErrorCode error) {
                    state_stored(id, replacements, error, now);
                  });
  }
  arm(entry, entry.group->next_deadline());
}

void GroupCoordinator::state_stored(const std::string& group_id, const std::vector<std::string>& replacements,
                                    ErrorCode error, Instant now) {
  if (error != ErrorCode::kNone) {
    logging::warn("a group's state could not be stored; members join anew after a restart",
                  {{"group", group_id}, {"error", wire::to_string(error)}});
  }
  Entry* entry = find(group_id);
  if (entry == nullptr || replacements.empty()) return;
  for (const std::string& member : replacements) entry->group->replacement_stored(member, error, now);
  arm(*entry, entry->group->next_deadline());
}

void GroupCoordinator::join(const JoinRequest& request, JoinReply reply, Instant now) {
  const auto refuse = [&](ErrorCode error) {
    JoinAnswer answer;
    answer.error = error;
    answer.member_id = request.member_id;
    reply(answer);
  };
  if (request.group_id.empty()) return refuse(ErrorCode::kInvalidGroupId);
  if (request.session_timeout < settings_.session_timeout_min ||
      request.session_timeout > settings_.session_timeout_max) {
    return refuse(ErrorCode::kInvalidSessionTimeout);
  }
  const auto too_large = [&](const MemberProtocol& p) {
    return p.metadata.size() > settings_.member_metadata_bytes_max;
  };
  if (std::any_of(request.protocols.begin(), request.protocols.end(), too_large))
    return refuse(ErrorCode::kInvalidRequest);
  Entry* entry = request.member_id.empty() ? find_or_make(request.group_id) : find(request.group_id);
  if (entry == nullptr) {
    return refuse(request.member_id.empty() ? ErrorCode::kGroupMaxSizeReached : ErrorCode::kUnknownMemberId);
  }
  waiting_connections_.insert({request.connection, request.group_id});
  entry->group->join(request, std::move(reply), now);
  settle(*entry, now);
}

void GroupCoordinator::sync(const SyncRequest& request, SyncReply reply, Instant now) {
  const auto refuse = [&](ErrorCode error) {
    reply(SyncAnswer{.error = error, .protocol_type = {}, .protocol_name = {}, .assignment = {}});
  };
  if (request.group_id.empty()) return refuse(ErrorCode::kInvalidGroupId);
  Entry* entry = find(request.group_id);
  if (entry == nullptr) return refuse(ErrorCode::kUnknownMemberId);
  const auto too_large = [&](const auto& a) { return a.second.size() > settings_.member_metadata_bytes_max; };
  if (std::any_of(request.assignments.begin(), request.assignments.end(), too_large))
    return refuse(ErrorCode::kInvalidRequest);
  waiting_connections_.insert({request.connection, request.group_id});
  const bool from_leader = entry->group->sync(request, std::move(reply), now);
  settle(*entry, now);
  if (!from_leader) return;
  store_.append(request.group_id, {group_record(request.group_id, entry->group->metadata(now))},
                [this, group_id = request.group_id, generation = request.generation, now](ErrorCode error) {
                  Entry* stored = find(group_id);
                  if (stored == nullptr) return;
                  stored->group->assignment_stored(generation, error, now);
                  settle(*stored, now);
                });
}

ErrorCode GroupCoordinator::heartbeat(const HeartbeatRequest& request, Instant now) {
  if (request.group_id.empty()) return ErrorCode::kInvalidGroupId;
  Entry* entry = find(request.group_id);
  if (entry == nullptr) return ErrorCode::kUnknownMemberId;
  return entry->group->heartbeat(request, now);  // deadlines only move away: the armed one stays a lower bound
}

std::vector<ErrorCode> GroupCoordinator::leave(const std::string& group_id, const std::vector<LeavingMember>& members,
                                               Instant now) {
  if (group_id.empty()) return std::vector<ErrorCode>(members.size(), ErrorCode::kInvalidGroupId);
  Entry* entry = find(group_id);
  if (entry == nullptr) return std::vector<ErrorCode>(members.size(), ErrorCode::kUnknownMemberId);
  std::vector<ErrorCode> codes;
  codes.reserve(members.size());
  for (const auto& member : members) codes.push_back(entry->group->leave(member, now));
  settle(*entry, now);
  return codes;
}

void GroupCoordinator::disconnected(ConnectionId connection, Instant now) {
  auto it = waiting_connections_.lower_bound({connection, std::string{}});
  while (it != waiting_connections_.end() && it->first == connection) {
    if (Entry* entry = find(it->second)) {
      entry->group->disconnected(connection, now);
      settle(*entry, now);
    }
    it = waiting_connections_.erase(it);
  }
}

MonoTime GroupCoordinator::next_deadline() const {
  return deadlines_.empty() ? MonoTime::max() : deadlines_.begin()->first;
}

void GroupCoordinator::expire(Instant now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.mono) {
    Entry* entry = find(deadlines_.begin()->second);
    ANTIPHON_ASSERT(entry != nullptr);
    if (entry->group->next_deadline() <= now.mono) entry->group->expire(now);
    settle(*entry, now);
    if (entry->armed <= now.mono) arm(*entry, now.mono + std::chrono::milliseconds(1));  // never spin on one group
  }
}

void GroupCoordinator::tidy() {
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    const bool nothing_left = entry.offsets.empty() && entry.unstable.empty() && entry.unsettled.empty() &&
                              entry.commits_in_flight == 0 && entry.group->state() == GroupState::kEmpty &&
                              entry.group->subscribes_nobody();
    if (!nothing_left) {
      ++it;
      continue;
    }
    arm(entry, MonoTime::max());
    if (entry.group->generation().value() > 0) store_.append(it->first, {group_tombstone(it->first)}, [](ErrorCode) {});
    it = entries_.erase(it);
  }
}

std::vector<ListedGroup> GroupCoordinator::list() const {
  std::vector<ListedGroup> out;
  out.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) out.push_back({id, entry.group->protocol_type(), entry.group->state()});
  return out;
}

DescribedGroup GroupCoordinator::describe(std::string_view group_id) const {
  const auto found = entries_.find(group_id);
  if (found != entries_.end()) return found->second.group->describe();
  DescribedGroup none;
  none.error = ErrorCode::kGroupIdNotFound;
  return none;
}

Result<> GroupCoordinator::load(ByteView key, std::optional<ByteView> value, Instant,
                                std::optional<ProducerId> transaction) {
  ANTIPHON_TRY(decoded, decode_key(key));
  if (const auto* offset_of = std::get_if<OffsetKey>(&decoded)) {
    const Place where{offset_of->topic, offset_of->partition};
    if (!value) {
      if (Entry* entry = find(offset_of->group_id)) forget(*entry, where);
      return {};
    }
    ANTIPHON_TRY(offset, decode_offset(*value));
    Entry& entry = entries_[offset_of->group_id];  // what was accepted is loaded, whatever the limit is now
    if (!entry.group) entry.group = std::make_unique<Group>(offset_of->group_id, settings_, random_);
    offset.order = next_order_++;
    if (transaction) unstable_groups_[*transaction].insert(offset_of->group_id);
    (transaction ? entry.unstable[*transaction] : entry.offsets)[where] = std::move(offset);
  } else if (const auto* group_of = std::get_if<GroupKey>(&decoded)) {
    if (!value) {
      loading_.erase(group_of->group_id);
      return {};
    }
    ANTIPHON_TRY(group, decode_group(*value));
    loading_[group_of->group_id] = std::move(group);
  }
  return {};
}

void GroupCoordinator::loaded(Instant now) {
  for (auto& [id, metadata] : loading_) {
    Entry& entry = entries_[id];
    if (!entry.group) entry.group = std::make_unique<Group>(id, settings_, random_);
    entry.group->restore(std::move(metadata), now);
  }
  loading_.clear();
  for (auto& [id, entry] : entries_) settle(entry, now);
  tidy();
}

}  // namespace antiphon::kafka::broker
