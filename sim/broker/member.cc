#include "sim/broker/member.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "kafka/wire/heartbeat.h"
#include "kafka/wire/leave_group.h"
#include "kafka/wire/offset_commit.h"
#include "kafka/wire/offset_fetch.h"
#include "kafka/wire/sync_group.h"
#include "sim/broker/offsets.h"
#include "sim/broker/reading.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {

constexpr std::int32_t kSessionTimeoutMs = 10'000;
constexpr std::int32_t kRebalanceTimeoutMs = 20'000;
constexpr std::int32_t kReadBytes = 2048;

}  // namespace

void Member::outside(bool forget_id) {
  state_ = State::kOutside;
  assigned_.clear();
  commit_under_way_ = false;
  ++life_;
  if (forget_id) member_id_.clear();
}

void Member::connection_lost() { outside(world_.one_in(2)); }

void Member::topic_gone(const Topic& topic) {
  std::erase_if(assigned_, [&](const auto& item) { return item.first.first == topic.in_history; });
}

bool Member::must_join(ErrorCode error) {
  if (error == ErrorCode::kNone) return false;
  outside(error == ErrorCode::kUnknownMemberId);
  return true;
}

void Member::act() {
  switch (state_) {
    case State::kOutside:
      return join();
    case State::kReading:
      if (world_.one_in(60)) return leave();
      if (world_.one_in(5)) heartbeat();
      if (!commit_under_way_ && world_.one_in(3)) commit();
      return read();
    case State::kJoining:
    case State::kSyncing:
    case State::kAsking:
      return;
  }
}

// It commits what it has read; no more than that is owed.
bool Member::finish() {
  if (state_ == State::kReading && !commit_under_way_) commit();
  return !commit_under_way_;
}

void Member::join() {
  state_ = State::kJoining;
  wire::JoinGroupRequest request;
  request.group_id = group_;
  request.session_timeout_ms = kSessionTimeoutMs;
  request.rebalance_timeout_ms = kRebalanceTimeoutMs;
  request.member_id = member_id_;
  request.protocol_type = "consumer";
  request.protocols.push_back({"range", as_bytes("all topics")});
  world_.call<wire::JoinGroupResponse>(*this, 5, request, [this, life = life_](const wire::JoinGroupResponse& answer) {
    if (life == life_) joined(answer);
  });
}

void Member::joined(const wire::JoinGroupResponse& answer) {
  if (answer.error_code == ErrorCode::kMemberIdRequired) {
    member_id_ = answer.member_id;
    return join();
  }
  if (must_join(answer.error_code)) return;
  member_id_ = answer.member_id;
  generation_ = answer.generation_id;
  state_ = State::kSyncing;
  std::vector<std::string> members;
  for (const auto& member : answer.members) members.emplace_back(member.member_id);
  std::sort(members.begin(), members.end());
  sync(members, answer.leader == answer.member_id);
}

// An assignment is a line a partition: topic as the history names it, number.
void Member::sync(const std::vector<std::string>& members, bool leads) {
  wire::SyncGroupRequest request;
  request.group_id = group_;
  request.generation_id = generation_;
  request.member_id = member_id_;
  std::vector<std::string> texts(members.size());
  std::size_t turn = 0;
  for (const Topic& topic : world_.topics) {
    for (std::int32_t p = 0; topic.usable && leads && !members.empty() && p < topic.partitions; ++p) {
      texts[turn++ % members.size()] += fmt::format("{} {}\n", topic.in_history, p);
    }
  }
  for (std::size_t i = 0; leads && i < members.size(); ++i)
    request.assignments.push_back({members[i], as_bytes(texts[i])});
  world_.call<wire::SyncGroupResponse>(*this, 3, request, [this, life = life_](const wire::SyncGroupResponse& answer) {
    if (life != life_ || must_join(answer.error_code)) return;
    std::istringstream lines{std::string(as_text(answer.assignment))};
    std::string topic;
    for (std::int32_t partition = 0; lines >> topic >> partition;) {
      const Topic* known = world_.topic(topic);
      if (known != nullptr && known->usable) assigned_[{topic, partition}] = {};
    }
    state_ = State::kAsking;
    ask_for_offsets();
  });
}

void Member::ask_for_offsets() {
  wire::OffsetFetchRequest request;
  request.group_id = group_;
  request.topics.emplace();
  for (const auto& [place, assigned] : assigned_) {
    world_.note(offsets_event(What::kAsk, name(), group_, place.first, place.second, Offset(-1)));
    request.topics->push_back({world_.topic(place.first)->name, {PartitionId(place.second)}});
  }
  std::vector<Place> places;
  for (const auto& [place, assigned] : assigned_) places.push_back(place);
  world_.call<wire::OffsetFetchResponse>(
      *this, 3, request, [this, life = life_, places = std::move(places)](const wire::OffsetFetchResponse& answer) {
        if (life != life_ || must_join(answer.error_code)) return;
        state_ = State::kReading;
        for (std::size_t i = 0; i < places.size(); ++i) {
          const auto& found = answer.topics.at(i).partitions.at(0);
          const auto assigned = assigned_.find(places[i]);
          if (assigned == assigned_.end() || found.error_code != ErrorCode::kNone) continue;
          const auto& [topic, partition] = places[i];
          world_.note(offsets_event(What::kStored, name(), group_, topic, partition, found.committed_offset));
          if (found.committed_offset.value() < 0) continue;  // read() asks for the beginning
          assigned->second.position = assigned->second.committed = found.committed_offset;
          world_.note(position_event(name(), topic, partition, found.committed_offset, "committed"));
        }
      });
}

void Member::start_at(const Place& place, const char* reason) {
  assigned_[place].waiting = true;
  list_offset(world_, *this, world_.topic(place.first)->name, place.second, -2, Isolation::kReadUncommitted,
              [this, life = life_, place, reason](ErrorCode error, Offset offset) {
                const auto assigned = assigned_.find(place);
                if (life != life_ || assigned == assigned_.end()) return;
                assigned->second.waiting = false;
                if (error != ErrorCode::kNone) return;
                assigned->second.position = offset;
                world_.note(position_event(name(), place.first, place.second, offset, reason));
              });
}

void Member::read() {
  std::vector<Place> places;
  for (const auto& [place, assigned] : assigned_) {
    if (!assigned.waiting) places.push_back(place);
  }
  if (places.empty()) return;
  const Place place = places[world_.below(places.size())];
  Assigned& assigned = assigned_[place];
  if (assigned.position.value() < 0) return start_at(place, "nothing committed");
  assigned.waiting = true;
  const Offset from = assigned.position;
  fetch(world_, *this, world_.topic(place.first)->name, place.second, from, kReadBytes, Isolation::kReadUncommitted,
        [this, life = life_, place, from](const auto& answer) {
          const auto found = assigned_.find(place);
          if (life != life_ || found == assigned_.end()) return;
          found->second.waiting = false;
          if (answer.error_code == ErrorCode::kOffsetOutOfRange) found->second.position = Offset(-1);
          if (answer.error_code != ErrorCode::kNone) return;
          Event event = polled(world_, name(), place.first, place.second, from, answer, Isolation::kReadUncommitted);
          found->second.position = event.offset;
          world_.note(std::move(event));
        });
}

void Member::commit() {
  wire::OffsetCommitRequest request;
  request.group_id = group_;
  request.generation_id_or_member_epoch = generation_;
  request.member_id = member_id_;
  std::vector<std::pair<Place, Offset>> asked;
  for (auto& [place, assigned] : assigned_) {
    if (assigned.position.value() < 0 || assigned.position == assigned.committed) continue;
    assigned.committed = assigned.position;
    asked.emplace_back(place, assigned.position);
    wire::OffsetCommitRequest::Partition partition;
    partition.partition_index = PartitionId(place.second);
    partition.committed_offset = assigned.position;
    partition.committed_metadata = "";
    request.topics.push_back({world_.topic(place.first)->name, {partition}});
    world_.note(offsets_event(What::kCommit, name(), group_, place.first, place.second, assigned.position));
  }
  if (asked.empty()) return;
  commit_under_way_ = true;
  world_.call<wire::OffsetCommitResponse>(
      *this, 5, request, [this, life = life_, asked = std::move(asked)](const wire::OffsetCommitResponse& answer) {
        ErrorCode error = ErrorCode::kNone;
        for (std::size_t i = 0; i < asked.size(); ++i) {
          const ErrorCode its = answer.topics.at(i).partitions.at(0).error_code;
          Event event = offsets_event(What::kCommitted, name(), group_, asked[i].first.first, asked[i].first.second,
                                      asked[i].second);
          // An error of the coordinator's disk leaves it open what a start will find.
          const bool open = its == ErrorCode::kCoordinatorNotAvailable || its == ErrorCode::kRequestTimedOut;
          event.outcome = its == ErrorCode::kNone ? Outcome::kOk : open ? Outcome::kUnknown : Outcome::kFailed;
          world_.note(std::move(event));
          if (its != ErrorCode::kNone && its != ErrorCode::kUnknownTopicOrPartition) error = its;
        }
        if (life != life_) return;
        commit_under_way_ = false;
        if (error != ErrorCode::kCoordinatorNotAvailable) (void)must_join(error);
      });
}

void Member::heartbeat() {
  wire::HeartbeatRequest request;
  request.group_id = group_;
  request.generation_id = generation_;
  request.member_id = member_id_;
  world_.call<wire::HeartbeatResponse>(*this, 3, request, [this, life = life_](const wire::HeartbeatResponse& answer) {
    if (life == life_) (void)must_join(answer.error_code);
  });
}

void Member::leave() {
  wire::LeaveGroupRequest request;
  request.group_id = group_;
  request.member_id = member_id_;
  world_.call<wire::LeaveGroupResponse>(*this, 1, request, [](const wire::LeaveGroupResponse&) {});
  outside(true);
}

}  // namespace antiphon::sim
