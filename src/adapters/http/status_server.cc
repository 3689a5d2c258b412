#include "adapters/http/status_server.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <nlohmann/json.hpp>

namespace antiphon::http {
namespace {

bool is_up(HealthState state) { return state == HealthState::kReady || state == HealthState::kDegraded; }

Response health_answer(const Health& health) {
  const Health::Report report = health.report();
  nlohmann::ordered_json body{{"status", to_string(report.state)}, {"problems", nlohmann::ordered_json::object()}};
  for (const auto& [component, text] : report.problems) body["problems"][component] = text;
  const std::string text = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  if (is_up(report.state)) return Response::json(200, text);
  return Response::json(503, text).with("Retry-After", "1");
}

Response metrics_answer(const prometheus::Registry& registry) {
  Response response{200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, {}, nullptr};
  response.body = prometheus::TextSerializer().Serialize(registry.Collect());
  return response;
}

}  // namespace

void add_status_routes(Routes& routes, const Health& health, prometheus::Registry& registry, std::string version) {
  routes.add(Method::kGet, "/livez",
             [](const Request&, const Responder& to) { to.answer(Response::text(200, "ok\n")); });
  routes.add(Method::kGet, "/readyz", [&health](const Request&, const Responder& to) {
    const HealthState state = health.report().state;
    if (is_up(state)) {
      to.answer(Response::text(200, "ok\n"));
    } else {
      to.answer(Response::text(503, std::string(to_string(state)) + "\n").with("Retry-After", "1"));
    }
  });
  routes.add(Method::kGet, "/healthz",
             [&health](const Request&, const Responder& to) { to.answer(health_answer(health)); });
  routes.add(Method::kGet, "/metrics",
             [&registry](const Request&, const Responder& to) { to.answer(metrics_answer(registry)); });
  const std::string body = nlohmann::json{{"version", version}}.dump();
  routes.add(Method::kGet, "/version",
             [body](const Request&, const Responder& to) { to.answer(Response::json(200, body)); });
}

Result<std::unique_ptr<Server>> start_status_server(const HostPort& listen, const Health& health,
                                                    prometheus::Registry& registry, std::string version) {
  Routes routes;
  add_status_routes(routes, health, registry, std::move(version));
  ServerSettings settings;
  settings.host = listen.host;
  settings.port = listen.port;
  return Server::start(std::move(settings), std::move(routes), nullptr);
}

}  // namespace antiphon::http
