// Any bytes as a batch that is cleaned: the filter reads foreign records. What it keeps must be a batch that it then
// takes as it is, at the same offsets.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "kafka/log/compaction/batch_filter.h"
#include "kafka/log/compaction/positions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  using namespace antiphon::kafka::log;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)decode_cleaner_positions(bytes);
  if (size < 1) return 0;
  const auto batch = kafka::wire::BatchView::at(bytes.subspan(1));
  if (!batch || batch->base_offset().value() < 0 || batch->last_offset_delta() < 0) return 0;
  if (batch->base_offset().value() > INT64_MAX / 2) return 0;
  OffsetMap map(8);
  if (!map.put(as_bytes("a"), batch->base_offset() + 1)) std::abort();
  const BatchFilter::Pass pass{batch->last_offset() + ((data[0] & 1U) != 0 ? 1 : 0), Offset(-1), 1'000'000, 1'000};
  const BatchFilter::Facts facts{false, (data[0] & 2U) != 0, (data[0] & 4U) != 0, (data[0] & 8U) != 0};
  BatchFilter filter(map, pass);
  const auto verdict = filter.run(*batch, facts);
  if (!verdict || *verdict != BatchFilter::Verdict::kRewritten) return 0;
  const Bytes out(filter.rewritten().begin(), filter.rewritten().end());
  const auto written = kafka::wire::BatchView::at(out);
  if (!written || !written->crc_matches() || written->size() != out.size()) std::abort();
  if (written->base_offset() != batch->base_offset() || written->last_offset() != batch->last_offset()) std::abort();
  if (facts.aborted) return 0;
  const auto again = BatchFilter(map, pass).run(*written, facts);
  if (!again || *again != BatchFilter::Verdict::kCopy) std::abort();
  return 0;
}
