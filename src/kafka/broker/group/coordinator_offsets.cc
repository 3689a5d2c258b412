// Committed offsets: checked against the group, stored, then seen.
#include <algorithm>

#include "kafka/broker/group/coordinator.h"

namespace antiphon::kafka::broker {

ErrorCode GroupCoordinator::check_commit(const CommitRequest& request, Instant now) {
  if (request.group_id.empty()) return ErrorCode::kInvalidGroupId;
  Entry* entry = find(request.group_id);
  if (entry == nullptr) {
    // Nobody joined: a consumer that assigns by itself may use the name; a member of a lost generation may not.
    if (request.generation.value() >= 0) return ErrorCode::kIllegalGeneration;
    return find_or_make(request.group_id) == nullptr ? ErrorCode::kGroupMaxSizeReached : ErrorCode::kNone;
  }
  return entry->group->may_commit(request, now);
}

void GroupCoordinator::commit(const CommitRequest& request, CommitReply reply, Instant now) {
  std::vector<ErrorCode> codes(request.offsets.size(), check_commit(request, now));
  if (codes.empty() || codes.front() != ErrorCode::kNone) return reply(codes);

  std::vector<GroupRecord> records;
  std::vector<std::pair<std::pair<std::string, PartitionId>, CommittedOffset>> accepted;
  for (std::size_t i = 0; i < request.offsets.size(); ++i) {
    const auto& each = request.offsets[i];
    if (each.metadata.size() > settings_.offset_metadata_bytes_max) {
      codes[i] = ErrorCode::kOffsetMetadataTooLarge;
      continue;
    }
    CommittedOffset offset{each.offset, each.leader_epoch, each.metadata, to_unix_ms(now.wall)};
    records.push_back(offset_record({request.group_id, each.topic, each.partition}, offset));
    accepted.push_back({{each.topic, each.partition}, std::move(offset)});
  }
  if (records.empty()) return reply(codes);
  ++find(request.group_id)->commits_in_flight;
  store_.append(request.group_id, std::move(records),
                [this, group_id = request.group_id, codes = std::move(codes), accepted = std::move(accepted),
                 reply = std::move(reply)](ErrorCode error) mutable {
                  Entry* entry = find(group_id);
                  if (entry != nullptr) --entry->commits_in_flight;
                  if (entry != nullptr && error == ErrorCode::kNone) {
                    for (auto& [where, offset] : accepted) entry->offsets[where] = std::move(offset);
                  }
                  for (auto& code : codes) {
                    if (code == ErrorCode::kNone) code = error;
                  }
                  reply(codes);
                });
}

const GroupCoordinator::OffsetsOfGroup* GroupCoordinator::all_committed(std::string_view group_id) const {
  const auto found = entries_.find(group_id);
  return found == entries_.end() ? nullptr : &found->second.offsets;
}

const CommittedOffset* GroupCoordinator::committed(std::string_view group_id, const std::string& topic,
                                                   PartitionId partition) const {
  const auto* offsets = all_committed(group_id);
  if (offsets == nullptr) return nullptr;
  const auto found = offsets->find({topic, partition});
  return found == offsets->end() ? nullptr : &found->second;
}

void GroupCoordinator::delete_offsets(const std::string& group_id,
                                      const std::vector<std::pair<std::string, PartitionId>>& which,
                                      std::function<void(ErrorCode)> reply) {
  Entry* entry = find(group_id);
  if (entry == nullptr) return reply(ErrorCode::kGroupIdNotFound);
  if (entry->group->size() > 0) return reply(ErrorCode::kNonEmptyGroup);
  std::vector<GroupRecord> records;
  for (const auto& where : which) {
    if (entry->offsets.erase(where) > 0) records.push_back(offset_tombstone({group_id, where.first, where.second}));
  }
  if (records.empty()) return reply(ErrorCode::kNone);
  store_.append(group_id, std::move(records), std::move(reply));
}

void GroupCoordinator::remove_group(const std::string& group_id, std::function<void(ErrorCode)> reply) {
  if (group_id.empty()) return reply(ErrorCode::kInvalidGroupId);
  const auto found = entries_.find(group_id);
  if (found == entries_.end()) return reply(ErrorCode::kGroupIdNotFound);
  Entry& entry = found->second;
  if (entry.group->state() != GroupState::kEmpty || !entry.group->subscribes_nobody() || entry.commits_in_flight > 0) {
    return reply(ErrorCode::kNonEmptyGroup);
  }
  std::vector<GroupRecord> records;
  for (const auto& [where, offset] : entry.offsets)
    records.push_back(offset_tombstone({group_id, where.first, where.second}));
  records.push_back(group_tombstone(group_id));
  arm(entry, MonoTime::max());
  entries_.erase(found);
  store_.append(group_id, std::move(records), std::move(reply));
}

void GroupCoordinator::topic_deleted(std::string_view topic) {
  for (auto& [id, entry] : entries_) {
    std::vector<GroupRecord> records;
    for (auto it = entry.offsets.begin(); it != entry.offsets.end();) {
      if (it->first.first != topic) {
        ++it;
        continue;
      }
      records.push_back(offset_tombstone({id, it->first.first, it->first.second}));
      it = entry.offsets.erase(it);
    }
    if (!records.empty()) store_.append(id, std::move(records), [](ErrorCode) {});
  }
}

}  // namespace antiphon::kafka::broker
