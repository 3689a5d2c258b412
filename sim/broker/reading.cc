#include "sim/broker/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "kafka/wire/list_offsets.h"
#include "kafka/wire/record.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;

namespace {

// Which batches of an answer belong to transactions that were aborted; asked in their order.
class AbortedBatches {
 public:
  explicit AbortedBatches(const wire::FetchResponse::Partition& answer) {
    if (answer.aborted_transactions) all_ = *answer.aborted_transactions;
    std::sort(all_.begin(), all_.end(),
              [](const auto& one, const auto& other) { return one.first_offset < other.first_offset; });
  }

  [[nodiscard]] bool have(const wire::BatchView& batch) {
    for (; next_ < all_.size() && all_[next_].first_offset <= batch.last_offset(); ++next_)
      aborting_.insert(all_[next_].producer_id);
    if (batch.control()) aborting_.erase(batch.producer_id());
    return batch.transactional() && aborting_.contains(batch.producer_id());
  }

 private:
  std::vector<wire::FetchResponse::AbortedTransaction> all_;
  std::size_t next_ = 0;
  std::set<ProducerId> aborting_;
};

}  // namespace

void fetch(World& world, Client& client, const std::string& topic_name, std::int32_t partition, Offset from,
           std::int32_t bytes_max, Isolation isolation,
           std::function<void(const wire::FetchResponse::Partition&)> on_answer) {
  wire::FetchRequest request;
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  request.max_bytes = bytes_max;
  request.isolation_level = static_cast<std::int8_t>(isolation);
  wire::FetchRequest::Partition asked;
  asked.partition = PartitionId(partition);
  asked.fetch_offset = from;
  asked.partition_max_bytes = bytes_max;
  request.topics.push_back({topic_name, {}, {asked}});
  world.call<wire::FetchResponse>(client, 11, request,
                                  [on_answer = std::move(on_answer)](const wire::FetchResponse& answer) {
                                    on_answer(answer.responses.at(0).partitions.at(0));
                                  });
}

Event polled(World& world, const std::string& process, const std::string& topic, std::int32_t partition, Offset from,
             const wire::FetchResponse::Partition& answer, Isolation isolation) {
  Event event;
  event.what = What::kPolled;
  event.process = process;
  event.topic = topic;
  event.partition = PartitionId(partition);
  event.offset = from;
  event.committed_only = isolation == Isolation::kReadCommitted;
  wire::Buffer scratch;
  ByteView batches = answer.records.bytes();
  AbortedBatches aborted(answer);
  while (!batches.empty()) {
    const auto batch = wire::BatchView::at(batches);
    if (!batch || !batch->crc_matches()) {
      world.wrong(fmt::format("{} was served bytes of {}-{} that are no batch: {}", process, topic, partition,
                              batch ? "its CRC does not match" : batch.error().message));
      break;
    }
    batches = batches.subspan(batch->size());
    if (event.committed_only && batch->last_offset() >= answer.last_stable_offset) {
      world.wrong(fmt::format("{} was served offset {} of {}-{}, the last stable offset is {}", process,
                              batch->last_offset().value(), topic, partition, answer.last_stable_offset.value()));
    }
    const bool is_aborted = event.committed_only && aborted.have(*batch);
    const bool hidden = is_aborted || batch->control();
    auto records = wire::RecordReader::open(*batch, scratch);
    wire::RecordView record;
    while (records && records->next(record)) {
      const Offset offset = records->offset_of(record);
      if (offset < from || hidden) continue;
      const std::string_view text = as_text(record.value.value_or(ByteView()));
      event.records.emplace_back(offset, std::string(text.substr(0, text.find(' '))));
    }
    event.offset = std::max(event.offset, batch->next_offset());
  }
  return event;
}

void list_offset(World& world, Client& client, const std::string& topic_name, std::int32_t partition,
                 std::int64_t timestamp, Isolation isolation, std::function<void(wire::ErrorCode, Offset)> on_answer) {
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.isolation_level = static_cast<std::int8_t>(isolation);
  wire::ListOffsetsRequest::Partition asked;
  asked.partition_index = PartitionId(partition);
  asked.timestamp = timestamp;
  request.topics.push_back({topic_name, {asked}});
  world.call<wire::ListOffsetsResponse>(client, 4, request,
                                        [on_answer = std::move(on_answer)](const wire::ListOffsetsResponse& answer) {
                                          const auto& found = answer.topics.at(0).partitions.at(0);
                                          on_answer(found.error_code, found.offset);
                                        });
}

Event position_event(const std::string& process, const std::string& topic, std::int32_t partition, Offset offset,
                     std::string reason) {
  Event event;
  event.what = What::kPosition;
  event.process = process;
  event.topic = topic;
  event.partition = PartitionId(partition);
  event.offset = offset;
  event.reason = std::move(reason);
  return event;
}

}  // namespace antiphon::sim
