#include "kafka/broker/auth/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/assert.h"

namespace antiphon::kafka::broker {
namespace {

const EVP_MD* md_of(ScramHash hash) { return hash == ScramHash::kSha256 ? EVP_sha256() : EVP_sha512(); }

const unsigned char* raw(ByteView data) { return reinterpret_cast<const unsigned char*>(data.data()); }

}  // namespace

std::size_t digest_bytes(ScramHash hash) { return hash == ScramHash::kSha256 ? 32 : 64; }

Bytes digest(ScramHash hash, ByteView data) {
  Bytes out(digest_bytes(hash));
  const int made =
      EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, md_of(hash), nullptr);
  ANTIPHON_ASSERT(made == 1);
  return out;
}

Bytes hmac(ScramHash hash, ByteView key, ByteView data) {
  Bytes out(digest_bytes(hash));
  const auto* made = HMAC(md_of(hash), key.data(), static_cast<int>(key.size()), raw(data), data.size(),
                          reinterpret_cast<unsigned char*>(out.data()), nullptr);
  ANTIPHON_ASSERT(made != nullptr);
  return out;
}

Bytes salted_password(ScramHash hash, std::string_view password, ByteView salt, int iterations) {
  Bytes out(digest_bytes(hash));
  const int made = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                                     static_cast<int>(salt.size()), iterations, md_of(hash),
                                     static_cast<int>(out.size()), reinterpret_cast<unsigned char*>(out.data()));
  ANTIPHON_ASSERT(made == 1);
  return out;
}

bool same_bytes(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64(ByteView data) {
  std::string out(4 * ((data.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), raw(data), static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<Bytes> from_base64(std::string_view text, std::size_t bytes_max) {
  if (text.size() % 4 != 0 || text.size() / 4 * 3 > bytes_max + 2) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  for (const char c : text.substr(0, text.size() - padding)) {  // OpenSSL would pass over spaces and line ends
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && c != '+' && c != '/') return std::nullopt;
  }
  Bytes out(text.size() / 4 * 3);
  if (out.empty()) return out;
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - padding);
  if (out.size() > bytes_max) return std::nullopt;
  return out;
}

}  // namespace antiphon::kafka::broker
