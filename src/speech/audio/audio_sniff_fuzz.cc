// Any bytes: told or refused, never more than a day long.
#include <cstdlib>

#include "speech/audio/tell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  const auto facts = audio::tell_audio(ByteView(reinterpret_cast<const std::byte*>(data), size));
  if (!facts) return facts.error().message.empty() ? std::abort(), 0 : 0;
  constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
  if (facts->duration_ms && (*facts->duration_ms < 0 || *facts->duration_ms > kDayMs)) std::abort();
  return 0;
}
