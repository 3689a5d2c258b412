#include "core/sha256.h"

#include <openssl/evp.h>

#include "core/assert.h"

namespace antiphon {

struct Sha256::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  ANTIPHON_ASSERT(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView data) { ANTIPHON_ASSERT(EVP_DigestUpdate(context_->md, data.data(), data.size()) == 1); }

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  unsigned size = 0;
  ANTIPHON_ASSERT(EVP_DigestFinal_ex(context_->md, reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
  ANTIPHON_ASSERT(size == digest.size());
  return digest;
}

Sha256Digest sha256(ByteView data) {
  Sha256 hash;
  hash.update(data);
  return hash.finish();
}

std::string sha256_hex(ByteView data) { return to_hex(sha256(data)); }

}  // namespace antiphon
