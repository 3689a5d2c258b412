// Committed offsets: checked against the group, stored, then seen.
#include <algorithm>
#include <memory>

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

GroupCoordinator::Accepted GroupCoordinator::accept(const CommitRequest& request, std::vector<ErrorCode>& codes,
                                                    Instant now) {
  Accepted accepted;
  for (std::size_t i = 0; i < request.offsets.size(); ++i) {
    const auto& each = request.offsets[i];
    if (each.metadata.size() > settings_.offset_metadata_bytes_max) {
      codes[i] = ErrorCode::kOffsetMetadataTooLarge;
      continue;
    }
    CommittedOffset offset{each.offset, each.leader_epoch, each.metadata, to_unix_ms(now.wall), next_order_++};
    accepted.records.push_back(offset_record({request.group_id, each.topic, each.partition}, offset));
    accepted.offsets.emplace_back(Place{each.topic, each.partition}, std::move(offset));
  }
  return accepted;
}

namespace {

void fill_in(std::vector<ErrorCode>& codes, ErrorCode error) {
  std::replace(codes.begin(), codes.end(), ErrorCode::kNone, error);
}

}  // namespace

void GroupCoordinator::commit(const CommitRequest& request, CommitReply reply, Instant now) {
  std::vector<ErrorCode> codes(request.offsets.size(), check_commit(request, now));
  if (codes.empty() || codes.front() != ErrorCode::kNone) return reply(codes);
  Accepted accepted = accept(request, codes, now);
  if (accepted.records.empty()) return reply(codes);
  Entry& group = *find(request.group_id);
  ++group.commits_in_flight;
  for (const auto& [where, offset] : accepted.offsets) group.unsettled[where].on_their_way.insert(offset.order);
  store_.append(request.group_id, std::move(accepted.records),
                [this, group_id = request.group_id, codes = std::move(codes), offsets = std::move(accepted.offsets),
                 reply = std::move(reply)](ErrorCode error) mutable {
                  Entry* entry = find(group_id);
                  if (entry != nullptr) --entry->commits_in_flight;
                  if (entry != nullptr) {
                    for (auto& [where, offset] : offsets) {
                      if (settle_commit(*entry, where, offset.order, error == ErrorCode::kNone))
                        entry->offsets[where] = std::move(offset);
                    }
                  }
                  fill_in(codes, error);
                  reply(codes);
                });
}

bool GroupCoordinator::settle_commit(Entry& entry, const Place& where, std::uint64_t order, bool stored) {
  const auto found = entry.unsettled.find(where);
  if (found == entry.unsettled.end() || found->second.on_their_way.erase(order) == 0) return false;
  Unsettled& unsettled = found->second;
  if (!stored) {
    unsettled.failed_at(order);
  } else if (unsettled.failed < order) {
    unsettled.failed = 0;  // a start finds this one behind it
  }
  if (unsettled.on_their_way.empty() && unsettled.failed == 0) entry.unsettled.erase(found);
  return stored;
}

void GroupCoordinator::commit_in_transaction(const CommitRequest& request, const ProducerIdentity& producer,
                                             CommitReply reply, Instant now) {
  std::vector<ErrorCode> codes(request.offsets.size(), check_commit(request, now));
  if (codes.empty() || codes.front() != ErrorCode::kNone) return reply(codes);
  Accepted accepted = accept(request, codes, now);
  if (accepted.records.empty()) return reply(codes);
  Entry* const entry = find(request.group_id);
  ++entry->commits_in_flight;
  // Unstable from now on: nobody may read an older offset as the last one while this one is on its way.
  for (const auto& [where, offset] : accepted.offsets) entry->unstable[producer.id][where] = offset;
  unstable_groups_[producer.id].insert(request.group_id);
  store_.append_in_transaction(
      request.group_id, producer, std::move(accepted.records),
      [this, group_id = request.group_id, id = producer.id, codes = std::move(codes),
       offsets = std::move(accepted.offsets), reply = std::move(reply)](ErrorCode error) mutable {
        Entry* stored = find(group_id);
        if (stored != nullptr) --stored->commits_in_flight;
        if (stored != nullptr && error != ErrorCode::kNone) forget_unstable(*stored, group_id, id, offsets);
        fill_in(codes, error);
        reply(codes);
      });
}

// Commits that could not be stored, unless a later one has taken their place.
void GroupCoordinator::forget_unstable(Entry& entry, const std::string& group_id, ProducerId producer,
                                       const std::vector<std::pair<Place, CommittedOffset>>& offsets) {
  for (const auto& [where, offset] : offsets) entry.unsettled[where].failed_at(offset.order);
  const auto found = entry.unstable.find(producer);
  if (found == entry.unstable.end()) return;
  for (const auto& [where, offset] : offsets) {
    const auto one = found->second.find(where);
    if (one != found->second.end() && one->second.order == offset.order) found->second.erase(one);
  }
  if (!found->second.empty()) return;
  entry.unstable.erase(found);
  unstable_groups_[producer].erase(group_id);
}

void GroupCoordinator::transaction_ended(ProducerId producer, const std::function<bool(std::string_view)>& of,
                                         bool commit) {
  const auto groups = unstable_groups_.find(producer);
  if (groups == unstable_groups_.end()) return;
  for (auto group = groups->second.begin(); group != groups->second.end();) {
    if (!of(*group)) {
      ++group;
      continue;
    }
    if (Entry* entry = find(*group)) {
      auto node = entry->unstable.extract(producer);
      if (commit && !node.empty()) {
        for (auto& [where, offset] : node.mapped()) {
          CommittedOffset& committed = entry->offsets[where];
          if (committed.order < offset.order) committed = std::move(offset);
        }
      }
    }
    group = groups->second.erase(group);
  }
  if (groups->second.empty()) unstable_groups_.erase(groups);
}

bool GroupCoordinator::is_unstable(std::string_view group_id, const std::string& topic, PartitionId partition) const {
  const auto entry = entries_.find(group_id);
  if (entry == entries_.end()) return false;
  const auto& unstable = entry->second.unstable;
  return std::any_of(unstable.begin(), unstable.end(), [&](const auto& of_producer) {
    return of_producer.second.contains({topic, partition});
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

bool GroupCoordinator::forget(Entry& entry, const Place& where) {
  bool any = entry.offsets.erase(where) > 0;
  any |= entry.unsettled.erase(where) > 0;
  for (auto& [producer, offsets] : entry.unstable) any |= offsets.erase(where) > 0;
  return any;
}

std::set<GroupCoordinator::Place> GroupCoordinator::places_of(const Entry& entry) {
  std::set<Place> places;
  for (const auto& [where, offset] : entry.offsets) places.insert(where);
  for (const auto& [where, unsettled] : entry.unsettled) places.insert(where);
  for (const auto& [producer, offsets] : entry.unstable) {
    for (const auto& [where, offset] : offsets) places.insert(where);
  }
  return places;
}

void GroupCoordinator::append_tombstones(const std::string& group_id, std::vector<Place> places,
                                         std::function<void(ErrorCode)> done) {
  std::vector<GroupRecord> records;
  records.reserve(places.size());
  for (const auto& where : places) records.push_back(offset_tombstone({group_id, where.first, where.second}));
  store_.append(
      group_id, std::move(records),
      [this, group_id, order = next_order_++, places = std::move(places), done = std::move(done)](ErrorCode error) {
        Entry* entry = find(group_id);
        for (const auto& where : places) {  // whoever asks again finds them
          if (error != ErrorCode::kNone && entry != nullptr) entry->unsettled[where].failed_at(order);
        }
        done(error);
      });
}

void GroupCoordinator::delete_offsets(const std::string& group_id, const std::vector<Place>& which,
                                      std::function<void(ErrorCode)> reply) {
  Entry* entry = find(group_id);
  if (entry == nullptr) return reply(ErrorCode::kGroupIdNotFound);
  if (entry->group->size() > 0 && entry->group->protocol_type() != kConsumerProtocolType)
    return reply(ErrorCode::kNonEmptyGroup);
  std::vector<Place> gone;
  for (const auto& where : which) {
    if (forget(*entry, where)) gone.push_back(where);
  }
  if (gone.empty()) return reply(ErrorCode::kNone);
  append_tombstones(group_id, std::move(gone), std::move(reply));
}

void GroupCoordinator::remove_group(const std::string& group_id, std::function<void(ErrorCode)> reply) {
  if (group_id.empty()) return reply(ErrorCode::kInvalidGroupId);
  const auto found = entries_.find(group_id);
  if (found == entries_.end()) return reply(ErrorCode::kGroupIdNotFound);
  Entry& entry = found->second;
  if (entry.group->state() != GroupState::kEmpty || !entry.group->subscribes_nobody() || entry.commits_in_flight > 0 ||
      !entry.unstable.empty()) {
    return reply(ErrorCode::kNonEmptyGroup);
  }
  const std::set<Place> places = places_of(entry);
  std::vector<GroupRecord> records;
  records.reserve(places.size() + 1);
  for (const auto& where : places) records.push_back(offset_tombstone({group_id, where.first, where.second}));
  records.push_back(group_tombstone(group_id));
  arm(entry, MonoTime::max());
  entries_.erase(found);
  store_.append(group_id, std::move(records), std::move(reply));
}

void GroupCoordinator::topic_deleted(std::string_view topic, std::function<void(ErrorCode)> done) {
  struct Tombstones {  // of one topic, in several groups
    std::size_t waiting = 1;
    ErrorCode error = ErrorCode::kNone;
    std::function<void(ErrorCode)> done;
  };
  const auto all = std::make_shared<Tombstones>();
  all->done = std::move(done);
  const std::string name(topic);
  ++going_[name];
  const auto settled = [this, all, name](ErrorCode error) {
    if (error != ErrorCode::kNone) all->error = error;
    if (--all->waiting > 0) return;
    const auto going = going_.find(name);
    if (--going->second == 0 && all->error == ErrorCode::kNone) going_.erase(going);
    all->done(all->error);
  };
  for (auto& [id, entry] : entries_) {
    std::vector<Place> gone;
    for (const auto& where : places_of(entry)) {
      if (where.first == topic && forget(entry, where)) gone.push_back(where);
    }
    if (gone.empty()) continue;
    ++all->waiting;
    append_tombstones(id, std::move(gone), settled);
  }
  settled(ErrorCode::kNone);
}

void GroupCoordinator::forget_again() {
  std::vector<std::string> failed;
  for (const auto& [topic, unanswered] : going_) {
    if (unanswered == 0) failed.push_back(topic);
  }
  for (const auto& topic : failed) topic_deleted(topic, [](ErrorCode) {});
}

std::set<std::string> GroupCoordinator::topics_with_offsets() const {
  std::set<std::string> topics;
  for (const auto& [id, entry] : entries_) {
    for (const auto& where : places_of(entry)) topics.insert(where.first);
  }
  return topics;
}

}  // namespace antiphon::kafka::broker
