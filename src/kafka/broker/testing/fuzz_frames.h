// Any bytes as requests into a core, over a disk in memory: each is answered, waits or closes its connection.
// The input is a run of frames: length (two bytes, big-endian), then the request's bytes.
#pragma once

#include "kafka/broker/testing/core_driver.h"

namespace antiphon::kafka::broker::testing {

inline void fuzz_frames(BrokerSettings settings, ByteView rest) {
  settings.limits.topics_max = 20;
  settings.limits.partitions_a_topic_max = 8;
  settings.limits.partitions_max = 64;
  CoreDriver driver(settings);
  if (!driver.start()) __builtin_trap();
  std::uint64_t connection = 1;
  while (rest.size() > 2) {
    const std::size_t length = (std::to_integer<std::size_t>(rest[0]) << 8U) | std::to_integer<std::size_t>(rest[1]);
    const ByteView frame = rest.subspan(2, std::min(length, rest.size() - 2));
    rest = rest.subspan(2 + frame.size());
    driver.send_bytes(Bytes(frame.begin(), frame.end()), ConnectionId(connection));
    if (driver.closed.contains(ConnectionId(connection))) {
      driver.core->disconnected(ConnectionId(connection));
      ++connection;
    }
    driver.pump();
  }
  driver.advance(std::chrono::seconds(700));
  driver.core->release_waiting();
}

}  // namespace antiphon::kafka::broker::testing
