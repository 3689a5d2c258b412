// Fuzz: api_key int16, version int16, then the body of a response, as our own clients and tests read it.
#include <cstdint>

#include "kafka/wire/testing/fuzz_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon::kafka::wire;
  Reader in({reinterpret_cast<const std::byte*>(data), size});
  const ApiSupport* const api = find_api(in.i16());
  const ApiVersion version = in.i16();
  if (!in.ok() || api == nullptr || !api->versions.contains(version)) return 0;
  switch (api->key) {
#define ANTIPHON_CASE(name)                             \
  case ApiKey::k##name:                                 \
    testing::fuzz_message<name##Response>(in, version); \
    break;
    ANTIPHON_WIRE_APIS(ANTIPHON_CASE)
#undef ANTIPHON_CASE
    default:
      break;
  }
  return 0;
}
