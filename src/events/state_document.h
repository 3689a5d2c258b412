// What the records of the state topics have in common: one JSON document with its version and kind, a key that it names
// itself, content-type as the only header; beside the states the start markers. For the codecs of this folder only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "core/record.h"
#include "events/json_reader.h"
#include "events/start_marker.h"

namespace antiphon::events {

inline constexpr std::uint64_t kStateVersion = 1;
inline constexpr std::size_t kStateNameBytesMax = 256;
inline constexpr std::size_t kStateHeadroomBytes = 4096;  // of a record: key, headers, framing

OutgoingRecord state_record(std::string topic, std::string key, std::string value, WallTime time);
OutgoingRecord start_record(std::string topic, const StartMarker& marker);

// The document of a record and its kind, up to the first refusal.
class StateDocument {
 public:
  explicit StateDocument(const IncomingRecord& record);

  [[nodiscard]] bool is_read() const { return json_.has_value(); }
  [[nodiscard]] bool is(std::string_view kind) const { return is_read() && kind_ == kind; }
  JsonReader& json() { return *json_; }
  StartMarker read_start();
  // The refusal where there is one: of the record, of the document, or because it is not about the record's key.
  std::optional<Refusal> end(const std::string& expected_key);

 private:
  std::optional<Refusal> envelope_refusal_;
  std::string_view key_;
  std::optional<JsonReader> json_;
  std::string kind_;
};

// `kind` is the state's own; its key is what `key_of` says.
template <class State>
Reading<std::variant<State, StartMarker>> read_state_document(const IncomingRecord& record, std::string_view kind,
                                                              State (*read)(JsonReader&),
                                                              const std::string& (*key_of)(const State&)) {
  StateDocument document(record);
  std::variant<State, StartMarker> result;
  std::string key;
  if (document.is("start")) {
    StartMarker marker = document.read_start();
    key = "start/" + marker.client_id;
    result = std::move(marker);
  } else if (document.is(kind)) {
    State state = read(document.json());
    key = key_of(state);
    result = std::move(state);
  } else if (document.is_read()) {
    document.json().refuse("kind", std::string(kind) + " or start is wanted");
  }
  if (auto refusal = document.end(key)) return *std::move(refusal);
  return result;
}

}  // namespace antiphon::events
