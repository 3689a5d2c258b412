#include "adapters/blobs/s3/sigv4.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "core/assert.h"
#include "core/sha256.h"

namespace antiphon::blobs::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

Sha256Digest hmac_sha256(ByteView key, std::string_view text) {
  Sha256Digest digest{};
  unsigned int length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, text.size(),
                          reinterpret_cast<unsigned char*>(digest.data()), &length);
  ANTIPHON_ASSERT(made != nullptr && length == digest.size());
  return digest;
}

std::string encode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size() + 16);
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (keep_slash && c == '/');
    if (plain) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// Without blanks around it, and runs of blanks inside as one.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out.push_back(c);
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::string encode_path(std::string_view path) { return encode(path, true); }
std::string encode_component(std::string_view text) { return encode(text, false); }

std::string encode_query(const Query& query) {
  std::vector<std::string> pairs;
  pairs.reserve(query.size());
  for (const auto& [name, value] : query)
    pairs.push_back(fmt::format("{}={}", encode_component(name), encode_component(value)));
  std::sort(pairs.begin(), pairs.end());
  return fmt::format("{}", fmt::join(pairs, "&"));
}

std::string amz_date(WallTime now) {
  const std::string rfc = format_rfc3339(now);  // 2015-08-30T12:36:00.000Z
  return fmt::format("{}{}{}T{}{}{}Z", rfc.substr(0, 4), rfc.substr(5, 2), rfc.substr(8, 2), rfc.substr(11, 2),
                     rfc.substr(14, 2), rfc.substr(17, 2));
}

std::string authorization(const UnsignedRequest& request, const Credentials& credentials, const SigningScope& scope) {
  std::string canonical_headers;
  std::string names;
  for (const auto& [name, value] : request.headers) {
    fmt::format_to(std::back_inserter(canonical_headers), "{}:{}\n", name, trimmed(value));
    if (!names.empty()) names.push_back(';');
    names.append(name);
  }
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                                            encode_query(request.query), canonical_headers, names, request.body_sha256);
  const std::string& date = request.headers.at("x-amz-date");
  const std::string day = date.substr(0, 8);
  const std::string scope_text = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope_text, sha256_hex(as_bytes(canonical)));

  const std::string first_key = "AWS4" + credentials.secret_key;
  Sha256Digest key = hmac_sha256(as_bytes(first_key), day);
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = hmac_sha256(key, part);
  }
  return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key,
                     scope_text, names, to_hex(hmac_sha256(key, to_sign)));
}

}  // namespace antiphon::blobs::s3
