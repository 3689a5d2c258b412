// Self-signed X.509 certificates by OpenSSL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace antiphon::cli {

struct CertificateAndKey {
  std::string certificate_pem;
  std::string key_pem;  // a secret
};

constexpr int kCertificateDays = 397;  // what browsers accept at the most

// ECDSA P-256, subject "Antiphon", the addresses as subject alternative names.
Result<CertificateAndKey> make_certificate(const std::vector<std::string>& addresses);

// True when it parses, names every address, and is valid for another week.
bool certificate_covers(std::string_view certificate_pem, const std::vector<std::string>& addresses);

}  // namespace antiphon::cli
