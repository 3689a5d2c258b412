// Where the coordinator keeps what must survive a restart: a log of keyed records in the format of Kafka's
// __consumer_offsets (records.h). The broker writes them to that topic; a test keeps them in memory.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "kafka/broker/keyed_record.h"
#include "kafka/broker/producer_identity.h"
#include "kafka/wire/error_code.h"

namespace antiphon::kafka::broker {

using GroupRecord = KeyedRecord;

class GroupStore {
 public:
  virtual ~GroupStore() = default;
  // `done` is called exactly once on the caller's thread, at once or later, when the records are on stable storage or
  // cannot be; for one group in the order of the appends.
  virtual void append(std::string_view group_id, std::vector<GroupRecord> records,
                      std::function<void(wire::ErrorCode)> done) = 0;
  // The same inside of a producer's transaction: a start counts them when it finds the marker of its commit.
  virtual void append_in_transaction(std::string_view group_id, const ProducerIdentity& producer,
                                     std::vector<GroupRecord> records, std::function<void(wire::ErrorCode)> done) = 0;
};

}  // namespace antiphon::kafka::broker
