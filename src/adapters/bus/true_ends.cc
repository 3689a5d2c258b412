#include "adapters/bus/true_ends.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/bus/admin.h"
#include "adapters/bus/rdkafka.h"

namespace antiphon::bus {
namespace {

constexpr std::chrono::milliseconds kWhoTimeMax{2'000};
constexpr std::chrono::milliseconds kAnswerTimeMax{1'000};  // after the second that a client has to connect

// A client for each broker and topic, which hears of the topic from that broker first: it is connected to no other yet,
// and the answer is about all partitions. What it hears later can only be of a newer epoch.
class Asking {
 public:
  explicit Asking(const Connection& connection) : connection_(connection) {}

  // Nothing where no answer comes; then none is awaited of that broker again.
  std::optional<Offset> end_by(const std::string& broker, const TopicPartition& partition) {
    if (silent_.contains(broker)) return std::nullopt;
    Connection only = connection_;
    only.bootstrap = broker;
    rd::Asker& asker = askers_.try_emplace({broker, partition.topic}, std::move(only)).first->second;
    const auto handle = asker.handle();
    const auto end = handle ? rd::query_offset(*handle, partition, RD_KAFKA_OFFSET_END, kAnswerTimeMax)
                            : Result<std::optional<Offset>>(handle.error());
    if (end && *end) return *end;
    silent_.insert(broker);
    return std::nullopt;
  }

 private:
  const Connection& connection_;
  std::map<std::pair<std::string, std::string>, rd::Asker> askers_;
  std::set<std::string> silent_;
};

// Those in sync first: who is not may be dead. All replicas but one are enough.
Witnesses witnesses_of(const PartitionDescription& partition, const std::map<std::int32_t, std::string>& brokers) {
  std::vector<std::int32_t> ids = partition.replicas;
  std::stable_partition(ids.begin(), ids.end(), [&](std::int32_t id) {
    return std::find(partition.in_sync.begin(), partition.in_sync.end(), id) != partition.in_sync.end();
  });
  Witnesses witnesses{{}, std::max<std::size_t>(ids.size(), 2) - 1};
  for (const std::int32_t id : ids) {
    if (const auto known = brokers.find(id); known != brokers.end()) witnesses.brokers.push_back(known->second);
  }
  return witnesses;
}

}  // namespace

Result<Ends> largest_ends(const Connection& connection, const std::map<TopicPartition, Witnesses>& witnesses,
                          const std::function<bool()>& cancelled) {
  Asking asking(connection);
  Ends ends;
  for (const auto& [partition, of] : witnesses) {
    std::size_t told = 0;
    for (const std::string& broker : of.brokers) {
      if (told >= of.enough) break;
      if (cancelled()) return make_error(ErrorKind::kCancelled, "the ends are not needed any more");
      const auto end = asking.end_by(broker, partition);
      if (!end) continue;
      ++told;
      auto& largest = ends.try_emplace(partition, *end).first->second;
      largest = std::max(largest, *end);
    }
    if (told < of.enough) {
      return make_error(ErrorKind::kUnavailable,
                        fmt::format("where {} partition {} ends is told by {} brokers, not {}", partition.topic,
                                    partition.partition.value(), told, of.enough));
    }
  }
  return ends;
}

Result<Ends> true_ends(const Connection& connection, const std::set<TopicPartition>& partitions,
                       const std::function<bool()>& cancelled) {
  ANTIPHON_TRY(admin, Admin::create(connection));
  ANTIPHON_TRY(cluster, admin->cluster(kWhoTimeMax));
  ANTIPHON_TRY(topics, admin->topics(kWhoTimeMax));
  std::map<TopicPartition, Witnesses> witnesses;
  for (const TopicPartition& partition : partitions) {
    const auto topic =
        std::find_if(topics.begin(), topics.end(), [&](const auto& each) { return each.name == partition.topic; });
    const auto index = static_cast<std::size_t>(partition.partition.value());
    if (topic == topics.end() || index >= topic->holders.size())
      return make_error(ErrorKind::kUnavailable, fmt::format("a broker does not know {}", partition.topic));
    witnesses.emplace(partition, witnesses_of(topic->holders[index], cluster.brokers));
  }
  return largest_ends(connection, witnesses, cancelled);
}

}  // namespace antiphon::bus
