#include "cli/broker_security.h"

#include <gtest/gtest.h>

namespace antiphon::cli {
namespace {

TEST(BrokerSecurity, TheOptionsSayTheSecurityProtocol) {
  const struct {
    const char* name;
    BrokerSecurityOptions options;
    const char* protocol;  // null: a usage error
  } rows[] = {
      {"nothing", {}, "PLAINTEXT"},
      {"TLS", {"c,k", "", "", ""}, "SSL"},
      {"SASL", {"", "", "", "PLAIN"}, "SASL_PLAINTEXT"},
      {"both", {"c,k", "", "", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"}, "SASL_SSL"},
      {"client certificates", {"c,k", "ca", "", ""}, "SSL"},
      {"one file", {"c", "", "", ""}, nullptr},
      {"no key", {"c,", "", "", ""}, nullptr},
      {"a client authority without TLS", {"", "ca", "", ""}, nullptr},
      {"client certificates of nobody", {"c,k", "", "required", ""}, nullptr},
      {"an unknown mechanism", {"", "", "", "GSSAPI"}, nullptr},
      {"an empty mechanism", {"", "", "", "PLAIN,"}, nullptr},
  };
  for (const auto& row : rows) {
    const auto settings = row.options.settings();
    ASSERT_EQ(settings.has_value(), row.protocol != nullptr) << row.name;
    if (settings) {
      EXPECT_EQ(settings->protocol(), row.protocol) << row.name;
    } else {
      EXPECT_EQ(settings.error().kind, ErrorKind::kUsage) << row.name;
    }
  }
}

TEST(BrokerSecurity, AnAuthorityMeansThatCertificatesAreRequiredUnlessSaidOtherwise) {
  using kafka::broker::ClientCertificates;
  const auto asked = [](const char* auth, const char* ca) {
    return BrokerSecurityOptions{"c,k", ca, auth, ""}.settings()->tls->client_certificates;
  };
  EXPECT_EQ(asked("", ""), ClientCertificates::kNone);
  EXPECT_EQ(asked("", "ca"), ClientCertificates::kRequired);
  EXPECT_EQ(asked("requested", "ca"), ClientCertificates::kRequested);
  EXPECT_EQ(asked("none", "ca"), ClientCertificates::kNone);
}

}  // namespace
}  // namespace antiphon::cli
