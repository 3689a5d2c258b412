#include "stages/studio/locale_list.h"

#include <nlohmann/json.hpp>

#include "speech/text/locale.h"
#include "stages/studio/locale_names.h"

namespace antiphon::studio {
namespace {

constexpr std::uint64_t kOpenMax = 1ULL << 53;

Error wrong() { return make_error(ErrorKind::kInvalidInput, "this is no list of languages"); }

std::optional<LocaleCount> count_of(const nlohmann::json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const auto locale = entry.find("locale");
  const auto open = entry.find("open");
  if (locale == entry.end() || !locale->is_string() || open == entry.end() || !open->is_number_unsigned())
    return std::nullopt;
  const auto tag = text::parse_locale(locale->get_ref<const std::string&>());
  const auto number = open->get<std::uint64_t>();
  if (!tag || number > kOpenMax) return std::nullopt;
  return LocaleCount{tag->tag(), static_cast<std::size_t>(number)};
}

}  // namespace

std::string locale_list(const std::vector<LocaleCount>& counts) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const LocaleCount& count : counts) {
    const auto locale = text::parse_locale(count.locale);
    const auto direction = locale ? locale->direction() : text::Direction::kLeftToRight;
    list.push_back({{"locale", count.locale},
                    {"name", name_of_locale(count.locale)},
                    {"direction", text::to_string(direction)},
                    {"open", count.open}});
  }
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<std::vector<LocaleCount>> read_locale_list(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array() || json.size() > kLocalesMax) return wrong();
  std::vector<LocaleCount> counts;
  for (const nlohmann::json& entry : json) {
    auto count = count_of(entry);
    if (!count) return wrong();
    counts.push_back(*std::move(count));
  }
  return counts;
}

}  // namespace antiphon::studio
