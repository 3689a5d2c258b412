// Where the coordinator keeps what must survive a restart: a log of keyed records in the format of Kafka's
// __consumer_offsets (records.h). The broker writes them to that topic; a test keeps them in memory.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "kafka/wire/error_code.h"

namespace antiphon::kafka::broker {

struct GroupRecord {
  Bytes key;
  std::optional<Bytes> value;  // nothing: a tombstone
};

class GroupStore {
 public:
  virtual ~GroupStore() = default;
  // `done` is called exactly once on the caller's thread, at once or later, when the records are on stable storage or
  // cannot be; for one group in the order of the appends.
  virtual void append(std::string_view group_id, std::vector<GroupRecord> records,
                      std::function<void(wire::ErrorCode)> done) = 0;
};

}  // namespace antiphon::kafka::broker
