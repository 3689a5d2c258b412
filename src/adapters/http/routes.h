// Which handler answers what. Built once, before the server starts; read by every connection.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "adapters/http/message.h"

namespace antiphon::http {

// The answer to one request: given exactly once, now or later, from any thread. Copies are one and the same answer.
// When the last copy goes without one, the client is told 500: a request is never left hanging.
class Responder {
 public:
  class Sink;  // the connection behind it
  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}

  // True for the first call; a later one changes nothing: who races a timeout just calls it.
  bool answer(Response response) const;
  [[nodiscard]] bool answered() const;

 private:
  std::shared_ptr<Sink> sink_;
};

// Runs on a thread that serves other connections too: it must not block. An exception that leaves it is answered with
// 500.
using Handler = std::function<void(Request request, Responder responder)>;

struct RouteSettings {
  std::size_t body_bytes_max = 0;  // above it: 413, before the body is read where its length is told
};

class Routes {
 public:
  // `pattern`: "/api/v1/recordings/{id}": a {name} stands for one segment. HEAD is served by GET's handler without the
  // body. The pattern is the route's name in metrics. Two routes for one request: the one added first.
  void add(Method method, std::string pattern, Handler handler, RouteSettings settings = {});
  // GET and HEAD of every other path (the page's files); its name in metrics is "files".
  void set_fallback(Handler handler);

  struct Match {
    std::size_t route = 0;  // index; name_of(), handler_of()
    std::vector<std::string> captures;
  };
  struct Mismatch {
    int status = 404;   // or 405
    std::string allow;  // for 405
  };
  [[nodiscard]] std::variant<Match, Mismatch> find(Method method, const Target& target) const;
  [[nodiscard]] const std::string& name_of(std::size_t route) const { return routes_[route].pattern; }
  [[nodiscard]] const Handler& handler_of(std::size_t route) const { return routes_[route].handler; }
  [[nodiscard]] const RouteSettings& settings_of(std::size_t route) const { return routes_[route].settings; }
  [[nodiscard]] std::size_t size() const { return routes_.size(); }

 private:
  struct Route {
    Method method = Method::kGet;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
    RouteSettings settings;
    bool fallback = false;
  };
  std::vector<Route> routes_;
};

}  // namespace antiphon::http
