#include "kafka/log/journal_format.h"

#include <algorithm>

#include "kafka/log/batch.h"

namespace antiphon::kafka::log {
namespace {

using wire::load_big;
using wire::store_big;

void seal(HeaderBytes& bytes, ByteView payload_head) {
  store_big(bytes.data() + 4, wire::crc32c(payload_head, wire::crc32c(ByteView(bytes).subspan(8))));
}
bool is_sealed(ByteView bytes, ByteView payload_head) {
  return load_big<std::uint32_t>(bytes.data() + 4) == wire::crc32c(payload_head, wire::crc32c(bytes.subspan(8, 56)));
}
ByteView covered(ByteView payload, std::size_t size) {
  return payload.first(std::min({payload.size(), size, kBatchCrcFrom}));
}

}  // namespace

HeaderBytes encode_group(const GroupHeader& group) {
  HeaderBytes bytes{};
  store_big(bytes.data(), kGroupMagic);
  store_big(bytes.data() + 8, group.epoch);
  store_big(bytes.data() + 16, group.sequence);
  store_big(bytes.data() + 24, group.bytes);
  store_big(bytes.data() + 28, group.entries);
  seal(bytes, {});
  return bytes;
}

HeaderBytes encode_entry(const EntryHeader& entry, ByteView payload) {
  HeaderBytes bytes{};
  store_big(bytes.data(), kEntryMagic);
  store_big(bytes.data() + 8, entry.epoch);
  store_big(bytes.data() + 16, entry.sequence);
  store_big(bytes.data() + 24, entry.payload_bytes);
  store_big(bytes.data() + 28, entry.number);
  std::copy(entry.topic.bytes.begin(), entry.topic.bytes.end(), bytes.begin() + 32);
  store_big(bytes.data() + 48, entry.partition.value());
  store_big(bytes.data() + 52, static_cast<std::uint32_t>(entry.kind));
  store_big(bytes.data() + 56, entry.offset.value());
  seal(bytes, covered(payload, entry.payload_bytes));
  return bytes;
}

std::optional<GroupHeader> decode_group(ByteView bytes) {
  if (bytes.size() < kGroupHeaderBytes || load_big<std::uint32_t>(bytes.data()) != kGroupMagic) return std::nullopt;
  if (!is_sealed(bytes, {})) return std::nullopt;
  GroupHeader group;
  group.epoch = load_big<std::uint64_t>(bytes.data() + 8);
  group.sequence = load_big<std::uint64_t>(bytes.data() + 16);
  group.bytes = load_big<std::uint32_t>(bytes.data() + 24);
  group.entries = load_big<std::uint32_t>(bytes.data() + 28);
  if (group.bytes < kGroupHeaderBytes) return std::nullopt;
  return group;
}

std::optional<EntryHeader> decode_entry(ByteView bytes, ByteView payload_head) {
  if (bytes.size() < kEntryHeaderBytes || load_big<std::uint32_t>(bytes.data()) != kEntryMagic) return std::nullopt;
  EntryHeader entry;
  entry.payload_bytes = load_big<std::uint32_t>(bytes.data() + 24);
  if (!is_sealed(bytes, covered(payload_head, entry.payload_bytes))) return std::nullopt;
  entry.epoch = load_big<std::uint64_t>(bytes.data() + 8);
  entry.sequence = load_big<std::uint64_t>(bytes.data() + 16);
  entry.number = load_big<std::uint32_t>(bytes.data() + 28);
  std::copy_n(bytes.begin() + 32, entry.topic.bytes.size(), entry.topic.bytes.begin());
  entry.partition = PartitionId(load_big<std::int32_t>(bytes.data() + 48));
  entry.kind = static_cast<EntryKind>(load_big<std::uint32_t>(bytes.data() + 52));
  entry.offset = Offset(load_big<std::int64_t>(bytes.data() + 56));
  const bool known = entry.kind == EntryKind::kBatch || entry.kind == EntryKind::kSynced;
  if (!known || entry.partition.value() < 0 || entry.offset.value() < 0) return std::nullopt;
  return entry;
}

Bytes encode_journal_page() {
  Bytes page(kJournalPage);
  store_big(page.data(), kJournalFileMagic);
  store_big(page.data() + 4, kJournalVersion);
  return page;
}
bool is_journal_page(ByteView page) {
  return page.size() >= 8 && load_big<std::uint32_t>(page.data()) == kJournalFileMagic &&
         load_big<std::uint32_t>(page.data() + 4) == kJournalVersion;
}

}  // namespace antiphon::kafka::log
