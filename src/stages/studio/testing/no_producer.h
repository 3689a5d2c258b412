// For a desk that sends nothing.
#pragma once

#include "adapters/bus/producer.h"

namespace antiphon::studio::testing {

class NoProducer final : public bus::Producer {
 public:
  Result<> send(OutgoingRecord, bus::DeliveryCallback) override { return {}; }
  Result<bus::Delivered> send_and_wait(OutgoingRecord, std::chrono::milliseconds) override {
    return make_error(ErrorKind::kInternal, "not used");
  }
  bool flush(std::chrono::milliseconds) override { return true; }
  [[nodiscard]] bool fatal() const override { return false; }
  [[nodiscard]] std::size_t in_flight() const override { return 0; }
};

}  // namespace antiphon::studio::testing
