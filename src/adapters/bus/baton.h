// The baton: the only partition of a topic in a consumer group, see shares.h. Who holds it works; the others of the
// group stand by. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/bus/shares.h"

namespace antiphon::bus {

struct BatonSettings {
  std::string group_id;
  std::string topic;
  std::string instance_id;  // empty: a dynamic member
  std::chrono::milliseconds session_timeout{6'000};
};

class Baton final : private ShareEvents {
 public:
  // `changed` is called on the baton's own thread whenever held() may answer otherwise.
  static Result<std::unique_ptr<Baton>> join(const Connection& connection, const BatonSettings& settings,
                                             const Clock& clock, std::function<void()> changed);

  // Ours, and known to be so.
  [[nodiscard]] bool held() const;
  // Rises whenever the baton is lost: who holds it in one hold does not hold it in the next.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  // The group's failure that only a new start, or a person, mends: kLimit when another process has our instance id.
  [[nodiscard]] std::optional<Error> failure() const { return shares_->failure(); }

 private:
  explicit Baton(std::function<void()> changed) : changed_(std::move(changed)) {}
  void on_gained(const std::map<PartitionId, std::string>&) override {}
  std::set<PartitionId> on_given_up(const std::set<PartitionId>& partitions) override {
    ++losses_;
    return partitions;
  }
  void on_changed() override { changed_(); }

  std::function<void()> changed_;
  std::atomic<std::uint64_t> losses_ = 0;
  std::unique_ptr<Shares> shares_;
};

}  // namespace antiphon::bus
