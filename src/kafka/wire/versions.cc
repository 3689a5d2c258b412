#include "kafka/wire/versions.h"

#include <algorithm>

#include "kafka/wire/messages.h"

namespace antiphon::kafka::wire {
namespace {

// From the messages themselves, so that the table cannot say what they do not.
template <class Request, class Response>
constexpr ApiSupport support_of() {
  static_assert(Request::kApiKey == Response::kApiKey);
  static_assert(Request::kVersions.min == Response::kVersions.min && Request::kVersions.max == Response::kVersions.max);
  static_assert(Request::kFlexibleFrom == Response::kFlexibleFrom);
  return {Request::kApiKey, Request::kVersions, Request::kFlexibleFrom};
}

constexpr ApiSupport kSupported[] = {
#define ANTIPHON_ROW(name) support_of<name##Request, name##Response>(),
    ANTIPHON_WIRE_APIS(ANTIPHON_ROW)
#undef ANTIPHON_ROW
};
static_assert(std::is_sorted(std::begin(kSupported), std::end(kSupported),
                             [](const ApiSupport& a, const ApiSupport& b) { return a.key < b.key; }));

}  // namespace

std::span<const ApiSupport> supported_versions() { return kSupported; }

const ApiSupport* find_api(std::int16_t api_key) {
  const auto* const at = std::lower_bound(std::begin(kSupported), std::end(kSupported), static_cast<ApiKey>(api_key),
                                          [](const ApiSupport& row, ApiKey key) { return row.key < key; });
  return at != std::end(kSupported) && at->key == static_cast<ApiKey>(api_key) ? at : nullptr;
}

}  // namespace antiphon::kafka::wire
