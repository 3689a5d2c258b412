// The bytes of the journal. docs/formats/log.md, "Journal", has the same picture with an example.
//
//   file    = page 0 (kJournalFileMagic, version) and then the ring
//   ring    = groups; each begins at a multiple of 4096 and was written, and synced, as a whole before the next one
//   group   = group header, then entries, each padded to a multiple of 8; then zeros up to the page's end
//
//   group header, 64 bytes                      entry header, 64 bytes
//    0 magic "AJG1"           u32                0 magic "AJE1"           u32
//    4 CRC-32C of bytes 8..63 u32                4 CRC-32C of bytes 8..63, and of what it covers of the payload   u32
//    8 epoch                  u64                8 epoch                  u64
//   16 sequence of the group  u64               16 sequence of its group  u64
//   24 bytes, header included u32               24 payload bytes          u32
//   28 entries                u32               28 number in its group    u32
//   32 zeros                                    32 topic id               16 bytes
//                                               48 partition              i32
//                                               52 kind: 1 batch, 2 synced u32
//                                               56 base offset (1), or everything below is synced (2)  i64
//
// A batch's own CRC covers it from byte 21 on; the entry's covers the 21 bytes before. So nothing is summed twice.
// Old bytes of an earlier lap are told by epoch and sequence. A page that holds acknowledged bytes is never written
// again before a checkpoint released it: a torn write cannot reach them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/types.h"
#include "kafka/log/topic.h"

namespace antiphon::kafka::log {

constexpr std::uint64_t kJournalPage = 4096;
constexpr std::size_t kGroupHeaderBytes = 64;
constexpr std::size_t kEntryHeaderBytes = 64;
constexpr std::uint32_t kJournalFileMagic = 0x414a4631;  // "AJF1"
constexpr std::uint32_t kGroupMagic = 0x414a4731;        // "AJG1"
constexpr std::uint32_t kEntryMagic = 0x414a4531;        // "AJE1"
constexpr std::uint32_t kJournalVersion = 1;

enum class EntryKind : std::uint32_t { kBatch = 1, kSynced = 2 };

// Where the next group goes: recovery begins there.
struct JournalMark {
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 1;
  std::uint64_t position = 0;  // in the ring
  friend bool operator==(const JournalMark&, const JournalMark&) = default;
};

struct GroupHeader {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint32_t bytes = 0;
  std::uint32_t entries = 0;
};
struct EntryHeader {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t number = 0;
  TopicId topic;
  PartitionId partition{0};
  EntryKind kind = EntryKind::kBatch;
  Offset offset{0};
};

[[nodiscard]] constexpr std::uint64_t padded(std::uint64_t size, std::uint64_t to) { return (size + to - 1) / to * to; }

using HeaderBytes = std::array<std::byte, 64>;
HeaderBytes encode_group(const GroupHeader& group);
HeaderBytes encode_entry(const EntryHeader& entry, ByteView payload);
// Nothing: not one. Any 64 bytes are taken.
std::optional<GroupHeader> decode_group(ByteView bytes);
// `payload_head`: the first bytes of what follows the header, as many as are there, up to 21.
std::optional<EntryHeader> decode_entry(ByteView bytes, ByteView payload_head);

Bytes encode_journal_page();
bool is_journal_page(ByteView page);

}  // namespace antiphon::kafka::log
