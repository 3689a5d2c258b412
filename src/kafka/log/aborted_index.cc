#include "kafka/log/aborted_index.h"

#include <algorithm>

#include "kafka/log/codec.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::int16_t kEntryVersion = 0;

Bytes encode(const AbortedTransaction& transaction) {
  Bytes out;
  Encoder encoder(out);
  encoder.i16(kEntryVersion);
  encoder.i64(transaction.producer_id.value());
  encoder.i64(transaction.first_offset.value());
  encoder.i64(transaction.last_offset.value());
  encoder.i64(transaction.last_stable_offset.value());
  return out;
}

AbortedTransaction decode(ByteView entry) {
  Decoder decoder(entry);
  (void)decoder.i16();  // one version so far
  AbortedTransaction transaction;
  transaction.producer_id = ProducerId(decoder.i64());
  transaction.first_offset = Offset(decoder.i64());
  transaction.last_offset = Offset(decoder.i64());
  transaction.last_stable_offset = Offset(decoder.i64());
  return transaction;
}

// The first entry whose marker stands at or behind `from`.
Result<std::uint64_t> first_behind(const EntryFile& file, Offset from) {
  std::uint64_t low = 0;
  std::uint64_t high = file.count();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    ANTIPHON_TRY(entry, file.entry(middle));
    if (decode(entry).last_offset < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

bool is_aborted(std::span<const AbortedTransaction> aborted, ProducerId producer, Offset offset) {
  return std::any_of(aborted.begin(), aborted.end(), [&](const AbortedTransaction& one) {
    return one.producer_id == producer && one.first_offset <= offset && offset <= one.last_offset;
  });
}

AbortedIndex::Part& AbortedIndex::part_of(Offset segment) {
  const auto found = parts_.find(segment);
  if (found != parts_.end()) return found->second;
  Part part{EntryFile(pool_, directory_, segment_file_name(segment, kSuffix), kEntryBytes)};
  return parts_.emplace(segment, std::move(part)).first->second;
}

void AbortedIndex::append(Part& part, ByteView entry) {
  part.crc = wire::crc32c(entry, part.crc);
  part.file.append_kept(entry);
}

void AbortedIndex::add(Offset segment, const AbortedTransaction& transaction) {
  append(part_of(segment), encode(transaction));
}

Result<std::vector<AbortedTransaction>> AbortedIndex::between(Offset from, Offset end) const {
  std::vector<AbortedTransaction> found;
  auto part = parts_.upper_bound(from);
  if (part != parts_.begin()) --part;
  for (; part != parts_.end(); ++part) {
    const EntryFile& file = part->second.file;
    ANTIPHON_TRY(first, first_behind(file, from));
    for (std::uint64_t i = first; i < file.count(); ++i) {
      ANTIPHON_TRY(entry, file.entry(i));
      const AbortedTransaction transaction = decode(entry);
      if (transaction.first_offset < end) found.push_back(transaction);
      if (transaction.last_stable_offset >= end) return found;
    }
  }
  return found;
}

Result<bool> AbortedIndex::load(std::span<const AbortedIndexMark> marks) {
  parts_.clear();
  for (const AbortedIndexMark& mark : marks) {
    Part& part = part_of(mark.segment);
    ANTIPHON_TRY_VOID(part.file.load());
    if (part.file.count() < mark.entries) return false;
    ANTIPHON_TRY_VOID(part.file.cut(mark.entries));
    ANTIPHON_TRY(bytes, part.file.all());
    part.crc = wire::crc32c(bytes);
    if (part.crc != mark.crc || part.file.count() == 0) return false;
  }
  return true;
}

std::vector<AbortedIndexMark> AbortedIndex::marks() const {
  std::vector<AbortedIndexMark> marks;
  marks.reserve(parts_.size());
  for (const auto& [segment, part] : parts_) {
    marks.push_back({segment, static_cast<std::uint32_t>(part.file.count()), part.crc});
  }
  return marks;
}

Result<> AbortedIndex::merge(Offset segment, Offset into) {
  const auto found = parts_.find(segment);
  if (found == parts_.end() || segment == into) return {};
  ANTIPHON_TRY(bytes, found->second.file.all());
  Part& target = part_of(into);
  for (std::size_t at = 0; at + kEntryBytes <= bytes.size(); at += kEntryBytes) {
    append(target, ByteView(bytes).subspan(at, kEntryBytes));
  }
  parts_.erase(segment);
  return {};
}

std::vector<EntryFile*> AbortedIndex::files() {
  std::vector<EntryFile*> files;
  files.reserve(parts_.size());
  for (auto& [segment, part] : parts_) files.push_back(&part.file);
  return files;
}

}  // namespace antiphon::kafka::log
