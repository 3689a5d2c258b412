#include "kafka/wire/api_key.h"

namespace antiphon::kafka::wire {

std::string_view to_string(ApiKey key) {
  switch (key) {
#define ANTIPHON_CASE(constant, number, name) \
  case ApiKey::constant:                      \
    return name;
    ANTIPHON_KAFKA_API_KEYS(ANTIPHON_CASE)
#undef ANTIPHON_CASE
  }
  return "Unknown";
}

std::optional<ApiKey> api_key_of(std::int16_t number) {
  const auto key = static_cast<ApiKey>(number);
  if (to_string(key) == "Unknown") return std::nullopt;
  return key;
}

}  // namespace antiphon::kafka::wire
