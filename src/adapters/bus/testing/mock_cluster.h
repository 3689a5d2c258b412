// The client library's own cluster, in this process, which answers what it is told to and goes down on demand.
#pragma once

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

 private:
  rd::Handle handle_;  // the cluster lives in a client
  std::unique_ptr<rd_kafka_mock_cluster_t, rd::Deleter<rd_kafka_mock_cluster_destroy>> cluster_;
};

}  // namespace antiphon::bus
