// The headers that every event of ours has: CloudEvents' own, ids, locale and trace. For the codecs of this folder
// only.
#pragma once

#include <string>
#include <string_view>

#include "core/record.h"
#include "events/event.h"
#include "events/header_reader.h"

namespace antiphon::events {

inline constexpr std::string_view kSpecVersion = "1.0";
inline constexpr std::string_view kPromptType = "antiphon.prompt.v1";
inline constexpr std::string_view kRecordingType = "antiphon.recording.v1";
inline constexpr std::string_view kErasureType = "antiphon.recording.erased.v1";
inline constexpr std::string_view kPromptContentType = "text/plain; charset=utf-8";
inline constexpr std::string_view kJsonContentType = "application/json";
inline constexpr std::uint64_t kSequenceMax = 1ULL << 53;  // a JSON number holds it exactly

// Headers in the order they are added.
class HeaderBuilder {
 public:
  HeaderBuilder& add(std::string_view name, std::string_view value);
  HeaderBuilder& trace(const Trace& trace);
  RecordHeaders take() { return std::move(headers_); }

 private:
  RecordHeaders headers_;
};

// ce_specversion, ce_type, ce_source, ce_id, ce_time, ce_subject.
HeaderBuilder envelope(std::string_view type, std::string_view source, std::string_view id, WallTime time,
                       std::string_view subject);

// The key as text: `missing-key` where there is none or an empty one.
std::string_view read_key(HeaderReader& reader, const IncomingRecord& record);
// `missing-value`, `too-large`.
std::string_view read_value(HeaderReader& reader, const IncomingRecord& record);

}  // namespace antiphon::events
