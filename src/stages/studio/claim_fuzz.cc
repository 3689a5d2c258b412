// Whatever stands in a committed offset's metadata: reading ends, and what is read comes back as it was written.
#include <cstdlib>

#include "stages/studio/claim.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto claim = antiphon::studio::read_claim({reinterpret_cast<const char*>(data), size});
  if (!claim) return 0;
  if (!antiphon::studio::is_peer_url(claim->peer)) std::abort();
  const auto again = antiphon::studio::read_claim(antiphon::studio::to_string(*claim));
  if (!again || *again != *claim) std::abort();
  return 0;
}
