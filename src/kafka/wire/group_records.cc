#include "kafka/wire/group_records.h"

#include "kafka/wire/versioned_record.h"

namespace antiphon::kafka::wire {

Result<GroupRecordKey> read_group_record_key(ByteView key) {
  Reader in(key);
  const std::int16_t type = in.i16();
  if (!in.ok()) return in.error("group record key");
  if (OffsetCommitKey::kVersions.contains(type)) {
    ANTIPHON_TRY(read, read_versioned<OffsetCommitKey>(key, "offset commit key"));
    return GroupRecordKey(read);
  }
  if (GroupMetadataKey::kVersions.contains(type)) {
    ANTIPHON_TRY(read, read_versioned<GroupMetadataKey>(key, "group metadata key"));
    return GroupRecordKey(read);
  }
  return GroupRecordKey();
}

Result<OffsetCommitValue> read_offset_commit_value(ByteView value) {
  return read_versioned<OffsetCommitValue>(value, "offset commit value");
}
Result<GroupMetadataValue> read_group_metadata_value(ByteView value) {
  return read_versioned<GroupMetadataValue>(value, "group metadata value");
}

Result<> write_key(Buffer& out, const OffsetCommitKey& key) {
  return write_versioned(out, kOffsetCommitKeyType, key, "offset commit key");
}
Result<> write_key(Buffer& out, const GroupMetadataKey& key) {
  return write_versioned(out, kGroupMetadataKeyType, key, "group metadata key");
}
Result<> write_value(Buffer& out, const OffsetCommitValue& value) {
  return write_versioned(out, kGroupRecordValueVersion, value, "offset commit value");
}
Result<> write_value(Buffer& out, const GroupMetadataValue& value) {
  return write_versioned(out, kGroupRecordValueVersion, value, "group metadata value");
}

}  // namespace antiphon::kafka::wire

ANTIPHON_WIRE_MESSAGE(OffsetCommitKey)
ANTIPHON_WIRE_MESSAGE(OffsetCommitValue)
ANTIPHON_WIRE_MESSAGE(GroupMetadataKey)
ANTIPHON_WIRE_MESSAGE(GroupMetadataValue)
