// What a message says of its fields: in which versions each is there, and where it may be null.
//
// A message is a plain struct with Kafka's field names and defaults, and one description:
//
//     struct Topic {
//       std::string_view name;
//       std::vector<Partition> partitions;
//       std::int32_t authorized_operations = -1;
//
//       template <class V>
//       static void describe(V& v) {
//         v.field(&Topic::name, since(0));
//         v.field(&Topic::partitions, since(0));
//         v.field(&Topic::authorized_operations, between(8, 10));
//         v.tagged(0, &Topic::leader, since(12));
//       }
//     };
//
// Fields stand in their order on the wire, tagged ones by ascending tag. Reading, writing, sizes, equality and random
// messages all follow from it (codec.h, testing/). A field that a version does not have keeps its default when read and
// is left out when written.
#pragma once

#include <cstdint>
#include <limits>

#include "kafka/wire/types.h"

namespace antiphon::kafka::wire {

constexpr ApiVersion kNever = std::numeric_limits<ApiVersion>::max();
// Of fields *_authorized_operations where nobody asked for them.
constexpr std::int32_t kAuthorizedOperationsUnknown = std::numeric_limits<std::int32_t>::min();

struct FieldVersions {
  ApiVersion first = 0;
  ApiVersion last = kNever;
  ApiVersion nullable_from = kNever;

  [[nodiscard]] constexpr bool has(ApiVersion version) const { return version >= first && version <= last; }
  [[nodiscard]] constexpr bool nullable(ApiVersion version) const { return version >= nullable_from; }
  // Null is allowed from `version` on. (The C++ type of such a field is std::optional or Records.)
  [[nodiscard]] constexpr FieldVersions nullable_since(ApiVersion version) const { return {first, last, version}; }
};

[[nodiscard]] constexpr FieldVersions since(ApiVersion first) { return {first, kNever, kNever}; }
[[nodiscard]] constexpr FieldVersions between(ApiVersion first, ApiVersion last) { return {first, last, kNever}; }

struct VersionRange {
  ApiVersion min = 0;
  ApiVersion max = 0;

  [[nodiscard]] constexpr bool contains(ApiVersion version) const { return version >= min && version <= max; }
  friend bool operator==(const VersionRange&, const VersionRange&) = default;
};

}  // namespace antiphon::kafka::wire
