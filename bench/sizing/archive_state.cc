// What an archive remembers of recordings: positions and watermark, with as much under way as its settings allow.
#include <deque>

#include "measurements.h"
#include "memory.h"
#include "stages/archive/archive.h"
#include "stages/archive/positions.h"

namespace antiphon::bench {
namespace {
constexpr std::uint64_t kPartitions = 6;
}

nlohmann::json measure_archive(std::uint64_t count) {
  const std::size_t under_way_max = archive::ArchiveSettings{}.in_flight_max;
  archive::Positions positions;
  std::deque<std::pair<std::shared_ptr<archive::Assignment>, Offset>> under_way;
  const auto finish_one = [&] {
    // Later ones first, as threads may end in any order.
    const std::size_t at = under_way.size() / 2;
    positions.finish(*under_way[at].first, under_way[at].second);
    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(at));
    if (under_way.size() % 16 == 0) positions.committed(positions.committable());
  };
  Measured measured;
  measured.timed([&] {
    for (std::uint64_t n = 0; n < count; ++n) {
      IncomingRecord record;
      record.topic = "voices.recordings";
      record.partition = PartitionId(static_cast<std::int32_t>(n % kPartitions));
      record.offset = Offset(static_cast<std::int64_t>(n / kPartitions));
      record.timestamp_ms = static_cast<std::int64_t>(n);
      under_way.emplace_back(positions.take(record), record.offset);
      if (under_way.size() < under_way_max) continue;
      finish_one();
      // The oldest is not left behind for ever: a record's storing takes bounded time, or reading stops.
      positions.finish(*under_way.front().first, under_way.front().second);
      under_way.pop_front();
    }
  });
  return measured.told();
}

}  // namespace antiphon::bench
