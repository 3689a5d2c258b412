// What every process tells about itself: /healthz /livez /readyz /metrics /version.
//
//   /livez    200 as long as the process answers: never depends on Kafka or a store
//   /readyz   200 when ready (degraded is ready), 503 while starting or stopping
//   /healthz  200, or 503 while starting or stopping; {"status": "degraded", "problems": {"corpus x": "connection
//   refused"}} /metrics  Prometheus text /version  {"version": "1.2.3"}
#pragma once

#include <memory>
#include <string>

#include "adapters/http/server.h"
#include "core/health.h"

namespace antiphon::http {

// `health` and `registry` must outlive the server that gets the routes.
void add_status_routes(Routes& routes, const Health& health, prometheus::Registry& registry, std::string version);

// `--status HOST:PORT` of every subcommand: a server of its own with these routes and nothing else.
Result<std::unique_ptr<Server>> start_status_server(const HostPort& listen, const Health& health,
                                                    prometheus::Registry& registry, std::string version);

}  // namespace antiphon::http
