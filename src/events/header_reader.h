// Takes the headers of one record apart. The first thing that is wrong is kept, everything asked afterwards is empty: a
// reader asks for all it needs and looks once, at the end. For the codecs of this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/record.h"
#include "events/event.h"
#include "events/refusal.h"

namespace antiphon::events {

constexpr std::size_t kHeadersMax = 256;
constexpr std::size_t kHeaderValueBytesMax = 16UL * 1024;

class HeaderReader {
 public:
  // `headers` must outlive it.
  explicit HeaderReader(const RecordHeaders& headers);

  std::string_view text(std::string_view name);  // missing-header:NAME, repeated-header:NAME
  std::optional<std::string_view> optional_text(std::string_view name);
  std::uint64_t number(std::string_view name, std::uint64_t minimum, std::uint64_t maximum);  // bad-header:NAME
  WallTime time(std::string_view name);
  void expect(std::string_view name, std::string_view value);  // bad-header:NAME unless it is exactly this
  [[nodiscard]] Trace trace() const;

  void refuse(std::string label, std::string detail);
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  const RecordHeaders& headers_;
  std::optional<Refusal> refusal_;
};

Refusal bad_header(std::string_view name, std::string_view wanted);

}  // namespace antiphon::events
