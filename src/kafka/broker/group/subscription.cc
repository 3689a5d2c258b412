#include "kafka/broker/group/subscription.h"

#include "kafka/wire/reader.h"

namespace antiphon::kafka::broker {

std::optional<std::vector<std::string_view>> subscribed_topics(ByteView metadata) {
  using Prefix = wire::Reader::Prefix;
  wire::Reader in(metadata);
  const std::int16_t version = in.i16();
  const auto count = in.admit_array(in.length(Prefix::kInt32, false).value_or(0), sizeof(std::string_view));
  std::vector<std::string_view> topics;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (const auto topic = in.bytes(Prefix::kInt16, false)) topics.push_back(as_text(*topic));
  }
  if (!in.ok() || version < 0) return std::nullopt;
  return topics;
}

}  // namespace antiphon::kafka::broker
