// Fuzz: any bytes as requests into the core (testing/fuzz_frames.h).
#include "kafka/broker/testing/fuzz_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  kafka::broker::testing::fuzz_frames({}, {reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
