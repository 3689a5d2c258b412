// AddPartitionsToTxn, versions 0 to 5.
// KIPs: 98, 588 (PRODUCER_FENCED from 2), 890 part 1 (from 4: sent by brokers, many transactions at once, or only to
// verify that partitions were added). Answered when the transaction's new state is on stable storage. A partition that
// does not exist fails the request, as in Kafka: UNKNOWN_TOPIC_OR_PARTITION for it, OPERATION_NOT_ATTEMPTED for the
// others.
#include "kafka/wire/add_partitions_to_txn.h"

#include <memory>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
using AddRequest = wire::AddPartitionsToTxnRequest;
using AddResponse = wire::AddPartitionsToTxnResponse;

// One transaction of a request, owning its texts.
struct OneTransaction {
  std::string transactional_id;
  ProducerIdentity who;
  std::vector<std::pair<TopicPartition, ErrorCode>> partitions;  // in the request's order
  bool missing = false;                                          // one of them does not exist
};

OneTransaction owned_transaction(BrokerContext& context, std::string_view id, ProducerIdentity who,
                                 const std::vector<AddRequest::Topic>& topics) {
  OneTransaction one{std::string(id), who, {}, false};
  for (const auto& topic : topics) {
    for (const PartitionId partition : topic.partitions) {
      const bool exists = context.log.partition(topic.name, partition) != nullptr;
      one.partitions.push_back(
          {{std::string(topic.name), partition}, exists ? ErrorCode::kNone : ErrorCode::kUnknownTopicOrPartition});
      one.missing = one.missing || !exists;
    }
  }
  for (auto& [partition, error] : one.partitions) {
    if (one.missing && error == ErrorCode::kNone) error = ErrorCode::kOperationNotAttempted;
  }
  return one;
}

std::vector<AddResponse::TopicResult> add_results(const OneTransaction& one) {
  std::vector<AddResponse::TopicResult> topics;
  for (const auto& [partition, error] : one.partitions) {
    if (topics.empty() || topics.back().name != partition.topic) topics.push_back({partition.topic, {}});
    topics.back().results_by_partition.push_back({partition.partition, error});
  }
  return topics;
}

// Of a request, until all of its transactions are answered.
struct PendingAdds {
  ReplyStub to;
  std::vector<OneTransaction> transactions;
  std::size_t left = 0;
};

void finish_adds(BrokerContext& context, const PendingAdds& pending) {
  AddResponse response;
  for (const OneTransaction& one : pending.transactions) {
    if (pending.to.version < 4) {
      response.results_by_topic_v3_and_below = add_results(one);
    } else {
      response.results_by_transaction.push_back({one.transactional_id, add_results(one)});
    }
  }
  context.respond(pending.to, response);
}

void verify_all(BrokerContext& context, OneTransaction& one) {
  for (auto& [partition, error] : one.partitions) {
    if (error != ErrorCode::kUnknownTopicOrPartition)
      error = context.transactions.verify(one.transactional_id, one.who, partition);
  }
}

void add_all(BrokerContext& context, const std::shared_ptr<PendingAdds>& pending, std::size_t index) {
  OneTransaction& one = pending->transactions[index];
  const auto done = [&context, pending] {
    if (--pending->left == 0) finish_adds(context, *pending);
  };
  if (one.missing) return done();
  std::set<TopicPartition> partitions;
  for (const auto& [partition, error] : one.partitions) partitions.insert(partition);
  context.transactions.add_partitions(
      one.transactional_id, one.who, partitions,
      [pending, index, done](ErrorCode error) {
        error = fenced_as_of(pending->to.version, 2, error);
        for (auto& each : pending->transactions[index].partitions) each.second = error;
        done();
      },
      context.now());
}

}  // namespace

void handle_add_partitions_to_txn(BrokerContext& context, const Request& request) {
  const auto message = decode<AddRequest>(context, request);
  if (!message) return;
  auto pending = std::make_shared<PendingAdds>();
  pending->to = ReplyStub::of(request);
  std::vector<bool> verify_only;
  if (request.version() < 4) {
    pending->transactions.push_back(owned_transaction(
        context, message->v3_and_below_transactional_id,
        {message->v3_and_below_producer_id, message->v3_and_below_producer_epoch}, message->v3_and_below_topics));
    verify_only.push_back(false);
  }
  for (const auto& each : message->transactions) {
    pending->transactions.push_back(
        owned_transaction(context, each.transactional_id, {each.producer_id, each.producer_epoch}, each.topics));
    verify_only.push_back(each.verify_only);
  }
  pending->left = pending->transactions.size() + 1;
  for (std::size_t i = 0; i < verify_only.size(); ++i) {
    if (verify_only[i]) {
      verify_all(context, pending->transactions[i]);
      --pending->left;
    } else {
      add_all(context, pending, i);
    }
  }
  if (--pending->left == 0) finish_adds(context, *pending);
}

}  // namespace antiphon::kafka::broker
