#include "events/header_reader.h"

#include <algorithm>

#include "events/shapes.h"

namespace antiphon::events {
namespace {

constexpr std::size_t kTraceparentChars = 55;
constexpr std::size_t kTracestateCharsMax = 512;

// W3C trace context: 00-TRACE-PARENT-FLAGS in lower-case hex.
bool is_traceparent(std::string_view text) {
  if (text.size() != kTraceparentChars || text.starts_with("ff")) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 2 || i == 35 || i == 52;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (hyphen ? text[i] != '-' : !hex) return false;
  }
  return true;
}

bool is_tracestate(std::string_view text) {
  return text.size() <= kTracestateCharsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

Refusal bad_header(std::string_view name, std::string_view wanted) {
  return {std::string("bad-header:").append(name), std::string("it is not ").append(wanted)};
}

HeaderReader::HeaderReader(const RecordHeaders& headers) : headers_(headers) {
  if (headers.size() > kHeadersMax) {
    refuse("too-many-headers", std::to_string(headers.size()) + " headers; at most " + std::to_string(kHeadersMax));
  }
}

void HeaderReader::refuse(std::string label, std::string detail) {
  if (!refusal_) refusal_ = Refusal{std::move(label), std::move(detail)};
}

std::optional<std::string_view> HeaderReader::optional_text(std::string_view name) {
  if (refusal_) return std::nullopt;
  std::optional<std::string_view> found;
  for (const RecordHeader& header : headers_) {
    if (header.name != name) continue;
    if (found) refuse(std::string("repeated-header:").append(name), "it stands more than once");
    if (!header.value || header.value->empty() || header.value->size() > kHeaderValueBytesMax) {
      refuse(std::string("bad-header:").append(name),
             "1 to " + std::to_string(kHeaderValueBytesMax) + " bytes are wanted");
    }
    if (refusal_) return std::nullopt;
    found = *header.value;
  }
  if (found && !is_utf8(*found)) {
    refuse(std::string("bad-header:").append(name), "it is not UTF-8");
    return std::nullopt;
  }
  return found;
}

std::string_view HeaderReader::text(std::string_view name) {
  const auto found = optional_text(name);
  if (!found) refuse(std::string("missing-header:").append(name), "the record has no such header");
  return found.value_or(std::string_view{});
}

std::uint64_t HeaderReader::number(std::string_view name, std::uint64_t minimum, std::uint64_t maximum) {
  const auto parsed = parse_number(text(name), maximum);
  if (parsed && *parsed >= minimum) return *parsed;
  refuse(std::string("bad-header:").append(name),
         "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum) + " is wanted");
  return minimum;
}

WallTime HeaderReader::time(std::string_view name) {
  const auto parsed = parse_rfc3339(text(name));
  if (parsed) return *parsed;
  if (!refusal_) refusal_ = bad_header(name, "a time as RFC 3339 writes it");
  return {};
}

void HeaderReader::expect(std::string_view name, std::string_view value) {
  if (text(name) != value && !refusal_) refusal_ = bad_header(name, value);
}

Trace HeaderReader::trace() const {
  Trace trace;
  const auto parent = find_header(headers_, "traceparent");
  if (!parent || !is_traceparent(*parent)) return trace;
  trace.traceparent = *parent;
  const auto state = find_header(headers_, "tracestate");
  if (state && is_tracestate(*state)) trace.tracestate = *state;
  return trace;
}

}  // namespace antiphon::events
