#include "stages/studio/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/uuid.h"

namespace antiphon::studio {
namespace {

constexpr std::size_t kWriterBytesMax = 249;  // NAMESPACE.studio.SLOT

Error wrong(std::string_view what) {
  return make_error(ErrorKind::kInvalidInput, fmt::format("a studio's claim: {}", what));
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0;
}

// A text of the object, or nothing.
std::string text_of(const nlohmann::json& object, const char* field) {
  const auto it = object.find(field);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

bool is_peer_url(std::string_view text) {
  if (text.size() > kPeerBytesMax || !is_printable(text)) return false;
  if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
  std::string_view host = text.substr(text.find("://") + 3);
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  if (const std::size_t colon = host.find(':', bracket); colon != std::string_view::npos) {
    if (!is_port(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  if (bracket > 0) {
    if (host.size() != bracket + 1 || host.size() < 4) return false;
    host = host.substr(1, bracket - 1);
    return host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  }
  return !host.empty() && host.find_first_of("/?#@\\[]:%\"<>^`{|}") == std::string_view::npos;
}

std::string to_string(const Claim& claim) {
  const nlohmann::ordered_json json{
      {"peer", claim.peer}, {"token", claim.token}, {"writer", claim.writer}, {"released", claim.released}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<Claim> read_claim(std::string_view text) {
  if (text.size() > kClaimBytesMax) return wrong(fmt::format("{} bytes, more than {}", text.size(), kClaimBytesMax));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return wrong("no JSON object");
  Claim claim{text_of(json, "peer"), text_of(json, "token"), text_of(json, "writer"), false};
  if (!is_peer_url(claim.peer)) return wrong("'peer' is http(s)://HOST[:PORT]");
  if (!is_uuid(claim.token)) return wrong("'token' is a UUID");
  if (claim.writer.empty() || claim.writer.size() > kWriterBytesMax || !is_printable(claim.writer))
    return wrong(fmt::format("'writer' is 1 to {} printable characters", kWriterBytesMax));
  const auto released = json.find("released");
  if (released == json.end() || !released->is_boolean()) return wrong("'released' is true or false");
  claim.released = released->get<bool>();
  return claim;
}

}  // namespace antiphon::studio
