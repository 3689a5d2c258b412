#include "speech/text/rules_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include "speech/text/code_point.h"

namespace antiphon::text {
namespace {

constexpr std::int64_t kCountMax = 100'000;

Error at(std::string_view file, const toml::source_region& where, std::string_view what) {
  return make_error(ErrorKind::kConfig, fmt::format("{}:{}: {}", file, where.begin.line, what));
}

std::u32string code_points(std::string_view utf8) {
  std::u32string out;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::int32_t c = next_code_point(utf8, at);
    if (c >= 0) out.push_back(static_cast<char32_t>(c));
  }
  return out;
}

// Where a key's value goes; null where the key is none of ours or of another type.
std::uint32_t* count_of(Rules& rules, std::string_view key) {
  if (key == "chars_min") return &rules.chars_min;
  if (key == "chars_max") return &rules.chars_max;
  if (key == "words_min") return &rules.words_min;
  if (key == "words_max") return &rules.words_max;
  return nullptr;
}
bool* flag_of(Rules& rules, std::string_view key) {
  if (key == "digits") return &rules.digits;
  if (key == "urls") return &rules.urls;
  if (key == "markup") return &rules.markup;
  if (key == "symbols") return &rules.symbols;
  if (key == "any_script") return &rules.any_script;
  return nullptr;
}

Result<> set_rule(Rules& rules, std::string_view file, std::string_view key, const toml::node& node) {
  if (std::uint32_t* count = count_of(rules, key)) {
    const auto* number = node.as_integer();
    if (number == nullptr || number->get() < 0 || number->get() > kCountMax) {
      return at(file, node.source(), fmt::format("{} is a number from 0 to {}", key, kCountMax));
    }
    *count = static_cast<std::uint32_t>(number->get());
    return {};
  }
  if (bool* flag = flag_of(rules, key)) {
    const auto* value = node.as_boolean();
    if (value == nullptr) return at(file, node.source(), fmt::format("{} is true or false", key));
    *flag = value->get();
    return {};
  }
  if (key != "allowed") return at(file, node.source(), fmt::format("there is no rule '{}'", key));
  const auto* text = node.as_string();
  if (text == nullptr) return at(file, node.source(), "allowed is a text of characters");
  rules.allowed = code_points(text->get());
  return {};
}

Result<> set_rules(Rules& rules, std::string_view file, const toml::table& table, std::string_view except) {
  for (const auto& [key, node] : table) {
    if (key.str() != except) ANTIPHON_TRY_VOID(set_rule(rules, file, key.str(), node));
  }
  const auto valid = rules.validate();
  if (!valid) return at(file, table.source(), valid.error().message);
  return {};
}

Result<> add_locale(RulesTables& tables, std::string_view file, std::string_view tag, const toml::node& node) {
  const auto locale = parse_locale(tag);
  const auto* table = node.as_table();
  if (!locale || table == nullptr)
    return at(file, node.source(), fmt::format("[locale.{}] is not a table of a language tag", tag));
  Rules rules = tables.general;
  ANTIPHON_TRY_VOID(set_rules(rules, file, *table, ""));
  tables.by_tag[locale->tag()] = std::move(rules);
  return {};
}

// The library throws; nothing of ours does.
Result<toml::table> parse_toml(std::string_view toml, std::string_view file_name) {
  try {
    return toml::table(toml::parse(toml, file_name));
  } catch (const toml::parse_error& error) {
    return at(file_name, error.source(), error.description());
  }
}

}  // namespace

Result<RulesTables> parse_rules_file(std::string_view toml, std::string_view file_name) {
  ANTIPHON_TRY(root, parse_toml(toml, file_name));
  RulesTables tables;
  ANTIPHON_TRY_VOID(set_rules(tables.general, file_name, root, "locale"));
  const auto* locales = root.get("locale");
  if (locales == nullptr) return tables;
  if (locales->as_table() == nullptr) return at(file_name, locales->source(), "locale holds tables: [locale.am]");
  for (const auto& [tag, node] : *locales->as_table()) {
    ANTIPHON_TRY_VOID(add_locale(tables, file_name, tag.str(), node));
  }
  return tables;
}

}  // namespace antiphon::text
