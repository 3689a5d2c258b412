// Fuzz: any bytes as requests and bare tokens into a core that asks who its clients are (testing/fuzz_frames.h).
#include "kafka/broker/testing/fuzz_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  kafka::broker::BrokerSettings settings;
  settings.security.sasl = {kafka::broker::kSaslMechanisms.begin(), kafka::broker::kSaslMechanisms.end()};
  kafka::broker::testing::fuzz_frames(settings, {reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
