// What the server, a connection and an answer know of one another. Inside this folder only (Asio).
//
// Lifetime: a Session holds the Core, an unanswered Responder holds its Session. deliver() hands an answer over to the
// session's thread, or drops it once the server has stopped: after that nothing runs and nothing is queued, so nothing
// keeps itself alive.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "adapters/http/gate.h"
#include "adapters/http/routes.h"
#include "adapters/http/server_metrics.h"
#include "core/clock.h"

namespace antiphon::http {

class SessionBase : public std::enable_shared_from_this<SessionBase> {
 public:
  virtual ~SessionBase() = default;
  // From any thread; each takes effect on the session's own.
  virtual void answer(Response response) = 0;
  virtual void close_when_idle() = 0;
  virtual void abort() = 0;
};

struct Core {
  explicit Core(ServerSettings s, Routes r)
      : settings(std::move(s)),
        routes(std::move(r)),
        gate(settings.limits),
        metrics(settings.metrics),
        io(settings.io_threads) {}

  void enter(SessionBase* session);
  void leave(SessionBase* session);
  // For every session that lives; it cannot go meanwhile.
  void for_each_session(const std::function<void(SessionBase&)>& action);
  // Runs `post` unless the server has stopped.
  bool deliver(const std::function<void()>& post);
  void set_stopped();

  const ServerSettings settings;
  const Routes routes;
  Gate gate;
  ServerMetrics metrics;
  SystemClock clock;
  std::atomic<bool> draining{false};
  boost::asio::io_context io;

 private:
  std::mutex mutex_;
  std::unordered_set<SessionBase*> sessions_;
  std::mutex deliver_mutex_;
  bool stopped_ = false;
};

// A connection that was let in: already counted by the gate.
struct Accepted {
  boost::asio::ip::tcp::socket socket;
  std::string address;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void start_session(Accepted accepted, std::shared_ptr<Core> core) = 0;
  // What a connection above a limit may be told before it is closed; empty: nothing.
  [[nodiscard]] virtual std::string refusal() const = 0;
};
std::shared_ptr<Transport> make_plain_transport();

class Responder::Sink {
 public:
  explicit Sink(std::shared_ptr<SessionBase> session) : session_(std::move(session)) {}
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  bool answer(Response response);
  [[nodiscard]] bool answered() const { return answered_; }

 private:
  std::atomic<bool> answered_{false};
  std::shared_ptr<SessionBase> session_;  // until answered
};

}  // namespace antiphon::http
