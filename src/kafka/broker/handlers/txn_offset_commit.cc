// TxnOffsetCommit, versions 0 to 4.
// KIPs: 98 (offsets committed inside a transaction are seen when it commits), 320 (leader epoch from 2), 447 (from 3:
// member and generation, which fence an instance that lost its partitions), 890 part 1 (from 4 TRANSACTION_ABORTABLE,
// INVALID_TXN_STATE before, if the group was not added to the transaction). Answered when the commit is on stable
// storage. A partition that is not there: UNKNOWN_TOPIC_OR_PARTITION. Not implemented: version 5 (KIP-890 part 2: adds
// the group by itself).
#include "kafka/wire/txn_offset_commit.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;

struct CommittedInside {
  TopicPartition partition;
  ErrorCode error = ErrorCode::kNone;
};

void respond_inside(BrokerContext& context, const ReplyStub& to, const std::vector<CommittedInside>& all) {
  wire::TxnOffsetCommitResponse response;
  for (const auto& [partition, error] : all) {
    if (response.topics.empty() || response.topics.back().name != partition.topic)
      response.topics.push_back({partition.topic, {}});
    response.topics.back().partitions.push_back({partition.partition, error});
  }
  context.respond(to, response);
}

bool lost_its_generation(ErrorCode error) {
  return error == ErrorCode::kIllegalGeneration || error == ErrorCode::kUnknownMemberId ||
         error == ErrorCode::kFencedInstanceId;
}

}  // namespace

void handle_txn_offset_commit(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::TxnOffsetCommitRequest>(context, request);
  if (!message) return;
  CommitRequest commit;
  commit.in_transaction = true;
  commit.group_id = message->group_id;
  commit.member_id = message->member_id;
  if (message->group_instance_id) commit.instance_id = std::string(*message->group_instance_id);
  commit.generation = message->generation_id;
  std::vector<CommittedInside> all;
  std::vector<std::size_t> places;  // of commit.offsets in all
  for (const auto& topic : message->topics) {
    for (const auto& each : topic.partitions) {
      all.push_back({{std::string(topic.name), each.partition_index}});
      if (context.log.partition(topic.name, each.partition_index) == nullptr) {
        all.back().error = ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      places.push_back(all.size() - 1);
      commit.offsets.push_back({std::string(topic.name), each.partition_index, each.committed_offset,
                                each.committed_leader_epoch, std::string(each.committed_metadata.value_or(""))});
    }
  }
  const ProducerIdentity who{message->producer_id, message->producer_epoch};
  const TopicPartition kept_in{std::string(kOffsetsTopic), context.offsets_topic.partition_id_of(commit.group_id)};
  ErrorCode refused = ErrorCode::kInvalidGroupId;
  if (!commit.group_id.empty())
    refused = verify_transaction(context, message->transactional_id, who, kept_in, request.version() >= 4);
  if (refused != ErrorCode::kNone) {
    for (const std::size_t place : places) all[place].error = refused;
  }
  if (refused != ErrorCode::kNone || places.empty()) return respond_inside(context, ReplyStub::of(request), all);
  context.groups.commit_in_transaction(
      commit, who,
      [&context, to = ReplyStub::of(request), all = std::move(all),
       places = std::move(places)](const std::vector<ErrorCode>& codes) mutable {
        if (std::any_of(codes.begin(), codes.end(), lost_its_generation))
          BrokerMetrics::add(context.metrics.producers_fenced_by_generation, 1);
        for (std::size_t i = 0; i < codes.size(); ++i) all[places[i]].error = codes[i];
        respond_inside(context, to, all);
      },
      context.now());
}

}  // namespace antiphon::kafka::broker
