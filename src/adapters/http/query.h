// Percent-decoding and query strings (RFC 3986; '+' as a blank in queries, as forms write it). Pure functions over
// bytes from outside: a malformed escape is kInvalidInput, never a guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace antiphon::http {

constexpr std::size_t kQueryParametersMax = 64;
constexpr std::size_t kPathSegmentsMax = 32;

Result<std::string> percent_decode(std::string_view text);

// The parameters in their order. Of a repeated name the first counts.
class Query {
 public:
  // `text` is what stands behind the '?', still encoded. kLimit above kQueryParametersMax.
  static Result<Query> parse(std::string_view text);

  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] bool empty() const { return parameters_.empty(); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

// A request target in origin form: "/a/b%20c?x=1".
struct Target {
  std::vector<std::string> segments;  // decoded: {"a", "b c"}; "/" has none, and a trailing slash adds none
  Query query;
  std::string text;  // as it came, without a fragment

  // "/a/b c". Not to be used for anything but looking up and logging a route.
  [[nodiscard]] std::string path() const;
};
// kInvalidInput for what could leave a folder or fool a reader: '.' and '..' segments, empty ones, '/', '\' or control
// characters behind an escape.
Result<Target> parse_target(std::string_view target);

}  // namespace antiphon::http
