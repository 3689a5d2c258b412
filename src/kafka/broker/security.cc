#include "kafka/broker/security.h"

namespace antiphon::kafka::broker {

std::string_view to_string(SaslMechanism mechanism) {
  switch (mechanism) {
    case SaslMechanism::kPlain:
      return "PLAIN";
    case SaslMechanism::kScramSha256:
      return "SCRAM-SHA-256";
    case SaslMechanism::kScramSha512:
      return "SCRAM-SHA-512";
  }
  return "";
}

std::optional<SaslMechanism> sasl_mechanism_of(std::string_view name) {
  for (const SaslMechanism each : kSaslMechanisms) {
    if (to_string(each) == name) return each;
  }
  return std::nullopt;
}

Result<> TlsSettings::validate() const {
  if (certificate_file.empty() || key_file.empty())
    return make_error(ErrorKind::kUsage, "TLS needs two files, a certificate and its key: --kafka-tls CERT,KEY");
  if (client_certificates != ClientCertificates::kNone && client_ca_file.empty()) {
    return make_error(ErrorKind::kUsage,
                      "client certificates are asked for, but nothing says whose are taken: --kafka-client-ca FILE");
  }
  return {};
}

std::string_view SecuritySettings::protocol() const {
  if (sasl.empty()) return tls ? "SSL" : "PLAINTEXT";
  return tls ? "SASL_SSL" : "SASL_PLAINTEXT";
}

}  // namespace antiphon::kafka::broker
