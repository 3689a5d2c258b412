#include <cstdint>
#include <cstdlib>

#include "adapters/blobs/s3/list_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  const ByteView xml(reinterpret_cast<const std::byte*>(data), size);
  const auto page = blobs::s3::parse_list(xml);
  if (page && page->entries.size() > blobs::s3::kListEntriesMax) std::abort();
  const auto error = blobs::s3::parse_error(xml);
  if (error.code.size() > 64 || error.region.size() > 64) std::abort();
  return 0;
}
