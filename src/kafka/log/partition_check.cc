// What was on the disk before this start is checked before it is served, once: the CRC of each batch, and that offsets
// follow one another. (Behind the checkpoint, recovery has done so already.) A batch whose base offset has flipped,
// which no CRC covers, overlaps one of its neighbours, or leaves its segment.
#include <fmt/format.h>

#include <algorithm>

#include "core/logging.h"
#include "kafka/log/partition_log.h"

namespace antiphon::kafka::log {

namespace {

struct Checked {
  std::string problem;  // empty: none
  std::uint64_t place = 0;
  std::uint64_t good_end = 0;  // of the slice
  Offset good_next;
};

// Looks at [begin, slice's end): begin is at a batch in front of the slice, for the offsets, or at the slice.
Result<Checked> check_from(const Segment& segment, Offset segment_end, const LogSlice& slice, std::uint64_t begin,
                           std::uint64_t end) {
  Scanner scanner(*slice.file, begin, end, Scanner::Check::kCrc);
  Offset next = segment.base();
  // A batch is good when the one behind it is, too: where offsets overlap either may be the wrong one.
  Checked good{{}, 0, slice.position, slice.first_offset};
  Checked last = good;
  while (true) {
    ANTIPHON_TRY(batch, scanner.next());
    if (batch == nullptr) break;
    good.place = scanner.batch_position();
    if (batch->base_offset < next) {
      good.problem = fmt::format("offset {} behind offset {}", batch->base_offset.value(), next.value() - 1);
    } else if (batch->next_offset() > segment_end) {
      good.problem = fmt::format("offset {}; its segment ends at {}", batch->last_offset.value(), segment_end.value());
    }
    if (!good.problem.empty()) return good;
    next = batch->next_offset();
    good = last;
    if (scanner.batch_position() >= slice.position) last = {{}, 0, scanner.position(), next};
  }
  last.place = scanner.position();
  last.problem = scanner.problem();
  if (last.problem.empty() && end < segment.size()) {
    const auto behind = segment.header_at(end);
    if (behind && behind->base_offset < next) {
      good.place = end;
      good.problem = fmt::format("offset {} behind offset {}", behind->base_offset.value(), next.value() - 1);
      return good;
    }
  }
  return last;
}

}  // namespace

// Not fail(): what it has written since, and what others have in the journal, is synced and released as ever.
void PartitionLog::isolate(const Error& damage) {
  if (failure_) return;
  failure_ = damage;
  logging::error("stored bytes are damaged; the partition is isolated",
                 {{"topic", topic_}, {"partition", id()}, {"damage", damage.message}});
}

Result<> PartitionLog::check(Segment& segment, Offset segment_end, LogSlice& slice) {
  const std::uint64_t end = std::min(slice.position + slice.length, segment.unchecked_below());
  if (slice.position >= end || segment.checked().covers(slice.position, end)) return {};
  ANTIPHON_TRY(begin, segment.boundary_before(slice.position));
  ANTIPHON_TRY(checked, check_from(segment, segment_end, slice, begin, end));
  if (!checked.problem.empty() && checked.place < slice.position) {  // the damage is in front of what is asked for
    ANTIPHON_TRY(alone, check_from(segment, segment_end, slice, slice.position, end));
    checked = std::move(alone);
  }
  if (checked.problem.empty()) {
    segment.checked().add(slice.position, end);
    return {};
  }
  const Error damage =
      make_error(ErrorKind::kCorrupt, fmt::format("{} at byte {} (offset {} and on): {}", segment.path(), checked.place,
                                                  checked.good_next.value(), checked.problem));
  isolate(damage);
  if (checked.good_end <= slice.position) return damage;
  slice.length = checked.good_end - slice.position;
  slice.next_offset = checked.good_next;
  return {};
}

}  // namespace antiphon::kafka::log
