#include "kafka/log/journal_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "kafka/log/journal.h"
#include "kafka/log/settings.h"

namespace antiphon::kafka::log {
namespace {

// A synced group lies at most so far behind a damaged one: what a group may hold, and the largest entry.
constexpr std::uint64_t kSearchBytes = kGroupBytesTarget + kJournalBatchBytesMax + (1ULL << 20);
constexpr std::size_t kChunkBytes = 256 << 10;

class JournalReader {
 public:
  JournalReader(const File& file, const std::string& path, std::uint64_t ring_bytes)
      : file_(file), path_(path), ring_bytes_(ring_bytes) {}

  Result<> from_mark(const JournalMark& mark);
  Result<> everything();
  JournalContents contents;

 private:
  struct Place {
    std::uint64_t position = 0;
    GroupHeader header;
  };
  Result<std::optional<GroupHeader>> group_at(std::uint64_t position);
  Result<std::optional<Place>> find_group(std::uint64_t epoch, std::uint64_t sequence, std::uint64_t position);
  Result<std::map<std::uint64_t, Place>> groups_in(std::uint64_t begin, std::uint64_t end,
                                                   std::optional<std::uint64_t> epoch);
  Result<bool> read_group(const Place& place, std::string& problem);
  Result<bool> read_entry(const Place& place, std::uint32_t number, std::uint64_t& at, std::string& problem);
  Result<bool> crc_matches(std::uint64_t file_position, const BatchHeader& batch);

  const File& file_;
  const std::string& path_;
  const std::uint64_t ring_bytes_;
  Bytes chunk_ = Bytes(kChunkBytes);
};

Result<std::optional<GroupHeader>> JournalReader::group_at(std::uint64_t position) {
  std::array<std::byte, kGroupHeaderBytes> bytes;
  ANTIPHON_TRY(got, file_.read_at(kJournalPage + position, bytes));
  auto group = decode_group(ByteView(bytes).first(got));
  if (group && group->bytes > ring_bytes_ - std::min(ring_bytes_, position)) group.reset();
  if (group) contents.epoch_max = std::max(contents.epoch_max, group->epoch);
  return group;
}

// At its place, or at the ring's start if it did not fit there.
Result<std::optional<JournalReader::Place>> JournalReader::find_group(std::uint64_t epoch, std::uint64_t sequence,
                                                                      std::uint64_t position) {
  for (const std::uint64_t at : {position, std::uint64_t{0}}) {
    ANTIPHON_TRY(group, group_at(at));
    if (group && group->epoch == epoch && group->sequence == sequence) return std::optional(Place{at, *group});
  }
  return std::optional<Place>();
}

Result<std::map<std::uint64_t, JournalReader::Place>> JournalReader::groups_in(std::uint64_t begin, std::uint64_t end,
                                                                               std::optional<std::uint64_t> epoch) {
  std::map<std::uint64_t, Place> found;
  std::uint64_t highest = epoch.value_or(0);
  for (std::uint64_t at = begin; at < end; at += kChunkBytes) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, end - at));
    ANTIPHON_TRY(got, file_.read_at(kJournalPage + at, MutableByteView(chunk_).first(want)));
    for (std::size_t page = 0; page + kGroupHeaderBytes <= got; page += kJournalPage) {
      const auto group = decode_group(ByteView(chunk_).subspan(page, kGroupHeaderBytes));
      if (!group) continue;
      contents.epoch_max = std::max(contents.epoch_max, group->epoch);
      if (!epoch && group->epoch > highest) {
        highest = group->epoch;
        found.clear();
      }
      if (group->epoch == highest) found[group->sequence] = Place{at + page, *group};
    }
    if (got < want) break;
  }
  return found;
}

Result<bool> JournalReader::crc_matches(std::uint64_t file_position, const BatchHeader& batch) {
  std::uint32_t crc = 0;
  for (std::uint64_t at = kBatchCrcFrom; at < batch.size_bytes;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, batch.size_bytes - at));
    ANTIPHON_TRY(got, file_.read_at(file_position + at, MutableByteView(chunk_).first(want)));
    if (got == 0) return false;
    crc = wire::crc32c(ByteView(chunk_).first(got), crc);
    at += got;
  }
  return crc == batch.crc;
}

// False: this entry is not whole. `at` moves behind it where its length can be believed, else to the group's end.
Result<bool> JournalReader::read_entry(const Place& place, std::uint32_t number, std::uint64_t& at,
                                       std::string& problem) {
  const std::uint64_t end = place.position + place.header.bytes;
  std::array<std::byte, kEntryHeaderBytes + kBatchHeaderBytes> bytes;
  const std::uint64_t start = at;
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), end - std::min(end, at)));
  ANTIPHON_TRY(got, file_.read_at(kJournalPage + at, MutableByteView(bytes).first(want)));
  const auto bad = [&](std::string_view why, std::uint64_t next) {
    at = next;
    problem = fmt::format("{} at byte {}: entry {} of group {}: {}", path_, kJournalPage + start, number,
                          place.header.sequence, why);
    return false;
  };
  const ByteView head(bytes.data(), got);
  if (got < kEntryHeaderBytes) return bad("cut by the group's end", end);
  const auto entry = decode_entry(head, head.subspan(kEntryHeaderBytes));
  const bool mine = entry && entry->epoch == place.header.epoch && entry->sequence == place.header.sequence &&
                    entry->number == number;
  if (!mine) return bad("not an entry of this group", end);
  const std::uint64_t payload = at + kEntryHeaderBytes;
  if (entry->payload_bytes > end - payload) return bad("longer than its group", end);
  const std::uint64_t next = payload + padded(entry->payload_bytes, 8);
  FoundEntry found{*entry, {}, kJournalPage + payload};
  if (entry->kind == EntryKind::kBatch) {
    const ParsedBatch parsed = parse_batch_header(head.subspan(kEntryHeaderBytes));
    if (parsed.problem != nullptr) return bad(parsed.problem, next);
    if (parsed.header.size_bytes != entry->payload_bytes || parsed.header.base_offset != entry->offset) {
      return bad("its batch is another one", next);
    }
    ANTIPHON_TRY(matches, crc_matches(found.file_position, parsed.header));
    if (!matches) {
      return bad(fmt::format("the CRC of the batch at offset {} does not match", entry->offset.value()), next);
    }
    found.batch = parsed.header;
  }
  at = next;
  contents.entries.push_back(found);
  return true;
}

// False: something of it is not whole; what stands behind that in the group was left out, too, unless it could be
// found.
Result<bool> JournalReader::read_group(const Place& place, std::string& problem) {
  std::uint64_t at = place.position + kGroupHeaderBytes;
  bool whole = true;
  for (std::uint32_t n = 0; n < place.header.entries; ++n) {
    if (at >= place.position + place.header.bytes) return false;
    ANTIPHON_TRY(good, read_entry(place, n, at, problem));
    whole = whole && good;
  }
  return whole;
}

Result<> JournalReader::from_mark(const JournalMark& mark) {
  std::uint64_t sequence = mark.sequence;
  std::uint64_t position = std::min(mark.position, ring_bytes_);
  while (true) {
    ANTIPHON_TRY(place, find_group(mark.epoch, sequence, position));
    std::string problem;
    bool whole = false;
    const std::size_t entries_before = contents.entries.size();
    if (place) {
      ANTIPHON_TRY(all, read_group(*place, problem));
      whole = all;
      position = place->position + padded(place->header.bytes, kJournalPage);
    } else {
      problem = fmt::format("{} at byte {}: group {} is not there", path_, kJournalPage + position, sequence);
    }
    ++sequence;
    if (whole) continue;
    // The end of what was written, or damage? A later group was written only after this one had been synced.
    ANTIPHON_TRY(later, groups_in(position, std::min(ring_bytes_, position + kSearchBytes), mark.epoch));
    const bool may_wrap = position + kSearchBytes > ring_bytes_;  // the next group may stand at the ring's start
    const std::uint64_t front_bytes = std::min(ring_bytes_, may_wrap ? kSearchBytes : kJournalPage);
    ANTIPHON_TRY(front, groups_in(0, front_bytes, mark.epoch));
    later.merge(front);
    const auto next = later.lower_bound(sequence);
    if (next == later.end()) {
      // Torn: nothing of it was acknowledged. What is whole before the first bad entry stays; more would be a hole.
      auto& entries = contents.entries;
      std::size_t keep = entries_before;
      while (keep < entries.size() && entries[keep].header.number == keep - entries_before) ++keep;
      entries.resize(keep);
      return {};
    }
    contents.damage.push_back(problem);
    sequence = next->first;
    position = next->second.position;
  }
}

Result<> JournalReader::everything() {
  ANTIPHON_TRY(groups, groups_in(0, ring_bytes_, std::nullopt));
  for (const auto& [sequence, place] : groups) {
    if (place.header.bytes > ring_bytes_ - place.position) continue;
    std::string ignored;  // an older lap's group, overwritten in part
    ANTIPHON_TRY_VOID(read_group(place, ignored));
  }
  return {};
}

}  // namespace

Result<JournalContents> read_journal(const File& file, const std::string& path,
                                     const std::optional<JournalMark>& mark) {
  ANTIPHON_TRY(size, file.size());
  JournalReader reader(file, path, size > kJournalPage ? size - kJournalPage : 0);
  if (mark) {
    ANTIPHON_TRY_VOID(reader.from_mark(*mark));
  } else {
    ANTIPHON_TRY_VOID(reader.everything());
  }
  return std::move(reader.contents);
}

}  // namespace antiphon::kafka::log
