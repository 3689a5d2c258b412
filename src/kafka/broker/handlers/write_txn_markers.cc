// WriteTxnMarkers, versions 0 to 1.
// KIPs: 98, 664 (a tool ends a transaction that hangs in a partition without its coordinator's knowledge). The
// coordinator of this broker writes its markers without it. Answered when all are on stable storage. A marker of an
// older producer epoch: INVALID_PRODUCER_EPOCH; of an older coordinator epoch: TRANSACTION_COORDINATOR_FENCED.
#include "kafka/wire/write_txn_markers.h"

#include <memory>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

struct PendingMarkers {
  ReplyStub to;
  std::vector<std::pair<MarkerToWrite, wire::ErrorCode>> markers;
  std::vector<std::size_t> ends;  // of the request's entries, in `markers`
  std::size_t left = 0;
};

void finish_markers(BrokerContext& context, const PendingMarkers& pending) {
  wire::WriteTxnMarkersResponse response;
  std::size_t at = 0;
  for (const std::size_t end : pending.ends) {
    auto& out = response.markers.emplace_back();
    for (; at < end; ++at) {
      const auto& [marker, error] = pending.markers[at];
      out.producer_id = marker.producer.id;
      if (out.topics.empty() || out.topics.back().name != marker.partition.topic)
        out.topics.push_back({marker.partition.topic, {}});
      out.topics.back().partitions.push_back({marker.partition.partition, error});
    }
  }
  context.respond(pending.to, response);
}

}  // namespace

void handle_write_txn_markers(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::WriteTxnMarkersRequest>(context, request);
  if (!message) return;
  auto pending = std::make_shared<PendingMarkers>();
  pending->to = ReplyStub::of(request);
  for (const auto& asked : message->markers) {
    MarkerToWrite marker{
        {asked.producer_id, asked.producer_epoch}, asked.transaction_result, asked.coordinator_epoch, {}};
    for (const auto& topic : asked.topics) {
      marker.partition.topic = topic.name;
      for (const PartitionId partition : topic.partition_indexes) {
        marker.partition.partition = partition;
        pending->markers.emplace_back(marker, wire::ErrorCode::kNone);
      }
    }
    pending->ends.push_back(pending->markers.size());
  }
  pending->left = pending->markers.size() + 1;
  for (std::size_t i = 0; i < pending->markers.size(); ++i) {
    context.markers.write(pending->markers[i].first, [&context, pending, i](wire::ErrorCode error) {
      pending->markers[i].second = error;
      if (--pending->left == 0) finish_markers(context, *pending);
    });
  }
  if (--pending->left == 0) finish_markers(context, *pending);
}

}  // namespace antiphon::kafka::broker
