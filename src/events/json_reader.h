// Takes one JSON object apart, as HeaderReader does headers: the first thing wrong is kept (`bad-json:FIELD`),
// everything asked afterwards is empty. Unknown fields are ignored. For the codecs of this folder only.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "events/refusal.h"

namespace antiphon::events {

constexpr int kJsonDepthMax = 8;
constexpr std::size_t kJsonValuesMax = 400'000;  // bounds the memory that a few MiB of text can ask for

class JsonReader {
 public:
  // The document in `value`: `bad-json` when it is none or no object.
  explicit JsonReader(std::string_view value);
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  std::string text(std::string_view field, std::size_t bytes_max, std::size_t bytes_min = 1);
  std::optional<std::string> optional_text(std::string_view field, std::size_t bytes_max);
  std::uint64_t number(std::string_view field, std::uint64_t maximum);
  std::optional<std::uint64_t> optional_number(std::string_view field, std::uint64_t maximum);
  bool boolean(std::string_view field);
  WallTime time(std::string_view field);
  // A text that `accept` likes.
  std::string shaped(std::string_view field, bool (*accept)(std::string_view));
  std::optional<std::string> optional_shaped(std::string_view field, bool (*accept)(std::string_view));
  // Calls `each` with a reader of every object of the array, at most `maximum`; its refusal becomes this one's.
  void objects(std::string_view field, std::size_t maximum, const std::function<void(JsonReader&)>& each);
  // The same for one object; false when the field is missing or null.
  bool object(std::string_view field, const std::function<void(JsonReader&)>& use);
  // The array of texts, or the object of numbers, for the few that have one.
  void texts(std::string_view field, std::size_t maximum, const std::function<void(const std::string&)>& each);
  void numbers(std::string_view field, std::size_t maximum,
               const std::function<void(const std::string&, std::uint64_t)>& each);

  void refuse(std::string_view field, std::string detail);
  void refuse(Refusal refusal);
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  explicit JsonReader(const nlohmann::json* object) : object_(object) {}
  const nlohmann::json* find(std::string_view field) const;  // null: missing, JSON null, or refused before

  nlohmann::json owned_;
  const nlohmann::json* object_ = nullptr;  // owned_, or a part of the parent's
  std::optional<Refusal> refusal_;
};

// UTF-8 for certain: bytes that are none become U+FFFD.
std::string dump_json(const nlohmann::json& json, int indent = -1);

}  // namespace antiphon::events
