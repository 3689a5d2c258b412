#include "kafka/broker/group/records.h"

#include "kafka/wire/reader.h"
#include "kafka/wire/writer.h"

namespace antiphon::kafka::broker {
namespace {

using wire::Reader;
using wire::Writer;
using Prefix = Reader::Prefix;

constexpr std::int16_t kOffsetKeyVersion = 1;
constexpr std::int16_t kGroupKeyVersion = 2;
constexpr std::int16_t kValueVersion = 3;  // of both, as Kafka 2.1 .. 3.9 write them

template <class Fill>
Bytes encoded(Fill&& fill) {
  wire::Buffer buffer;
  Writer out(buffer);
  fill(out);
  // Group, topic and member names came through int16 lengths of a request: they always fit again.
  const ByteView view = buffer.view();
  return {view.begin(), view.end()};
}

void text(Writer& out, std::string_view value) { out.bytes(Prefix::kInt16, as_bytes(value)); }
void nullable_text(Writer& out, const std::optional<std::string>& value) {
  out.bytes(Prefix::kInt16, value ? std::optional<ByteView>(as_bytes(*value)) : std::nullopt);
}
std::string text(Reader& in) { return std::string(as_text(in.bytes(Prefix::kInt16, false).value_or(ByteView{}))); }
std::optional<std::string> nullable_text(Reader& in) {
  const auto value = in.bytes(Prefix::kInt16, true);
  return value ? std::optional<std::string>(as_text(*value)) : std::nullopt;
}
Bytes blob(Reader& in) {
  const ByteView value = in.bytes(Prefix::kInt32, true).value_or(ByteView{});
  return {value.begin(), value.end()};
}

Bytes offset_key(const OffsetKey& key) {
  return encoded([&](Writer& out) {
    out.i16(kOffsetKeyVersion);
    text(out, key.group_id);
    text(out, key.topic);
    out.i32(key.partition.value());
  });
}
Bytes group_key(const std::string& group_id) {
  return encoded([&](Writer& out) {
    out.i16(kGroupKeyVersion);
    text(out, group_id);
  });
}

Error corrupt(const Reader& in, std::string_view what) {
  return make_error(ErrorKind::kCorrupt, in.error(what).message);
}

Member read_member(Reader& in, std::int16_t version, const std::optional<std::string>& protocol) {
  Member member;
  member.id = text(in);
  if (version >= 3) member.instance_id = nullable_text(in);
  member.client_id = text(in);
  member.client_host = text(in);
  const auto rebalance_ms = version >= 1 ? in.i32() : -1;
  const auto session_ms = in.i32();
  member.session_timeout = Milliseconds(std::max(session_ms, 0));
  member.rebalance_timeout = Milliseconds(rebalance_ms >= 0 ? rebalance_ms : std::max(session_ms, 0));
  member.protocols.push_back({protocol.value_or(""), blob(in)});
  member.assignment = blob(in);
  return member;
}

}  // namespace

GroupRecord offset_record(const OffsetKey& key, const CommittedOffset& offset) {
  return {offset_key(key), encoded([&](Writer& out) {
            out.i16(kValueVersion);
            out.i64(offset.offset.value());
            out.i32(offset.leader_epoch.value());
            text(out, offset.metadata);
            out.i64(offset.commit_timestamp_ms);
          })};
}

GroupRecord offset_tombstone(const OffsetKey& key) { return {offset_key(key), std::nullopt}; }

GroupRecord group_record(const std::string& group_id, const GroupMetadata& metadata) {
  return {group_key(group_id), encoded([&](Writer& out) {
            out.i16(kValueVersion);
            text(out, metadata.protocol_type);
            out.i32(metadata.generation.value());
            nullable_text(out, metadata.protocol);
            nullable_text(out, metadata.leader);
            out.i64(metadata.state_timestamp_ms);
            out.i32(static_cast<std::int32_t>(metadata.members.size()));
            for (const auto& member : metadata.members) {
              text(out, member.id);
              nullable_text(out, member.instance_id);
              text(out, member.client_id);
              text(out, member.client_host);
              out.i32(static_cast<std::int32_t>(member.rebalance_timeout.count()));
              out.i32(static_cast<std::int32_t>(member.session_timeout.count()));
              out.bytes(Prefix::kInt32,
                        member.protocols.empty() ? ByteView{} : ByteView(member.protocols.front().metadata));
              out.bytes(Prefix::kInt32, ByteView(member.assignment));
            }
          })};
}

GroupRecord group_tombstone(const std::string& group_id) { return {group_key(group_id), std::nullopt}; }

Result<RecordKey> decode_key(ByteView key) {
  Reader in(key);
  const auto version = in.i16();
  RecordKey decoded;
  if (version == 0 || version == 1) {
    OffsetKey offset;
    offset.group_id = text(in);
    offset.topic = text(in);
    offset.partition = PartitionId(in.i32());
    decoded = std::move(offset);
  } else if (version == kGroupKeyVersion) {
    decoded = GroupKey{text(in)};
  }
  if (!in.ok()) return corrupt(in, "group record key");
  return decoded;
}

Result<CommittedOffset> decode_offset(ByteView value) {
  Reader in(value);
  const auto version = in.i16();
  if (version < 0 || version > kValueVersion) {
    return make_error(ErrorKind::kCorrupt, fmt::format("committed offset of unknown version {}", version));
  }
  CommittedOffset offset;
  offset.offset = Offset(in.i64());
  if (version >= 3) offset.leader_epoch = LeaderEpoch(in.i32());
  offset.metadata = text(in);
  offset.commit_timestamp_ms = in.i64();  // version 1 has an expiry behind it, which we never obey
  if (!in.ok()) return corrupt(in, "committed offset");
  return offset;
}

Result<GroupMetadata> decode_group(ByteView value) {
  Reader in(value);
  const auto version = in.i16();
  if (version < 0 || version > kValueVersion) {
    return make_error(ErrorKind::kCorrupt, fmt::format("group metadata of unknown version {}", version));
  }
  GroupMetadata group;
  group.protocol_type = text(in);
  group.generation = GenerationId(in.i32());
  group.protocol = nullable_text(in);
  group.leader = nullable_text(in);
  if (version >= 2) group.state_timestamp_ms = in.i64();
  const auto count = in.i32();
  const auto admitted = in.admit_array(static_cast<std::size_t>(std::max(count, 0)), sizeof(Member));
  for (std::size_t i = 0; i < admitted && in.ok(); ++i)
    group.members.push_back(read_member(in, version, group.protocol));
  if (!in.ok()) return corrupt(in, "group metadata");
  return group;
}

}  // namespace antiphon::kafka::broker
