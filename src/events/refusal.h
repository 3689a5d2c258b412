// Why a record cannot be used: a stable label that scripts and dashboards count by, and a detail for a person.
//
// A label never changes its meaning: `missing-header:ce_id`, `bad-header:ce_time`, `sha256-mismatch`, `key-mismatch`,
// ... (all of them in docs/formats/events.md). It becomes x-dlq-reason. The detail is bounded and never holds a
// transcript or audio.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "core/result.h"

namespace antiphon::events {

struct Refusal {
  std::string label;
  std::string detail;

  [[nodiscard]] Error to_error() const { return make_error(ErrorKind::kInvalidInput, label + ": " + detail); }
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// What reading a record gives: the event, or the reason for the dead letter.
template <class T>
class [[nodiscard]] Reading : public tl::expected<T, Refusal> {
 public:
  using tl::expected<T, Refusal>::expected;
  Reading(Refusal refusal)
      : tl::expected<T, Refusal>(tl::unexpect, std::move(refusal)) {}  // NOLINT: implicit by design
};

}  // namespace antiphon::events
