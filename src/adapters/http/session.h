// One connection, over plain TCP or TLS. Inside this folder only (Beast).
//
//   handshake --> wait for the first byte --> header --> (100 Continue) --> body --> handler --> answer --+
//                        ^                       |  refused: answer at once                               |
//                        +-----------------------+--------------------------------------------------------+--> close
//
// One request is in hand at a time; what a client sends ahead waits in the buffer, so answers go out in order.
// Everything runs on the session's strand. Every wait has a deadline of ServerLimits; when it passes, the connection is
// closed.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "adapters/http/response_head.h"
#include "adapters/http/session_base.h"
#include "core/bytes.h"
#include "core/logging.h"

namespace antiphon::http {

namespace beast = boost::beast;
namespace asio = boost::asio;
using ErrorCode = beast::error_code;

// After a refusal the client may still be sending; its answer would be lost if the connection were reset. So much is
// read and thrown away.
constexpr std::size_t kDiscardBytesMax = 8U << 20;
constexpr std::chrono::seconds kDiscardTimeMax{3};
constexpr std::size_t kReadBufferBytes = 64U
                                         << 10;  // reserved at once: a growing buffer reads bodies many times slower

// Stream: beast::tcp_stream, or something over one. `Links` says how it differs (plain_transport.cc, tls.cc):
//   static void handshake(Stream&, callback(ErrorCode));   static void shut_down(Stream&, callback());
template <class Stream, class Links>
class Session final : public SessionBase {
 public:
  template <class... StreamArguments>
  Session(Accepted accepted, std::shared_ptr<Core> core, StreamArguments&... arguments)
      : core_(std::move(core)),
        address_(std::move(accepted.address)),
        stream_(std::move(accepted.socket), arguments...) {
    buffer_.reserve(kReadBufferBytes);
    core_->enter(this);
  }
  ~Session() override {
    core_->leave(this);
    release_body();
    if (exempt_) {
      core_->gate.close_exempt_connection();
    } else {
      core_->gate.close_connection(address_);
    }
    core_->metrics.set_connections(core_->gate.connections());
  }

  void run() {
    asio::dispatch(stream_.get_executor(), [self = self()] {
      self->deadline(self->limits().header_time_max);
      Links::handshake(self->stream_, [self](ErrorCode error) {
        if (!error) self->next_request();
      });
    });
  }

  void answer(Response response) override {
    auto held = std::make_shared<Response>(std::move(response));
    core_->deliver([&] {
      asio::post(stream_.get_executor(),
                 [self = self(), held] { self->write(std::move(*held), self->request_keeps_alive_); });
    });
  }
  void close_when_idle() override {
    asio::post(stream_.get_executor(), [self = self()] {
      if (self->idle_) self->close();
    });
  }
  void abort() override {
    asio::post(stream_.get_executor(), [self = self()] { self->close(); });
  }

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;

  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }
  const ServerLimits& limits() const { return core_->settings.limits; }
  void deadline(std::chrono::milliseconds time) { beast::get_lowest_layer(stream_).expires_after(time); }
  void close() { beast::get_lowest_layer(stream_).close(); }

  void next_request() {
    release_body();
    request_keeps_alive_ = true;
    body_unread_ = false;
    route_name_ = "unknown";
    if (core_->draining) return shut_down();
    if (buffer_.size() > 0) return read_header();  // sent ahead
    idle_ = true;
    deadline(limits().idle_time_max);
    stream_.async_read_some(buffer_.prepare(kReadBufferBytes), [self = self()](ErrorCode error, std::size_t bytes) {
      self->idle_ = false;
      self->buffer_.commit(bytes);
      if (!error) self->read_header();
    });
  }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits().header_bytes_max));
    parser_->body_limit(boost::none);  // known with the route
    deadline(limits().header_time_max);
    beast::http::async_read_header(stream_, buffer_, *parser_, [self = self()](ErrorCode error, std::size_t) {
      self->received_ = self->core_->clock.mono_now();
      if (!error) return self->admit();
      if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow) {
        return self->refuse(
            problem(431, fmt::format("more than {} bytes of headers", self->limits().header_bytes_max)));
      }
      // The client went away, the deadline passed, or what came is not HTTP; only the last may be told.
      if (error.category() == make_error_code(beast::http::error::bad_method).category() &&
          error != beast::http::error::end_of_stream && error != beast::http::error::partial_message) {
        self->refuse(problem(400, "this is not HTTP/1.1"));
      }
    });
  }

  // Everything that can be refused before the body is read.
  void admit() {
    const auto& message = parser_->get();
    body_unread_ = parser_->chunked() || parser_->content_length().value_or(0) > 0;
    if (!has_pass() && !core_->gate.take_request(address_, received_))
      return refuse(problem_retry(429, "too many requests from this address", 1));
    auto target = parse_target(std::string_view(message.target().data(), message.target().size()));
    if (!target) return refuse(problem(400, target.error().message));
    const auto found = core_->routes.find(method(), *target);
    if (const auto* mismatch = std::get_if<Routes::Mismatch>(&found)) return refuse_unknown(*mismatch);
    auto match = std::get<Routes::Match>(found);
    route_ = match.route;
    route_name_ = core_->routes.name_of(route_);
    request_ = Request{method(), std::move(*target), std::move(match.captures), {}, {}, address_, {}};
    const std::size_t body_max = core_->routes.settings_of(route_).body_bytes_max;
    if (parser_->content_length().value_or(0) > body_max) return refuse_large(body_max);
    if (!body_unread_) return handle();
    const std::size_t expected =
        parser_->chunked() ? body_max : static_cast<std::size_t>(parser_->content_length().value_or(0));
    if (!core_->gate.reserve_bytes(expected)) {
      core_->metrics.count_refused_bytes();
      return refuse(problem_retry(503, "the server holds as many uploads as it can; try again", 1));
    }
    reserved_ = expected;
    core_->metrics.set_body_bytes(core_->gate.reserved_bytes());
    parser_->body_limit(body_max);
    if (beast::iequals(message[beast::http::field::expect], "100-continue")) return write_continue();
    read_body();
  }

  // Whether this request is exempt from the limits per address; its connection is from then on.
  bool has_pass() {
    const ServerSettings& settings = core_->settings;
    if (settings.pass_header.empty() || settings.pass_value.empty()) return false;
    const auto value = parser_->get()[settings.pass_header];
    if (!equal_in_constant_time({value.data(), value.size()}, settings.pass_value)) return false;
    if (!std::exchange(exempt_, true)) core_->gate.exempt_connection(address_);
    return true;
  }

  void refuse_unknown(const Routes::Mismatch& mismatch) {
    if (mismatch.status == 404) return refuse(problem(404, "there is nothing here"));
    refuse(problem(405, "this method is not served here").with("Allow", mismatch.allow));
  }
  void refuse_large(std::size_t body_max) {
    refuse(problem(413, fmt::format("the body may hold {} bytes at most", body_max)));
  }

  void write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    deadline(limits().write_time_max);
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = self()](ErrorCode error, std::size_t) {
                        if (!error) self->read_body();
                      });
  }

  void read_body() {
    deadline(limits().body_time_max);
    beast::http::async_read(stream_, buffer_, *parser_, [self = self()](ErrorCode error, std::size_t) {
      self->received_ = self->core_->clock.mono_now();
      if (!error) {
        self->body_unread_ = false;
        return self->handle();
      }
      if (error == beast::http::error::body_limit)
        return self->refuse_large(self->core_->routes.settings_of(self->route_).body_bytes_max);
      if (error == beast::http::error::bad_chunk || error == beast::http::error::bad_chunk_extension ||
          error == beast::http::error::bad_value || error == beast::http::error::bad_transfer_encoding) {
        self->refuse(problem(400, "the chunks of the body are malformed"));
      }
    });
  }

  void handle() {
    auto message = parser_->release();
    request_keeps_alive_ = message.keep_alive();
    for (const auto& field : message) {
      request_.headers.emplace_back(std::string(field.name_string().data(), field.name_string().size()),
                                    std::string(field.value().data(), field.value().size()));
    }
    request_.body = std::move(message.body());
    request_.received = received_;
    const Responder responder(std::make_shared<Responder::Sink>(shared_from_this()));
    deadline(
        std::chrono::hours{24});  // nothing is read or written while the handler works: its time limits are its own
    try {
      core_->routes.handler_of(route_)(std::move(request_), responder);
    } catch (const std::exception& thrown) {
      logging::error("a handler threw", {{"route", route_name_}, {"error", std::string_view(thrown.what())}});
      responder.answer(problem(500, "the server failed at this request"));
    }
  }

  Method method() const {
    switch (parser_->get().method()) {
      case beast::http::verb::get:
        return Method::kGet;
      case beast::http::verb::head:
        return Method::kHead;
      case beast::http::verb::put:
        return Method::kPut;
      case beast::http::verb::post:
        return Method::kPost;
      case beast::http::verb::delete_:
        return Method::kDelete;
      default:
        return Method::kOther;
    }
  }

  // An answer of the server itself. What of the request was not read makes the connection useless for another one.
  void refuse(Response response) {
    const bool header_done = parser_ && parser_->is_header_done();
    write(std::move(response), header_done && !body_unread_ && parser_->keep_alive());
  }

  void write(Response response, bool keep_alive) {
    response_ = std::move(response);
    keep_alive_ = keep_alive && !core_->draining;
    head_ = response_head(response_, {keep_alive_, core_->settings.content_security_policy, core_->clock.wall_now()});
    const std::string& body = response_.shared_body ? *response_.shared_body : response_.body;
    const bool with_body = may_have_body(response_.status) && !(parser_ && request_is_head());
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(head_),
                                                   asio::buffer(body.data(), with_body ? body.size() : 0)};
    deadline(limits().write_time_max);
    asio::async_write(stream_, pieces, [self = self()](ErrorCode error, std::size_t) { self->on_written(error); });
  }

  bool request_is_head() const { return parser_->is_header_done() && request_.method == Method::kHead; }

  void on_written(ErrorCode error) {
    core_->metrics.count_answer(route_name_, response_.status, core_->clock.mono_now() - received_);
    response_ = {};
    if (error) return;
    if (keep_alive_) return next_request();
    shut_down();
  }

  void shut_down() {
    release_body();
    deadline(kDiscardTimeMax);
    Links::shut_down(stream_, [self = self()] { self->discard(0); });
  }

  void discard(std::size_t so_far) {
    if (so_far > kDiscardBytesMax) return close();
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadBufferBytes),
                            [self = self(), so_far](ErrorCode error, std::size_t bytes) {
                              if (error) return self->close();
                              self->discard(so_far + bytes);
                            });
  }

  void release_body() {
    if (reserved_ == 0) return;
    core_->gate.release_bytes(reserved_);
    reserved_ = 0;
    core_->metrics.set_body_bytes(core_->gate.reserved_bytes());
  }

  const std::shared_ptr<Core> core_;
  const std::string address_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Request request_;
  std::size_t route_ = 0;
  std::string route_name_ = "unknown";
  Response response_;
  std::string head_;
  MonoTime received_{};
  std::size_t reserved_ = 0;
  bool request_keeps_alive_ = true;
  bool keep_alive_ = true;
  bool body_unread_ = false;
  bool idle_ = false;
  bool exempt_ = false;  // from the connections of its address
};

}  // namespace antiphon::http
