// Any bytes as CSV: never over a limit, and reading on behind any record gives exactly the records that follow it.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stages/select/csv_records.h"
#include "stages/select/testing/memory_source.h"

using antiphon::select::CsvRecord;
using antiphon::select::CsvRecords;

namespace {

std::vector<CsvRecord> read_all(std::string_view bytes, std::uint64_t offset, std::size_t step) {
  CsvRecords records(antiphon::select::testing::make_memory_source(bytes.substr(offset), step), ',', offset);
  std::vector<CsvRecord> all;
  while (auto record = *records.next()) all.push_back(std::move(*record));
  return all;
}

void expect(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto all = read_all(bytes, 0, 1 + size % 7);
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    expect(all[i].end > last && all[i].end <= size);
    expect(all[i].fields.size() <= antiphon::select::kCsvFieldsMax);
    last = all[i].end;
    if (i > 8) continue;
    const auto rest = read_all(bytes, all[i].end, 64);
    expect(rest.size() == all.size() - i - 1);
    for (std::size_t k = 0; k < rest.size(); ++k)
      expect(rest[k].fields == all[i + 1 + k].fields && rest[k].end == all[i + 1 + k].end);
  }
  return 0;
}
