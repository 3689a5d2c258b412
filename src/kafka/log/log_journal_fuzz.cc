// Any bytes as a journal file: read from a mark, and without one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/testing/memory_file_system.h"
#include "kafka/log/journal_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  using namespace antiphon::kafka::log;
  testing::MemoryFileSystem files;
  auto file = files.open("journal", OpenMode::kCreate);
  if (!(*file)->write_at(0, ByteView(reinterpret_cast<const std::byte*>(data), size))) std::abort();
  JournalMark mark;
  for (const bool with_mark : {true, false}) {
    const auto contents = read_journal(**file, "journal", with_mark ? std::optional(mark) : std::nullopt);
    if (!contents) std::abort();  // the file can be read: whatever is in it is no error
    for (const FoundEntry& entry : contents->entries) {
      if (entry.file_position + entry.header.payload_bytes > size) std::abort();
    }
  }
  return 0;
}
