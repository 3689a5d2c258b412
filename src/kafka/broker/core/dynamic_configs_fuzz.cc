// Any bytes as the file of dynamic settings: what is accepted reads back the same after it was written again.
#include <cstdint>
#include <cstdlib>

#include "kafka/broker/core/dynamic_configs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using antiphon::kafka::broker::DynamicConfigs;
  const auto table = DynamicConfigs::parse({reinterpret_cast<const char*>(data), size});
  if (!table) return 0;
  const auto again = DynamicConfigs::parse(DynamicConfigs::format(*table));
  if (!again || *again != *table) std::abort();
  return 0;
}
