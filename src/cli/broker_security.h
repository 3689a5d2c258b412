// The options that say who may speak to the embedded broker, and in what. `antiphon broker` and `antiphon up` have the
// same ones.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "kafka/broker/security.h"

namespace antiphon::cli {

struct BrokerSecurityOptions {
  std::string tls;          // CERT,KEY
  std::string client_ca;    // FILE
  std::string client_auth;  // none, requested, required; empty: required where client_ca is given
  std::string sasl;         // mechanisms, by commas

  void add_to(Options& options);
  [[nodiscard]] Result<kafka::broker::SecuritySettings> settings() const;
  // The same, for the command line of a child.
  [[nodiscard]] std::vector<std::string> arguments() const;
};

}  // namespace antiphon::cli
