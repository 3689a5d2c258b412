// The records of __consumer_offsets, in Kafka's own layout, so that Kafka's tools read them.
//
//     key:    type int16 | fields        type 0 or 1: a committed offset; 2: a group's metadata
//     value:  version int16 | fields     none: a tombstone
//
// Versions 0-3 of both values; 4, which is flexible, is read too. We write 3, as Kafka 3.9 does. Later groups' record
// types (3 and above, KIP-848) are not ours: their keys are told apart and otherwise left alone.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct OffsetCommitKey {
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = kNever;

  std::string_view group;
  std::string_view topic;
  PartitionId partition;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetCommitKey::group, since(0));
    v.field(&OffsetCommitKey::topic, since(0));
    v.field(&OffsetCommitKey::partition, since(0));
  }
};

struct OffsetCommitValue {
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  Offset offset;
  LeaderEpoch leader_epoch{-1};
  std::string_view metadata;
  std::int64_t commit_timestamp = 0;
  std::int64_t expire_timestamp = -1;
  Uuid topic_id;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetCommitValue::offset, since(0));
    v.field(&OffsetCommitValue::leader_epoch, since(3));
    v.field(&OffsetCommitValue::metadata, since(0));
    v.field(&OffsetCommitValue::commit_timestamp, since(0));
    v.field(&OffsetCommitValue::expire_timestamp, between(1, 1));
    v.tagged(0, &OffsetCommitValue::topic_id, since(4));
  }
};

struct GroupMetadataKey {
  static constexpr VersionRange kVersions{2, 2};
  static constexpr ApiVersion kFlexibleFrom = kNever;

  std::string_view group;

  template <class V>
  static void describe(V& v) {
    v.field(&GroupMetadataKey::group, since(2));
  }
};

struct GroupMetadataValue {
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::string_view client_id;
    std::string_view client_host;
    std::int32_t rebalance_timeout_ms = -1;
    std::int32_t session_timeout_ms = 0;
    ByteView subscription;
    ByteView assignment;

    template <class V>
    static void describe(V& v) {
      v.field(&Member::member_id, since(0));
      v.field(&Member::group_instance_id, since(3).nullable_since(3));
      v.field(&Member::client_id, since(0));
      v.field(&Member::client_host, since(0));
      v.field(&Member::rebalance_timeout_ms, since(1));
      v.field(&Member::session_timeout_ms, since(0));
      v.field(&Member::subscription, since(0));
      v.field(&Member::assignment, since(0));
    }
  };

  std::string_view protocol_type;
  GenerationId generation;
  std::optional<std::string_view> protocol;
  std::optional<std::string_view> leader;
  std::int64_t current_state_timestamp = -1;
  std::vector<Member> members;

  template <class V>
  static void describe(V& v) {
    v.field(&GroupMetadataValue::protocol_type, since(0));
    v.field(&GroupMetadataValue::generation, since(0));
    v.field(&GroupMetadataValue::protocol, since(0).nullable_since(0));
    v.field(&GroupMetadataValue::leader, since(0).nullable_since(0));
    v.field(&GroupMetadataValue::current_state_timestamp, since(2));
    v.field(&GroupMetadataValue::members, since(0));
  }
};

constexpr std::int16_t kOffsetCommitKeyType = 1;
constexpr std::int16_t kGroupMetadataKeyType = 2;
constexpr ApiVersion kGroupRecordValueVersion = 3;

// monostate: a type that is none of ours.
using GroupRecordKey = std::variant<std::monostate, OffsetCommitKey, GroupMetadataKey>;

// Views into what is read. kInvalidInput: malformed, or a version beyond those above.
Result<GroupRecordKey> read_group_record_key(ByteView key);
Result<OffsetCommitValue> read_offset_commit_value(ByteView value);
Result<GroupMetadataValue> read_group_metadata_value(ByteView value);

// Appended to `out`. A text that its field cannot hold (32,767 bytes) is kLimit; `out` is then as before.
Result<> write_key(Buffer& out, const OffsetCommitKey& key);
Result<> write_key(Buffer& out, const GroupMetadataKey& key);
Result<> write_value(Buffer& out, const OffsetCommitValue& value);
Result<> write_value(Buffer& out, const GroupMetadataValue& value);

}  // namespace antiphon::kafka::wire
