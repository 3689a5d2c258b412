#include "adapters/http/session.h"

namespace antiphon::http {
namespace {

struct PlainLinks {
  template <class Done>
  static void handshake(beast::tcp_stream&, Done done) {
    done(ErrorCode{});
  }
  template <class Done>
  static void shut_down(beast::tcp_stream& stream, Done done) {
    ErrorCode ignored;  // the other side may be gone
    stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    done();
  }
};

class PlainTransport final : public Transport {
 public:
  void start_session(Accepted accepted, std::shared_ptr<Core> core) override {
    std::make_shared<Session<beast::tcp_stream, PlainLinks>>(std::move(accepted), std::move(core))->run();
  }
  [[nodiscard]] std::string refusal() const override {
    return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  }
};

}  // namespace

std::shared_ptr<Transport> make_plain_transport() { return std::make_shared<PlainTransport>(); }

}  // namespace antiphon::http
