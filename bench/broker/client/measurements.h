// The measurements of one client, each a function from its arguments to figures. All use partition 0 of one topic, but
// for steady().
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace antiphon::bench {

// `count` messages of `size` bytes as fast as they go: {"seconds", "messages", "bytes"}, from the first send to the
// last acknowledgement, behind one message that made the topic known.
nlohmann::json produce(const std::string& bootstrap, const std::string& topic, int count, int size, const char* acks);

// `count` messages from the beginning: the same figures, from the first message on.
nlohmann::json consume(const std::string& bootstrap, const std::string& topic, int count);

// One process sends and receives, `rate` a second: {"n", "p50", "p99", "max"} in ms, without the first tenth.
nlohmann::json end_to_end(const std::string& bootstrap, const std::string& topic, int rate, int size, int count,
                          const char* acks);

// `clients` producers, each with one message in flight, for `seconds`: {"requests", "seconds", "p50", "p99", "max"}.
nlohmann::json in_flight(const std::string& bootstrap, const std::string& topic, int clients, double seconds, int size,
                         const char* acks);

struct SteadyPlan {
  std::string bootstrap;
  std::string topic;
  int partitions = 1;  // in turns
  int rate = 1;        // records a second
  int size = 0;        // bytes of a value
  int count = 0;       // 0: until standard input ends
  std::string acks;
  bool idempotent = false;
  std::string journal;  // a file that gets the number of each acknowledged record, a line each, at once; empty: none
};
// Sends records whose keys are their numbers, from 0, at a fixed rate, whether or not the brokers keep up, and waits
// for the outcome of each: {"n", "p50", "p99", "max"} in ms from send to acknowledgement, {"sent", "acked", "refused"},
// and "first_refusal" where there is one. Under acks=0 librdkafka calls a record acknowledged when the kernel has taken
// it.
nlohmann::json steady(const SteadyPlan& plan);

// Makes a topic: {}.
nlohmann::json create_topic(const std::string& bootstrap, const std::string& topic, int partitions, int replicas,
                            const char* min_in_sync);

// Knocks until the port opens, then sends one message: {"acked_ns"} of CLOCK_MONOTONIC.
nlohmann::json first_ack(const std::string& host, int port, const std::string& topic);

// A crowd that stays until standard input ends: a topic of `count` partitions with a record in each, and `count`
// connections, each the member of a group of its own that has committed an offset and waits for more. No librdkafka:
// its handles would take the machine's memory. {"connections", "seconds"} is printed when all stand.
void crowd(const std::string& host, int port, int count);

}  // namespace antiphon::bench
