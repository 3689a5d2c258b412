#include "kafka/broker/core/context.h"

#include "core/logging.h"

namespace antiphon::kafka::broker {

const TopicPolicy& BrokerContext::policy_of(const log::TopicMeta& topic) {
  const auto found = policies_.find(topic.id.bytes);
  if (found != policies_.end()) return found->second;
  return policies_.emplace(topic.id.bytes, TopicPolicy::of(topic.config)).first->second;
}

void BrokerContext::refuse(const Request& request, std::string_view reason) {
  BrokerMetrics::add(metrics.requests_refused, 1);
  logging::warn("a request was refused and its connection closed", {{"client", request.client_host},
                                                                    {"api_key", request.header.api_key},
                                                                    {"version", request.header.api_version},
                                                                    {"reason", reason}});
  sink.close(request.reply_to.connection, reason);
}

void BrokerContext::fail_encoding(const ReplyStub& to, const Error& error) {
  logging::error("a response could not be written", {{"version", to.version}, {"error", error.message}});
  sink.close(to.to.connection, "a response could not be written");
}

wire::ErrorCode check_leader_epoch(LeaderEpoch asked, LeaderEpoch current) {
  if (asked.value() < 0 || asked == current) return wire::ErrorCode::kNone;
  return asked < current ? wire::ErrorCode::kFencedLeaderEpoch : wire::ErrorCode::kUnknownLeaderEpoch;
}

wire::ErrorCode to_wire_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalidInput:
      return wire::ErrorCode::kInvalidRequest;
    case ErrorKind::kNotFound:
      return wire::ErrorCode::kUnknownTopicOrPartition;
    case ErrorKind::kAlreadyExists:
      return wire::ErrorCode::kTopicAlreadyExists;
    case ErrorKind::kLimit:
      return wire::ErrorCode::kPolicyViolation;
    case ErrorKind::kIo:
    case ErrorKind::kCorrupt:
      return wire::ErrorCode::kKafkaStorageError;
    default:
      return wire::ErrorCode::kUnknownServerError;
  }
}

}  // namespace antiphon::kafka::broker
