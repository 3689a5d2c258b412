// Where partitions end, so that no leader which is cut off from the others can tell less.
//
// Such a leader goes on answering whom it can reach: itself as the leader, the end as it was. Nothing in the protocol
// proves to a reader that a leader is one. librdkafka keeps, within one client's life, the newest leader epoch that it
// was told (KIP-320) and sends it along, so an old leader refuses a client that knows better; a new client knows what
// one broker has told it. So several are asked, each by a client that knows none but that one:
//
//   a record is acknowledged (min.insync.replicas=2) --> its leader and one replica more know that leader
//   --> of any set of replicas with one missing at most, one names that leader, or a later one
//   --> the largest of the ends told is not below that record
//
// A cut leader tells too little, never too much: it can acknowledge nothing more.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/bus/consumer.h"
#include "core/result.h"

namespace antiphon::bus {

using Ends = std::map<TopicPartition, Offset>;

// All acknowledged before the call lies below these. kUnavailable: too few brokers have answered; kCancelled.
Result<Ends> true_ends(const Connection& connection, const std::set<TopicPartition>& partitions,
                       const std::function<bool()>& cancelled);

struct Witnesses {
  std::vector<std::string> brokers;  // HOST:PORT, in the order in which they are asked
  std::size_t enough = 1;            // so many must answer
};
// The largest of the ends that they tell.
Result<Ends> largest_ends(const Connection& connection, const std::map<TopicPartition, Witnesses>& witnesses,
                          const std::function<bool()>& cancelled);

}  // namespace antiphon::bus
