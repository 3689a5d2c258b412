// Any bytes: normalising twice is normalising once, and what comes out is UTF-8; the rules take whatever comes.
#include <cstdlib>

#include "speech/text/normalise.h"
#include "speech/text/readability.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon::text;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const Readability rules;
  static const Locale am = *parse_locale("am");
  static_cast<void>(rules.why_not(am, bytes));
  static_cast<void>(parse_locale(bytes.substr(0, 64)));
  const auto once = normalise(bytes);
  if (!once) return 0;
  const auto twice = normalise(*once);
  if (!twice || *twice != *once || !is_valid_utf8(*once)) std::abort();
  return 0;
}
