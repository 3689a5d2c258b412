#include "adapters/http/routes.h"

#include "core/assert.h"

namespace antiphon::http {
namespace {

std::vector<std::string> split(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the '/'
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    if (end > 0) segments.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
  }
  return segments;
}

bool is_capture(const std::string& segment) { return segment.front() == '{'; }

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!is_capture(pattern[i]) && pattern[i] != path[i]) return false;
  }
  return true;
}

bool serves(Method route, Method asked) { return route == asked || (route == Method::kGet && asked == Method::kHead); }

}  // namespace

void Routes::add(Method method, std::string pattern, Handler handler, RouteSettings settings) {
  ANTIPHON_ASSERT(!pattern.empty() && pattern.front() == '/');
  std::vector<std::string> segments = split(pattern);
  routes_.push_back({method, std::move(pattern), std::move(segments), std::move(handler), settings, false});
}

void Routes::set_fallback(Handler handler) {
  routes_.push_back({Method::kGet, "files", {}, std::move(handler), {}, true});
}

std::variant<Routes::Match, Routes::Mismatch> Routes::find(Method method, const Target& target) const {
  Mismatch mismatch;
  const Route* fallback = nullptr;
  for (const Route& route : routes_) {
    if (route.fallback) {
      fallback = &route;
    } else if (fits(route.segments, target.segments)) {
      if (serves(route.method, method)) {
        Match match{static_cast<std::size_t>(&route - routes_.data()), {}};
        for (std::size_t i = 0; i < route.segments.size(); ++i) {
          if (is_capture(route.segments[i])) match.captures.push_back(target.segments[i]);
        }
        return match;
      }
      mismatch.status = 405;
      if (!mismatch.allow.empty()) mismatch.allow += ", ";
      mismatch.allow += to_string(route.method);
      if (route.method == Method::kGet) mismatch.allow += ", HEAD";
    }
  }
  if (mismatch.status == 405 || fallback == nullptr) return mismatch;
  if (!serves(Method::kGet, method)) return Mismatch{405, "GET, HEAD"};
  return Match{static_cast<std::size_t>(fallback - routes_.data()), {}};
}

}  // namespace antiphon::http
