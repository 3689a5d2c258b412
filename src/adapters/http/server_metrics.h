// What a server counts of itself, under Prometheus' usual names. Without a registry it counts nothing.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace antiphon::http {

class ServerMetrics {
 public:
  explicit ServerMetrics(prometheus::Registry* registry);

  // `route`: its pattern, or "unknown". `taken`: from the request's last byte until its answer was given to the kernel.
  void count_answer(const std::string& route, int status, std::chrono::nanoseconds taken);
  void count_refused_connection();
  void count_refused_bytes();
  void set_connections(std::size_t now);
  void set_body_bytes(std::size_t now);

 private:
  prometheus::Family<prometheus::Counter>* requests_ = nullptr;
  prometheus::Family<prometheus::Histogram>* seconds_ = nullptr;
  prometheus::Counter* refused_ = nullptr;
  prometheus::Counter* refused_bytes_ = nullptr;
  prometheus::Gauge* connections_ = nullptr;
  prometheus::Gauge* body_bytes_ = nullptr;

  std::mutex mutex_;
  std::map<std::pair<std::string, int>, prometheus::Counter*> by_answer_;
  std::map<std::string, prometheus::Histogram*> by_route_;
};

}  // namespace antiphon::http
