// Fuzz: a request as it comes from a socket, behind its length: header, then the body of any API in any version. What
// was read is written again and must read back equal.
#include <cstdint>

#include "kafka/wire/testing/fuzz_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon::kafka::wire;
  Reader in({reinterpret_cast<const std::byte*>(data), size});
  RequestHeader header;
  read(in, header);
  if (!in.ok()) return 0;
  const ApiSupport* const api = find_api(header.api_key);
  if (api == nullptr || !api->versions.contains(header.api_version)) return 0;
  switch (api->key) {
#define ANTIPHON_CASE(name)                                       \
  case ApiKey::k##name:                                           \
    testing::fuzz_message<name##Request>(in, header.api_version); \
    break;
    ANTIPHON_WIRE_APIS(ANTIPHON_CASE)
#undef ANTIPHON_CASE
    default:
      break;
  }
  return 0;
}
