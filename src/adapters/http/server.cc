#include "adapters/http/server.h"

#include <fmt/format.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <thread>

#include "adapters/http/session_base.h"
#include "core/assert.h"
#include "core/logging.h"

namespace antiphon::http {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};  // after accept failed (no file descriptors left)
constexpr std::chrono::milliseconds kStopPoll{5};
constexpr int kBacklog = 512;

class ServerImpl final : public Server {
 public:
  ServerImpl(ServerSettings settings, Routes routes, std::shared_ptr<Transport> transport)
      : core_(std::make_shared<Core>(std::move(settings), std::move(routes))),
        transport_(std::move(transport)),
        acceptor_(core_->io),
        pause_(core_->io),
        work_(core_->io.get_executor()) {}
  ~ServerImpl() override { stop(std::chrono::milliseconds{0}); }

  Result<> listen();
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::size_t connections() const override { return core_->gate.connections(); }
  bool stop(std::chrono::milliseconds limit) override;

 private:
  void accept();
  void on_accept(ErrorCode error, tcp::socket socket);
  bool wait_until_empty(std::chrono::milliseconds limit) const;

  std::shared_ptr<Core> core_;
  std::shared_ptr<Transport> transport_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
  std::uint16_t port_ = 0;
};

Error listen_error(const ServerSettings& settings, std::string_view reason) {
  return make_error(ErrorKind::kConfig,
                    fmt::format("cannot listen on {}:{}: {}; end what uses it, or choose another (0 takes a free port)",
                                settings.host, settings.port, reason));
}

Result<> ServerImpl::listen() {
  ErrorCode error;
  tcp::resolver resolver(core_->io);
  const auto& settings = core_->settings;
  const auto found = resolver.resolve(settings.host, std::to_string(settings.port), tcp::resolver::passive, error);
  if (error || found.empty()) return listen_error(settings, error.message());
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (error) return listen_error(settings, error.message());
  port_ = acceptor_.local_endpoint(error).port();
  accept();
  for (int i = 0; i < settings.io_threads; ++i) threads_.emplace_back([this] { core_->io.run(); });
  return {};
}

void ServerImpl::accept() {
  acceptor_.async_accept(asio::make_strand(core_->io), [this](ErrorCode error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    on_accept(error, std::move(socket));
  });
}

void ServerImpl::on_accept(ErrorCode error, tcp::socket socket) {
  if (error) {
    logging::warn("a connection could not be accepted", {{"error", error.message()}});
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](ErrorCode cancelled) {
      if (!cancelled) accept();
    });
    return;
  }
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (!error) {
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::string address = peer.address().to_string();
    if (core_->gate.open_connection(address)) {
      core_->metrics.set_connections(core_->gate.connections());
      transport_->start_session({std::move(socket), std::move(address)}, core_);
    } else {
      core_->metrics.count_refused_connection();
      socket.non_blocking(true, ignored);  // an empty send buffer takes the line at once, or it is not told
      socket.write_some(asio::buffer(transport_->refusal()), ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
  }
  accept();
}

bool ServerImpl::wait_until_empty(std::chrono::milliseconds limit) const {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (core_->gate.connections() > 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kStopPoll);
  }
  return true;
}

bool ServerImpl::stop(std::chrono::milliseconds limit) {
  if (threads_.empty()) return true;
  core_->draining = true;
  asio::post(core_->io, [this] {
    ErrorCode ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  });
  core_->for_each_session([](SessionBase& session) { session.close_when_idle(); });
  const bool clean = wait_until_empty(limit);
  core_->for_each_session([](SessionBase& session) { session.abort(); });
  work_.reset();
  // Sessions that wait for their handler's answer have nothing pending: run() returns although they live on in their
  // Responder.
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  core_->set_stopped();
  core_->io.restart();
  core_->io.poll();  // what was delivered between the last run and set_stopped()
  return clean;
}

}  // namespace

Result<> ServerSettings::validate() const {
  if (io_threads < 1 || io_threads > 2)
    return make_error(ErrorKind::kUsage, fmt::format("io_threads is 1 or 2, not {}", io_threads));
  if (limits.header_bytes_max < 1024 || limits.header_bytes_max > (1U << 20)) {
    return make_error(ErrorKind::kUsage,
                      fmt::format("header_bytes_max is 1024 to 1048576, not {}", limits.header_bytes_max));
  }
  if (limits.connections_max == 0 || limits.connections_per_address_max == 0 ||
      limits.requests_per_second_and_address == 0 || limits.addresses_max == 0) {
    return make_error(ErrorKind::kUsage, "a limit of the HTTP server is 0: nobody could come in");
  }
  return {};
}

Result<std::unique_ptr<Server>> Server::start(ServerSettings settings, Routes routes,
                                              std::shared_ptr<Transport> transport) {
  ANTIPHON_TRY_VOID(settings.validate());
  if (!transport) transport = make_plain_transport();
  auto server = std::make_unique<ServerImpl>(std::move(settings), std::move(routes), std::move(transport));
  ANTIPHON_TRY_VOID(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace antiphon::http
