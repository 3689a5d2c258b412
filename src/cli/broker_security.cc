#include "cli/broker_security.h"

#include <fmt/format.h>

namespace antiphon::cli {

using kafka::broker::ClientCertificates;

void BrokerSecurityOptions::add_to(Options& options) {
  options.add("kafka-tls", tls, "CERT,KEY: PEM files; the broker speaks TLS (1.2 or newer) and nothing else");
  options.add("kafka-client-ca", client_ca, "PEM file: clients need a certificate that this authority signed");
  options
      .add("kafka-client-auth", client_auth,
           "none, requested or required: client certificates; default: required with --kafka-client-ca")
      ->check(CLI::IsMember({"none", "requested", "required"}));
  options.add("kafka-sasl", sasl,
              "ask clients who they are: one or more of PLAIN,SCRAM-SHA-256,SCRAM-SHA-512; users: --add-user of "
              "antiphon broker");
}

Result<kafka::broker::SecuritySettings> BrokerSecurityOptions::settings() const {
  kafka::broker::SecuritySettings out;
  if (!tls.empty()) {
    const auto comma = tls.find(',');
    if (comma == std::string::npos) return make_error(ErrorKind::kUsage, "--kafka-tls takes two files: CERT,KEY");
    auto& files = out.tls.emplace();
    files.certificate_file = tls.substr(0, comma);
    files.key_file = tls.substr(comma + 1);
    files.client_ca_file = client_ca;
    if (client_auth == "requested") files.client_certificates = ClientCertificates::kRequested;
    if (client_auth == "required" || (client_auth.empty() && !client_ca.empty()))
      files.client_certificates = ClientCertificates::kRequired;
    ANTIPHON_TRY_VOID(files.validate());
  } else if (!client_ca.empty() || !client_auth.empty()) {
    return make_error(ErrorKind::kUsage, "client certificates need TLS: add --kafka-tls CERT,KEY");
  }
  for (std::size_t begin = 0; !sasl.empty() && begin <= sasl.size();) {
    const std::size_t end = std::min(sasl.find(',', begin), sasl.size());
    const std::string name = sasl.substr(begin, end - begin);
    const auto mechanism = kafka::broker::sasl_mechanism_of(name);
    if (!mechanism) {
      return make_error(
          ErrorKind::kUsage,
          fmt::format("--kafka-sasl has no '{}'; PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are possible", name));
    }
    out.sasl.push_back(*mechanism);
    begin = end + 1;
  }
  return out;
}

std::vector<std::string> BrokerSecurityOptions::arguments() const {
  std::vector<std::string> out;
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) out.insert(out.end(), {flag, value});
  };
  add("--kafka-tls", tls);
  add("--kafka-client-ca", client_ca);
  add("--kafka-client-auth", client_auth);
  add("--kafka-sasl", sasl);
  return out;
}

}  // namespace antiphon::cli
