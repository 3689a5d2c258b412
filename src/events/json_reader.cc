#include "events/json_reader.h"

namespace antiphon::events {
namespace {

constexpr std::size_t kShapedBytesMax = 512;

// One look at the text before anything is built: how deep it nests and how many values it can hold at most. The
// library's own callback would do, but takes quadratic time over what it leaves out.
bool fits(std::string_view text) {
  std::size_t values = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == ',' || c == '[' || c == '{') ++values;
    if (depth > kJsonDepthMax || values > kJsonValuesMax) return false;
  }
  return true;
}

// Null when it is no JSON, or over the maxima.
nlohmann::json parse_bounded(std::string_view text) {
  return fits(text) ? nlohmann::json::parse(text, nullptr, false) : nlohmann::json();
}

}  // namespace

JsonReader::JsonReader(std::string_view value) : owned_(parse_bounded(value)), object_(&owned_) {
  if (!owned_.is_object()) refuse(Refusal{"bad-json", "the value is not a JSON object"});
}

void JsonReader::refuse(std::string_view field, std::string detail) {
  refuse(Refusal{std::string("bad-json:").append(field), std::move(detail)});
}

void JsonReader::refuse(Refusal refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
}

const nlohmann::json* JsonReader::find(std::string_view field) const {
  if (refusal_ || !object_->is_object()) return nullptr;
  const auto found = object_->find(field);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

std::string JsonReader::text(std::string_view field, std::size_t bytes_max, std::size_t bytes_min) {
  const auto* found = find(field);
  if (found != nullptr && found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    if (text.size() >= bytes_min && text.size() <= bytes_max) return text;
  }
  refuse(field, "a text of " + std::to_string(bytes_min) + " to " + std::to_string(bytes_max) + " bytes is wanted");
  return {};
}

std::optional<std::string> JsonReader::optional_text(std::string_view field, std::size_t bytes_max) {
  if (find(field) == nullptr) return std::nullopt;
  return text(field, bytes_max);
}

std::uint64_t JsonReader::number(std::string_view field, std::uint64_t maximum) {
  const auto* found = find(field);
  if (found != nullptr && found->is_number_unsigned() && found->get<std::uint64_t>() <= maximum) {
    return found->get<std::uint64_t>();
  }
  refuse(field, "a whole number up to " + std::to_string(maximum) + " is wanted");
  return 0;
}

std::optional<std::uint64_t> JsonReader::optional_number(std::string_view field, std::uint64_t maximum) {
  if (find(field) == nullptr) return std::nullopt;
  return number(field, maximum);
}

bool JsonReader::boolean(std::string_view field) {
  const auto* found = find(field);
  if (found != nullptr && found->is_boolean()) return found->get<bool>();
  refuse(field, "true or false is wanted");
  return false;
}

WallTime JsonReader::time(std::string_view field) {
  const auto parsed = parse_rfc3339(text(field, kShapedBytesMax));
  if (parsed) return *parsed;
  refuse(field, "a time as RFC 3339 writes it is wanted");
  return {};
}

std::string JsonReader::shaped(std::string_view field, bool (*accept)(std::string_view)) {
  std::string found = text(field, kShapedBytesMax);
  if (!accept(found)) refuse(field, "it has not the shape it must have");
  return found;
}

std::optional<std::string> JsonReader::optional_shaped(std::string_view field, bool (*accept)(std::string_view)) {
  if (find(field) == nullptr) return std::nullopt;
  return shaped(field, accept);
}

void JsonReader::objects(std::string_view field, std::size_t maximum, const std::function<void(JsonReader&)>& each) {
  const auto* found = find(field);
  if (found == nullptr || !found->is_array() || found->size() > maximum) {
    return refuse(field, "an array of at most " + std::to_string(maximum) + " is wanted");
  }
  for (const auto& element : *found) {
    JsonReader part(&element);
    if (!element.is_object()) return refuse(field, "an array of objects is wanted");
    each(part);
    if (part.refusal_) return refuse(*std::move(part.refusal_));
  }
}

bool JsonReader::object(std::string_view field, const std::function<void(JsonReader&)>& use) {
  const auto* found = find(field);
  if (found == nullptr) return false;
  JsonReader part(found);
  if (!found->is_object()) {
    refuse(field, "an object is wanted");
    return false;
  }
  use(part);
  if (part.refusal_) refuse(*std::move(part.refusal_));
  return true;
}

void JsonReader::texts(std::string_view field, std::size_t maximum,
                       const std::function<void(const std::string&)>& each) {
  const auto* found = find(field);
  if (found == nullptr || !found->is_array() || found->size() > maximum) {
    return refuse(field, "an array of at most " + std::to_string(maximum) + " is wanted");
  }
  for (const auto& element : *found) {
    if (!element.is_string()) return refuse(field, "an array of texts is wanted");
    each(element.get_ref<const std::string&>());
  }
}

void JsonReader::numbers(std::string_view field, std::size_t maximum,
                         const std::function<void(const std::string&, std::uint64_t)>& each) {
  const auto* found = find(field);
  if (found == nullptr || !found->is_object() || found->size() > maximum) {
    return refuse(field, "an object of at most " + std::to_string(maximum) + " is wanted");
  }
  for (const auto& [name, element] : found->items()) {
    if (!element.is_number_unsigned()) return refuse(field, "an object of whole numbers is wanted");
    each(name, element.get<std::uint64_t>());
  }
}

std::string dump_json(const nlohmann::json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace antiphon::events
