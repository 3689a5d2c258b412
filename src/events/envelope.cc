#include "events/envelope.h"

#include "events/topics.h"

namespace antiphon::events {

HeaderBuilder& HeaderBuilder::add(std::string_view name, std::string_view value) {
  headers_.push_back({std::string(name), std::string(value)});
  return *this;
}

HeaderBuilder& HeaderBuilder::trace(const Trace& trace) {
  if (!trace.traceparent.empty()) add("traceparent", trace.traceparent);
  if (!trace.traceparent.empty() && !trace.tracestate.empty()) add("tracestate", trace.tracestate);
  return *this;
}

HeaderBuilder envelope(std::string_view type, std::string_view source, std::string_view id, WallTime time,
                       std::string_view subject) {
  HeaderBuilder headers;
  headers.add("ce_specversion", kSpecVersion)
      .add("ce_type", type)
      .add("ce_source", source)
      .add("ce_id", id)
      .add("ce_time", format_rfc3339(time))
      .add("ce_subject", subject);
  return headers;
}

std::string_view read_key(HeaderReader& reader, const IncomingRecord& record) {
  if (!record.key || record.key->empty()) {
    reader.refuse("missing-key", "the record has no key");
    return {};
  }
  return as_text(*record.key);
}

std::string_view read_value(HeaderReader& reader, const IncomingRecord& record) {
  if (!record.value || record.value->empty()) {
    reader.refuse("missing-value", "the record has no value");
    return {};
  }
  if (record.value->size() > kMessageBytesMax) {
    reader.refuse("too-large", std::to_string(record.value->size()) + " bytes of value");
    return {};
  }
  return as_text(*record.value);
}

}  // namespace antiphon::events
