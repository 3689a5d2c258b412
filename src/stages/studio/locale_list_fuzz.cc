// Whatever another studio answers: reading ends, and what is read comes back as it was written.
#include <cstdlib>

#include "stages/studio/locale_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon::studio;
  const auto counts = read_locale_list({reinterpret_cast<const char*>(data), size});
  if (!counts) return 0;
  if (counts->size() > kLocalesMax) std::abort();
  const auto again = read_locale_list(locale_list(*counts));
  if (!again || again->size() != counts->size()) std::abort();
  for (std::size_t i = 0; i < counts->size(); ++i) {
    if ((*again)[i].locale != (*counts)[i].locale || (*again)[i].open != (*counts)[i].open) std::abort();
  }
  return 0;
}
