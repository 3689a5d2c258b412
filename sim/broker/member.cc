#include "sim/broker/member.h"

#include "kafka/wire/offset_commit.h"
#include "kafka/wire/offset_fetch.h"
#include "sim/broker/offsets.h"
#include "sim/broker/reading.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {
constexpr std::int32_t kReadBytes = 2048;
}

Member::Member(World& world, std::string name, std::string group)
    : Client(world, std::move(name)),
      membership_(
          world, *this, {std::move(group), {}, {}},
          [this](const std::vector<Place>& places) {
            for (const Place& place : places) assigned_[place] = {};
            ask_for_offsets(places);
          },
          [this](ErrorCode) {
            reading_ = commit_under_way_ = false;
            assigned_.clear();
          }) {}

void Member::connection_lost() { membership_.outside(world_.one_in(2)); }

void Member::topic_gone(const Topic& topic) {
  std::erase_if(assigned_, [&](const auto& item) { return item.first.first == topic.in_history; });
}

void Member::act() {
  if (membership_.is_outside()) return membership_.join();
  if (!reading_) return;
  if (world_.one_in(60)) return membership_.leave();
  if (world_.one_in(5)) membership_.heartbeat();
  if (!commit_under_way_ && world_.one_in(3)) commit();
  read();
}

// It commits what it has read; no more than that is owed.
bool Member::finish() {
  if (reading_ && !commit_under_way_) commit();
  return !commit_under_way_;
}

void Member::ask_for_offsets(const std::vector<Place>& places) {
  const std::string& group = membership_.settings().group;
  wire::OffsetFetchRequest request;
  request.group_id = group;
  request.topics.emplace();
  for (const Place& place : places) {
    world_.note(offsets_event(What::kAsk, name(), group, place.first, place.second, Offset(-1)));
    request.topics->push_back({world_.topic(place.first)->name, {PartitionId(place.second)}});
  }
  world_.call<wire::OffsetFetchResponse>(
      *this, 3, request, [this, life = membership_.life(), group, places](const wire::OffsetFetchResponse& answer) {
        if (life != membership_.life() || membership_.must_join(answer.error_code)) return;
        reading_ = true;
        for (std::size_t i = 0; i < places.size(); ++i) {
          const auto& found = answer.topics.at(i).partitions.at(0);
          const auto assigned = assigned_.find(places[i]);
          if (assigned == assigned_.end() || found.error_code != ErrorCode::kNone) continue;
          const auto& [topic, partition] = places[i];
          world_.note(offsets_event(What::kStored, name(), group, topic, partition, found.committed_offset));
          if (found.committed_offset.value() < 0) continue;  // read() asks for the beginning
          assigned->second.position = assigned->second.committed = found.committed_offset;
          world_.note(position_event(name(), topic, partition, found.committed_offset, "committed"));
        }
      });
}

void Member::start_at(const Place& place, const char* reason) {
  assigned_[place].waiting = true;
  list_offset(world_, *this, world_.topic(place.first)->name, place.second, -2, Isolation::kReadUncommitted,
              [this, life = membership_.life(), place, reason](ErrorCode error, Offset offset) {
                const auto assigned = assigned_.find(place);
                if (life != membership_.life() || assigned == assigned_.end()) return;
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
        [this, life = membership_.life(), place, from](const auto& answer) {
          const auto found = assigned_.find(place);
          if (life != membership_.life() || found == assigned_.end()) return;
          found->second.waiting = false;
          if (answer.error_code == ErrorCode::kOffsetOutOfRange) found->second.position = Offset(-1);
          if (answer.error_code != ErrorCode::kNone) return;
          Event event = polled(world_, name(), place.first, place.second, from, answer, Isolation::kReadUncommitted);
          found->second.position = event.offset;
          world_.note(std::move(event));
        });
}

void Member::commit() {
  const std::string& group = membership_.settings().group;
  wire::OffsetCommitRequest request;
  request.group_id = group;
  request.generation_id_or_member_epoch = membership_.generation();
  request.member_id = membership_.member_id();
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
    Event event = offsets_event(What::kCommit, name(), group, place.first, place.second, assigned.position);
    event.generation = membership_.generation();
    world_.note(std::move(event));
  }
  if (asked.empty()) return;
  commit_under_way_ = true;
  world_.call<wire::OffsetCommitResponse>(
      *this, 5, request,
      [this, life = membership_.life(), group, asked = std::move(asked)](const wire::OffsetCommitResponse& answer) {
        ErrorCode error = ErrorCode::kNone;
        for (std::size_t i = 0; i < asked.size(); ++i) {
          const ErrorCode its = answer.topics.at(i).partitions.at(0).error_code;
          Event event = offsets_event(What::kCommitted, name(), group, asked[i].first.first, asked[i].first.second,
                                      asked[i].second);
          // An error of the coordinator's disk leaves it open what a start will find.
          const bool open = its == ErrorCode::kCoordinatorNotAvailable || its == ErrorCode::kRequestTimedOut;
          event.outcome = its == ErrorCode::kNone ? Outcome::kOk : open ? Outcome::kUnknown : Outcome::kFailed;
          world_.note(std::move(event));
          if (its != ErrorCode::kNone && its != ErrorCode::kUnknownTopicOrPartition) error = its;
        }
        if (life != membership_.life()) return;
        commit_under_way_ = false;
        if (error != ErrorCode::kCoordinatorNotAvailable) (void)membership_.must_join(error);
      });
}

}  // namespace antiphon::sim
