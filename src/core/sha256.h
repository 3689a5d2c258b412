// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "core/bytes.h"

namespace antiphon {

using Sha256Digest = std::array<std::byte, 32>;

Sha256Digest sha256(ByteView data);
// 64 lower-case hexadecimal digits.
std::string sha256_hex(ByteView data);

// In pieces. Not thread-safe. finish() may be called once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(ByteView data);
  Sha256Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace antiphon
