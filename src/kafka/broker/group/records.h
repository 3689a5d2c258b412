// The records of __consumer_offsets, in Kafka's own format, so that its tools (DumpLogSegments --offsets-decoder) and a
// later move to a cluster read them.
//
//     key 0/1  version int16 | group | topic | partition int32       a committed offset; 0 and 1 read alike, 1 is
//     written key 2    version int16 | group                                 a group's generation, members and
//     assignments value of 0/1, version 3: version int16 | offset int64 | leader epoch int32 | metadata | commit time
//     int64 value of 2,   version 3: version int16 | protocol type | generation int32 | protocol? | leader? | state
//     time int64
//                              | members [ id | instance? | client id | client host | rebalance ms int32
//                              | session ms int32 | subscription bytes | assignment bytes ]
//
// Texts have an int16 length (? : -1 is null), bytes and arrays an int32 one. Older value versions are read too (offset
// 0, 1, 2; group 0, 1, 2). A record without value deletes what its key names. Other keys (3 and up: KIP-848) are left
// alone.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "kafka/broker/group/group.h"
#include "kafka/broker/group/store.h"
#include "kafka/broker/group/types.h"

namespace antiphon::kafka::broker {

struct OffsetKey {
  std::string group_id;
  std::string topic;
  PartitionId partition;
  friend bool operator==(const OffsetKey&, const OffsetKey&) = default;
};
struct GroupKey {
  std::string group_id;
  friend bool operator==(const GroupKey&, const GroupKey&) = default;
};
using RecordKey = std::variant<std::monostate, OffsetKey, GroupKey>;  // monostate: of a kind we do not keep

GroupRecord offset_record(const OffsetKey& key, const CommittedOffset& offset);
GroupRecord offset_tombstone(const OffsetKey& key);
GroupRecord group_record(const std::string& group_id, const GroupMetadata& metadata);
GroupRecord group_tombstone(const std::string& group_id);

// Errors: kCorrupt.
Result<RecordKey> decode_key(ByteView key);
Result<CommittedOffset> decode_offset(ByteView value);
Result<GroupMetadata> decode_group(ByteView value);

}  // namespace antiphon::kafka::broker
