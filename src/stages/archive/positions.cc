#include "stages/archive/positions.h"

#include <utility>

namespace antiphon::archive {

void Positions::start(const bus::TopicPartition& partition, Offset from) {
  end(partition);
  auto assignment = std::make_shared<Assignment>();
  assignment->partition = partition;
  positions_.emplace(partition, Position{std::move(assignment), bus::ContiguousWatermark(from), from, from, {}, {}});
}

void Positions::end(const bus::TopicPartition& partition) {
  const auto it = positions_.find(partition);
  if (it == positions_.end()) return;
  it->second.assignment->ended = true;
  positions_.erase(it);
}

std::shared_ptr<Assignment> Positions::take(const IncomingRecord& record) {
  const bus::TopicPartition partition{std::string(record.topic), record.partition};
  if (!positions_.contains(partition)) start(partition, record.offset);
  Position& position = positions_.at(partition);
  if (record.offset < position.next) return nullptr;
  position.next = record.offset + 1;
  position.watermark.taken(record.offset);
  position.open.emplace(record.offset, record.timestamp_ms);
  position.last_seen_ms = record.timestamp_ms;
  return position.assignment;
}

bool Positions::finish(const Assignment& assignment, Offset offset) {
  const auto it = positions_.find(assignment.partition);
  if (it == positions_.end() || it->second.assignment.get() != &assignment) return false;
  if (it->second.open.erase(offset) == 0) return false;
  it->second.watermark.done(offset);
  return true;
}

std::map<bus::TopicPartition, Offset> Positions::committable() const {
  std::map<bus::TopicPartition, Offset> next;
  for (const auto& [partition, position] : positions_) {
    if (position.watermark.committable() > position.committed)
      next.emplace(partition, position.watermark.committable());
  }
  return next;
}

void Positions::committed(const std::map<bus::TopicPartition, Offset>& next) {
  for (const auto& [partition, offset] : next) {
    const auto it = positions_.find(partition);
    if (it != positions_.end()) it->second.committed = offset;
  }
}

std::vector<bus::TopicPartition> Positions::partitions() const {
  std::vector<bus::TopicPartition> all;
  all.reserve(positions_.size());
  for (const auto& [partition, position] : positions_) all.push_back(partition);
  return all;
}

std::shared_ptr<Assignment> Positions::assignment(const bus::TopicPartition& partition) const {
  const auto it = positions_.find(partition);
  return it == positions_.end() ? nullptr : it->second.assignment;
}

std::size_t Positions::in_flight(const bus::TopicPartition& partition) const {
  const auto it = positions_.find(partition);
  return it == positions_.end() ? 0 : it->second.watermark.in_flight();
}

Offset Positions::reached(const bus::TopicPartition& partition) const {
  const auto it = positions_.find(partition);
  return it == positions_.end() ? Offset(0) : it->second.watermark.committable();
}

std::optional<std::int64_t> Positions::oldest_open_ms(const bus::TopicPartition& partition) const {
  const auto it = positions_.find(partition);
  if (it == positions_.end()) return std::nullopt;
  if (!it->second.open.empty()) return it->second.open.begin()->second;
  return it->second.last_seen_ms;
}

}  // namespace antiphon::archive
