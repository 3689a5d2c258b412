// The hashes that SCRAM is made of (RFC 5802, 7677), by OpenSSL, and base64.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"

namespace antiphon::kafka::broker {

enum class ScramHash : std::uint8_t { kSha256, kSha512 };
[[nodiscard]] std::size_t digest_bytes(ScramHash hash);

[[nodiscard]] Bytes digest(ScramHash hash, ByteView data);
[[nodiscard]] Bytes hmac(ScramHash hash, ByteView key, ByteView data);
// RFC 5802's Hi(): PBKDF2. Takes as long as `iterations` says: about a millisecond for 4096.
[[nodiscard]] Bytes salted_password(ScramHash hash, std::string_view password, ByteView salt, int iterations);
// In a time that does not depend on the bytes.
[[nodiscard]] bool same_bytes(ByteView a, ByteView b);

[[nodiscard]] std::string to_base64(ByteView data);
// Nothing where it is not base64 with its padding, of at most `bytes_max` bytes.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text, std::size_t bytes_max);

}  // namespace antiphon::kafka::broker
