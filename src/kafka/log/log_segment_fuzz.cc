// Any bytes as a segment's log, its index and its time index (cut by the first two bytes): the scanner, the reads by
// offset.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/testing/memory_file_system.h"
#include "kafka/log/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  using namespace antiphon::kafka::log;
  if (size < 2) return 0;
  ByteView all(reinterpret_cast<const std::byte*>(data) + 2, size - 2);
  const std::size_t index_size = std::min<std::size_t>(data[0], all.size());
  const std::size_t time_size = std::min<std::size_t>(data[1], all.size() - index_size);
  testing::MemoryFileSystem files;
  const auto put = [&](const char* name, ByteView bytes) {
    if (!(*files.open(name, OpenMode::kCreate))->write_at(0, bytes)) std::abort();
  };
  put("00000000000000000000.index", all.first(index_size));
  put("00000000000000000000.timeindex", all.subspan(index_size, time_size));
  put("00000000000000000000.log", all.subspan(index_size + time_size));
  FilePool pool(files, 8);
  Segment segment(pool, ".", Offset(0), false);
  if (!segment.load()) std::abort();
  auto file = segment.file()->handle();
  Scanner scanner(**file, 0, segment.size(), Scanner::Check::kCrc);
  while (true) {
    const auto batch = scanner.next();
    if (!batch) std::abort();
    if (*batch == nullptr) break;
  }
  if (scanner.position() > segment.size()) std::abort();
  for (const std::int64_t offset : {std::int64_t{0}, std::int64_t{1}, std::int64_t{7}, std::int64_t{1} << 40}) {
    const auto place = segment.locate(Offset(offset));
    if (place && *place) {
      const auto cut = segment.cut_at((*place)->position, 100, segment.size());
      if (cut && (cut->position <= (*place)->position || cut->position > segment.size())) std::abort();
    }
  }
  (void)segment.max_time();
  (void)segment.index().before_time(5);
  (void)segment.index().cut(segment.size() / 2, Offset(10));
  return 0;
}
