#include "sim/broker/admin.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/wire/create_topics.h"
#include "kafka/wire/delete_records.h"
#include "kafka/wire/delete_topics.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

namespace {
constexpr std::int64_t kTopicsMax = 4;  // at a time

bool is_anybodys(const Topic& topic) { return topic.usable && !topic.of_pipeline; }
}  // namespace

void Admin::act() {
  if (asking_) return;
  const auto usable = std::count_if(world_.topics.begin(), world_.topics.end(), is_anybodys);
  if (usable == 0 || (usable < kTopicsMax && world_.one_in(4))) return create_topic();
  if (usable > 1 && world_.one_in(6)) return delete_topic();
  if (world_.one_in(3)) delete_records();
}

void Admin::create_topic() {
  Topic topic;
  if (!free_name_.empty()) {
    topic.name = std::exchange(free_name_, {});
    topic.in_history = fmt::format("{}#{}", topic.name, ++lives_);
  } else {
    topic.name = fmt::format("t{}", next_name_++);
    topic.in_history = topic.name;
  }
  topic.partitions = static_cast<std::int32_t>(1 + world_.below(3));
  const std::string segment_bytes = fmt::format("{}", 3000 + world_.below(6000));
  std::string retention_bytes = "-1";
  std::string retention_ms = "-1";
  if (world_.one_in(4)) retention_bytes = fmt::format("{}", 4000 + world_.below(8000));
  if (world_.one_in(4)) retention_ms = fmt::format("{}", 60'000 + world_.below(3'600'000));
  topic.has_retention = retention_bytes != "-1" || retention_ms != "-1";
  create(topic, {{"segment.bytes", segment_bytes},
                 {"retention.bytes", retention_bytes},
                 {"retention.ms", retention_ms},
                 {"index.interval.bytes", "256"}});
}

void Admin::create_for_pipeline(const std::string& topic_name, std::int32_t partitions) {
  Topic topic;
  topic.name = topic.in_history = topic_name;
  topic.partitions = partitions;
  topic.of_pipeline = true;
  const std::string segment_bytes = fmt::format("{}", 3000 + world_.below(6000));
  create(topic, {{"segment.bytes", segment_bytes}, {"retention.ms", "-1"}});
}

void Admin::create(const Topic& topic, const std::vector<wire::CreateTopicsRequest::Config>& configs) {
  wire::CreateTopicsRequest request;
  request.topics.push_back({topic.name, topic.partitions, 1, {}, configs});
  asking_ = true;
  world_.call<wire::CreateTopicsResponse>(*this, 4, request, [this, topic](const wire::CreateTopicsResponse& answer) {
    asking_ = false;
    const ErrorCode error = answer.topics.at(0).error_code;
    if (error == ErrorCode::kNone) {
      world_.topics.push_back(topic);
    } else if (!world_.disk_failed) {
      world_.wrong(fmt::format("topic {} could not be made: {}", topic.name, wire::to_string(error)));
    }
  });
}

void Admin::delete_topic() {
  std::vector<Topic*> usable;
  for (Topic& topic : world_.topics) {
    if (is_anybodys(topic)) usable.push_back(&topic);
  }
  Topic& topic = *usable[world_.below(usable.size())];
  world_.carry_all();  // so that nothing old reaches a topic of the same name
  world_.close_lost_connections();
  world_.topic_gone(topic);
  wire::DeleteTopicsRequest request;
  request.topic_names.emplace_back(topic.name);
  asking_ = true;
  world_.call<wire::DeleteTopicsResponse>(
      *this, 3, request, [this, name = topic.name](const wire::DeleteTopicsResponse& answer) {
        asking_ = false;
        const ErrorCode error = answer.responses.at(0).error_code;
        if (error == ErrorCode::kNone) {
          if (world_.one_in(2)) free_name_ = name;
        } else if (error != ErrorCode::kNone && !world_.disk_failed) {
          world_.wrong(fmt::format("topic {} could not be deleted: {}", name, wire::to_string(error)));
        }
      });
}

void Admin::delete_records() {
  std::vector<Topic*> usable;
  for (Topic& topic : world_.topics) {
    if (is_anybodys(topic)) usable.push_back(&topic);
  }
  if (usable.empty()) return;
  const Topic& topic = *usable[world_.below(usable.size())];
  const auto p = static_cast<std::int32_t>(world_.below(static_cast<std::uint64_t>(topic.partitions)));
  auto* partition = world_.driver.core->log().partition(topic.name, PartitionId(p));
  if (partition == nullptr || partition->high_watermark().value() == 0) return;
  const Offset to(
      static_cast<std::int64_t>(world_.below(static_cast<std::uint64_t>(partition->high_watermark().value()))));
  Event event;
  event.what = What::kLogStart;
  event.process = name();
  event.topic = topic.in_history;
  event.partition = PartitionId(p);
  event.offset = to;
  event.reason = "DeleteRecords";
  world_.note(std::move(event));
  wire::DeleteRecordsRequest request;
  request.topics.push_back({topic.name, {{PartitionId(p), to}}});
  asking_ = true;
  world_.call<wire::DeleteRecordsResponse>(*this, 1, request,
                                           [this](const wire::DeleteRecordsResponse&) { asking_ = false; });
}

}  // namespace antiphon::sim
