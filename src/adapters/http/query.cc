#include "adapters/http/query.h"

#include <fmt/format.h>

namespace antiphon::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error malformed(std::string_view what) { return make_error(ErrorKind::kInvalidInput, std::string(what)); }

Result<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return malformed("a '%' that no two hexadecimal digits follow");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool is_plain_segment(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  for (const char c : segment) {
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) { return decode(text, false); }

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (query.parameters_.size() == kQueryParametersMax) {
      return make_error(ErrorKind::kLimit, fmt::format("more than {} parameters", kQueryParametersMax));
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    ANTIPHON_TRY(name, decode(pair.substr(0, equals), true));
    ANTIPHON_TRY(value, decode(pair.substr(std::min(equals + 1, pair.size())), true));
    query.parameters_.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string Target::path() const {
  if (segments.empty()) return "/";
  std::string path;
  for (const std::string& segment : segments) path.append("/").append(segment);
  return path;
}

Result<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return malformed("the request target does not begin with '/'");
  target = target.substr(0, target.find('#'));
  const std::size_t question = std::min(target.find('?'), target.size());
  ANTIPHON_TRY(query, Query::parse(target.substr(std::min(question + 1, target.size()))));
  Target result{{}, std::move(query), std::string(target)};
  std::string_view path = target.substr(1, question - 1);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    ANTIPHON_TRY(segment, percent_decode(path.substr(0, end)));
    if (!is_plain_segment(segment)) return malformed("a path segment that is empty, '.' or '..', or hides a separator");
    if (result.segments.size() == kPathSegmentsMax) {
      return make_error(ErrorKind::kLimit, fmt::format("more than {} path segments", kPathSegmentsMax));
    }
    result.segments.push_back(std::move(segment));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return result;
}

}  // namespace antiphon::http
