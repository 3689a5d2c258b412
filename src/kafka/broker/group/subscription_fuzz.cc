// Any bytes as a consumer's subscription: topics are parts of them, or nothing.
#include <cstdint>
#include <cstdlib>

#include "kafka/broker/group/subscription.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const antiphon::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto topics = antiphon::kafka::broker::subscribed_topics(bytes);
  std::size_t total = 0;
  for (const auto topic : topics.value_or(std::vector<std::string_view>{})) total += topic.size() + 2;
  if (total > size) std::abort();
  return 0;
}
