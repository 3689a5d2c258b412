// Any bytes, in any chunks, give the same pieces as the whole; going on behind the middle one gives the rest. Input:
// mode and chunk size, then the source.
#include <cstdlib>

#include "speech/text/splitter.h"

namespace {

using namespace antiphon;
using namespace antiphon::text;

std::vector<Piece> pieces_of(SplitMode mode, std::string_view source, std::uint64_t start, std::size_t chunk) {
  Splitter splitter(*parse_locale("am"), mode, start);
  std::vector<Piece> pieces;
  const auto drain = [&] {
    while (auto piece = splitter.next()) pieces.push_back(*std::move(piece));
  };
  for (std::string_view rest = source.substr(start); !rest.empty(); rest.remove_prefix(std::min(chunk, rest.size()))) {
    splitter.feed(as_bytes(rest.substr(0, chunk)));
    drain();
  }
  splitter.finish();
  drain();
  return pieces;
}

void must(bool holds) {
  if (!holds) std::abort();
}

void must_be_same(std::span<const Piece> a, std::span<const Piece> b) {
  must(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    must(a[i].text == b[i].text && a[i].begin == b[i].begin && a[i].end == b[i].end && a[i].problem == b[i].problem);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 128 * 1024) return 0;
  const SplitMode mode = (data[0] & 1U) != 0 ? SplitMode::kLines : SplitMode::kSentences;
  const std::size_t chunk = 1 + (data[0] >> 1U) * 37U;
  const std::string_view source(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = pieces_of(mode, source, 0, kChunkBytesMax);
  must_be_same(pieces_of(mode, source, 0, chunk), whole);
  if (!whole.empty()) {
    const std::size_t middle = whole.size() / 2;
    must_be_same(pieces_of(mode, source, whole[middle].end, chunk), std::span(whole).subspan(middle + 1));
  }
  return 0;
}
