// The client library's own cluster, in this process, which answers what it is told to and goes down on demand.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "adapters/bus/connection.h"
#include "adapters/bus/rdkafka.h"
// Wants rdkafka.h before it.
#include <librdkafka/rdkafka_mock.h>

namespace antiphon::bus {

class MockCluster {
 public:
  explicit MockCluster(int brokers = 1)
      : handle_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(handle_.get(), brokers)) {}
  [[nodiscard]] rd_kafka_mock_cluster_t* get() const { return cluster_.get(); }
  [[nodiscard]] Connection connection() const {
    return {rd_kafka_mock_cluster_bootstraps(cluster_.get()), "test.0", {}};
  }
  // The next so many requests of that kind.
  void answer(std::int16_t api_key, std::size_t times, rd_kafka_resp_err_t error) {
    const std::vector<rd_kafka_resp_err_t> errors(times, error);
    rd_kafka_mock_push_request_errors_array(cluster_.get(), api_key, times, errors.data());
  }

  // The next request of that kind, so long after it came; what it says is true of the time when it came.
  void answer_late(std::int32_t broker, std::int16_t api_key, std::chrono::milliseconds late) {
    rd_kafka_mock_broker_push_request_error_rtts(cluster_.get(), broker, api_key, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                                 rd::milliseconds(late));
  }
  void answer_again(std::int16_t api_key) { rd_kafka_mock_clear_request_errors(cluster_.get(), api_key); }
  void watch_requests() { rd_kafka_mock_start_request_tracking(cluster_.get()); }
  // Of that kind, since they are watched.
  [[nodiscard]] std::size_t requests(std::int16_t api_key) const {
    std::size_t all = 0;
    rd_kafka_mock_request_t** seen = rd_kafka_mock_get_requests(cluster_.get(), &all);
    const auto count =
        std::count_if(seen, seen + all, [&](auto* one) { return rd_kafka_mock_request_api_key(one) == api_key; });
    rd_kafka_mock_request_destroy_array(seen, all);
    return static_cast<std::size_t>(count);
  }

 private:
  rd::Handle handle_;  // the cluster lives in a client
  std::unique_ptr<rd_kafka_mock_cluster_t, rd::Deleter<rd_kafka_mock_cluster_destroy>> cluster_;
};

}  // namespace antiphon::bus
