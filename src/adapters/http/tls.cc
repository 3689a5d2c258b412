#include "adapters/http/tls.h"

#include <fmt/format.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "adapters/http/session.h"

namespace antiphon::http {
namespace {

// Not Beast's ssl_stream: in 1.81, given a header and a body of more than 16 KiB, it sends the header and calls that
// the whole.
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

struct TlsLinks {
  template <class Done>
  static void handshake(TlsStream& stream, Done done) {
    stream.async_handshake(asio::ssl::stream_base::server, std::move(done));
  }
  // No close_notify is waited for: the answer says its length, and a client that is still sending would never send one.
  template <class Done>
  static void shut_down(TlsStream&, Done done) {
    done();
  }
};

class TlsTransport final : public Transport {
 public:
  TlsTransport() : context_(asio::ssl::context::tls_server) {}

  Result<> load(const std::string& certificate_file, const std::string& key_file) {
    ErrorCode error;
    using options = asio::ssl::context;
    context_.set_options(options::default_workarounds | options::no_sslv2 | options::no_sslv3 | options::no_tlsv1 |
                             options::no_tlsv1_1 | options::single_dh_use,
                         error);
    context_.use_certificate_chain_file(certificate_file, error);
    if (error) return config_error("certificate", certificate_file, error);
    context_.use_private_key_file(key_file, options::pem, error);
    if (error) return config_error("key", key_file, error);
    if (SSL_CTX_check_private_key(context_.native_handle()) != 1) {
      return make_error(ErrorKind::kConfig, fmt::format("the key in {} does not belong to the certificate in {}",
                                                        key_file, certificate_file));
    }
    return {};
  }
  void start_session(Accepted accepted, std::shared_ptr<Core> core) override {
    std::make_shared<Session<TlsStream, TlsLinks>>(std::move(accepted), std::move(core), context_)->run();
  }
  [[nodiscard]] std::string refusal() const override { return {}; }

 private:
  static Error config_error(std::string_view what, const std::string& file, const ErrorCode& error) {
    return make_error(ErrorKind::kConfig, fmt::format("TLS {} in {} cannot be used: {}", what, file, error.message()));
  }
  asio::ssl::context context_;
};

}  // namespace

Result<std::shared_ptr<Transport>> make_tls_transport(const std::string& certificate_file,
                                                      const std::string& key_file) {
  auto transport = std::make_shared<TlsTransport>();
  ANTIPHON_TRY_VOID(transport->load(certificate_file, key_file));
  return std::shared_ptr<Transport>(std::move(transport));
}

}  // namespace antiphon::http
