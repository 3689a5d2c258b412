// Who may speak to the broker, and whether others can listen: the security protocol of its one listener.
//
//     PLAINTEXT | SSL | SASL_PLAINTEXT | SASL_SSL       TLS where a certificate is given, SASL where a mechanism is
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace antiphon::kafka::broker {

enum class SaslMechanism : std::uint8_t { kPlain, kScramSha256, kScramSha512 };
inline constexpr std::array kSaslMechanisms{SaslMechanism::kPlain, SaslMechanism::kScramSha256,
                                            SaslMechanism::kScramSha512};
[[nodiscard]] std::string_view to_string(SaslMechanism mechanism);  // Kafka's names: PLAIN, SCRAM-SHA-256 ...
[[nodiscard]] std::optional<SaslMechanism> sasl_mechanism_of(std::string_view name);

enum class ClientCertificates : std::uint8_t { kNone, kRequested, kRequired };  // Kafka: ssl.client.auth

struct TlsSettings {
  std::string certificate_file;  // PEM: the broker's own first, then those between it and the root
  std::string key_file;          // PEM, without a passphrase
  std::string client_ca_file;    // PEM: whose client certificates are taken
  ClientCertificates client_certificates = ClientCertificates::kNone;

  [[nodiscard]] Result<> validate() const;  // the files are looked at when they are loaded
};

struct SecuritySettings {
  std::optional<TlsSettings> tls;
  std::vector<SaslMechanism> sasl;  // none: nobody is asked who they are

  [[nodiscard]] std::string_view protocol() const;  // Kafka's name
};

}  // namespace antiphon::kafka::broker
