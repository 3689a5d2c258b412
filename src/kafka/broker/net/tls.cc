#include "kafka/broker/net/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <vector>

#include "core/logging.h"
#include "kafka/broker/net/tls_transport.h"

namespace antiphon::kafka::broker {
namespace {

// Forward secret and authenticated; 1.3 has no others.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
using Context = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;

Error cannot(const std::string& what, const std::string& file) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return make_error(ErrorKind::kConfig, fmt::format("{} {}: {}", what, file, reason != nullptr ? reason : "OpenSSL"));
}

Result<> load_certificate(SSL_CTX* context, const TlsSettings& settings) {
  // A key with a passphrase is an error, and no question on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1)
    return cannot("the TLS certificate cannot be used:", settings.certificate_file);
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return cannot("the TLS key cannot be used (PEM without a passphrase, of that certificate):", settings.key_file);
  if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(context))) < 0)
    logging::warn("the TLS certificate has expired; clients will refuse it", {{"file", settings.certificate_file}});
  return {};
}

Result<> load_client_authority(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.client_certificates == ClientCertificates::kNone) return {};
  const char* file = settings.client_ca_file.c_str();
  auto* names = SSL_load_client_CA_file(file);  // the context's from here on
  if (names == nullptr || SSL_CTX_load_verify_locations(context, file, nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return cannot("the authority of client certificates cannot be used:", settings.client_ca_file);
  }
  SSL_CTX_set_client_CA_list(context, names);
  const bool required = settings.client_certificates == ClientCertificates::kRequired;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return {};
}

Result<Context> make_context(const TlsSettings& settings) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return cannot("TLS does not start:", "SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers12);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  // No resumption: who comes back shows its certificate again.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ANTIPHON_TRY_VOID(load_certificate(context.get(), settings));
  ANTIPHON_TRY_VOID(load_client_authority(context.get(), settings));
  return context;
}

// What tells that a file was replaced or written to.
using Stamp = std::vector<std::int64_t>;
Stamp stamp_of(const TlsSettings& settings) {
  Stamp stamp;
  for (const auto* file : {&settings.certificate_file, &settings.key_file, &settings.client_ca_file}) {
    struct stat info {};
    if (file->empty() || ::stat(file->c_str(), &info) != 0) continue;
    stamp.insert(stamp.end(),
                 {static_cast<std::int64_t>(info.st_ino), info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec});
  }
  return stamp;
}

class OpenSslServer final : public TlsServer {
 public:
  OpenSslServer(TlsSettings settings, Stamp stamp, Context context)
      : settings_(std::move(settings)),
        loaded_(std::move(stamp)),
        refused_(loaded_),
        context_(std::move(context)),
        record_(kTlsRecordBytes) {}

  std::unique_ptr<Transport> take(Fd socket) override {
    return TlsTransport::make(*context_, std::move(socket), record_);
  }

  void reload_if_changed() override {
    Stamp now = stamp_of(settings_);
    if (now == loaded_) return;
    auto context = make_context(settings_);
    if (context) {
      context_ = std::move(*context);
      loaded_ = refused_ = std::move(now);
      logging::info("the TLS certificate was read again", {{"file", settings_.certificate_file}});
    } else if (now != refused_) {  // half of the files is new yet, perhaps
      refused_ = std::move(now);
      logging::warn("the changed TLS certificate is not taken, the old one stays",
                    {{"error", context.error().message}});
    }
  }

 private:
  const TlsSettings settings_;
  Stamp loaded_;
  Stamp refused_;  // told already
  Context context_;
  Bytes record_;
};

}  // namespace

Result<std::unique_ptr<TlsServer>> TlsServer::make(const TlsSettings& settings) {
  ANTIPHON_TRY_VOID(settings.validate());
  Stamp stamp = stamp_of(settings);
  ANTIPHON_TRY(context, make_context(settings));
  return std::unique_ptr<TlsServer>(std::make_unique<OpenSslServer>(settings, std::move(stamp), std::move(context)));
}

}  // namespace antiphon::kafka::broker
