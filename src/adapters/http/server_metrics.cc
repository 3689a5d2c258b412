#include "adapters/http/server_metrics.h"

namespace antiphon::http {
namespace {

// Seconds. Fine where an upload should be (2 to 4 ms), coarse where it should not.
const prometheus::Histogram::BucketBoundaries kSeconds{0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006, 0.01, 0.025,
                                                       0.05,   0.1,   0.25,   0.5,   1,     2.5,   5,     10};

}  // namespace

ServerMetrics::ServerMetrics(prometheus::Registry* registry) {
  if (registry == nullptr) return;
  requests_ = &prometheus::BuildCounter()
                   .Name("http_requests_total")
                   .Help("Requests answered, by route and status.")
                   .Register(*registry);
  seconds_ = &prometheus::BuildHistogram()
                  .Name("http_request_duration_seconds")
                  .Help("From a request's last byte until its answer was written.")
                  .Register(*registry);
  refused_ = &prometheus::BuildCounter()
                  .Name("http_connections_refused_total")
                  .Help("Connections above a limit.")
                  .Register(*registry)
                  .Add({});
  refused_bytes_ = &prometheus::BuildCounter()
                        .Name("http_bodies_refused_total")
                        .Help("Requests whose body would have gone over bodies_bytes_max.")
                        .Register(*registry)
                        .Add({});
  connections_ =
      &prometheus::BuildGauge().Name("http_connections").Help("Open connections.").Register(*registry).Add({});
  body_bytes_ =
      &prometheus::BuildGauge().Name("http_body_bytes").Help("Bytes of bodies in hand.").Register(*registry).Add({});
}

void ServerMetrics::count_answer(const std::string& route, int status, std::chrono::nanoseconds taken) {
  if (requests_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  prometheus::Counter*& counter = by_answer_[{route, status}];
  if (counter == nullptr) counter = &requests_->Add({{"route", route}, {"code", std::to_string(status)}});
  counter->Increment();
  prometheus::Histogram*& histogram = by_route_[route];
  if (histogram == nullptr) histogram = &seconds_->Add({{"route", route}}, kSeconds);
  histogram->Observe(std::chrono::duration<double>(taken).count());
}

void ServerMetrics::count_refused_connection() {
  if (refused_ != nullptr) refused_->Increment();
}

void ServerMetrics::count_refused_bytes() {
  if (refused_bytes_ != nullptr) refused_bytes_->Increment();
}

void ServerMetrics::set_connections(std::size_t now) {
  if (connections_ != nullptr) connections_->Set(static_cast<double>(now));
}

void ServerMetrics::set_body_bytes(std::size_t now) {
  if (body_bytes_ != nullptr) body_bytes_->Set(static_cast<double>(now));
}

}  // namespace antiphon::http
