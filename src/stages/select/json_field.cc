#include "stages/select/json_field.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <vector>

#include "stages/select/sentence_reader.h"

namespace antiphon::select {
namespace {

// Follows the events of nlohmann's parser; keeps the path of names to where it stands and nothing else.
class FieldFinder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit FieldFinder(std::string_view path) : path_(path) {}

  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t) override { return other(); }
  bool number_unsigned(number_unsigned_t) override { return other(); }
  bool number_float(number_float_t, const string_t&) override { return other(); }
  bool binary(binary_t&) override { return other(); }
  bool string(string_t& value) override {
    if (at_field()) {
      text = std::move(value);
      not_text = false;
    }
    return true;
  }
  bool start_object(std::size_t) override { return enter(true); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(false); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    Level& level = levels_.back();
    const bool on_path = level.consumed.has_value();
    level.matches = false;
    level.next.reset();
    if (!on_path) return true;
    const std::string_view left = path_.substr(*level.consumed);
    level.matches = left == name;
    if (left.size() > name.size() && left.starts_with(name) && left[name.size()] == '.') {
      level.next = *level.consumed + name.size() + 1;
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  std::optional<std::string> text;
  bool not_text = false;

 private:
  struct Level {
    std::optional<std::size_t> consumed;  // bytes of the path that lead to this object; nothing: beside the path
    std::optional<std::size_t> next;      // the same for the object that the current name would open
    bool matches = false;                 // the current name ends the path
  };

  [[nodiscard]] bool at_field() const { return !levels_.empty() && levels_.back().matches; }
  bool other() {
    if (at_field()) {
      text.reset();
      not_text = true;
    }
    return true;
  }
  bool enter(bool object) {
    if (levels_.size() >= kJsonDepthMax) return false;
    if (at_field()) other();
    Level level;
    if (object) level.consumed = levels_.empty() ? std::optional<std::size_t>(0) : levels_.back().next;
    levels_.push_back(level);
    return true;
  }
  bool leave() {
    levels_.pop_back();
    return true;
  }

  std::string_view path_;
  std::vector<Level> levels_;
};

}  // namespace

JsonField extract_json_field(std::string_view json, std::string_view path) {
  FieldFinder finder(path);
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &finder)) return {{}, problem::kMalformedJson};
  if (finder.text) return {std::move(*finder.text), {}};
  return {{}, finder.not_text ? problem::kFieldNotText : problem::kMissingField};
}

}  // namespace antiphon::select
