// Which partitions of prompts are this studio's, and what is done when that changes.
//
//   gained by the group --> owned --> loaded --> open, followed by the feed
//   given up: shut --> takes on their way are answered --> what changed is written --> disowned
//   elsewhere: copied as it is written, where partitions are kept warm
//
// The group's thread tells; serve() loads, on its caller's thread, however long that takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "adapters/bus/shares.h"
#include "core/health.h"
#include "core/stop.h"
#include "stages/studio/desk.h"

namespace antiphon::studio {

constexpr std::chrono::milliseconds kGapsEvery{1'000};         // how late a gap is read back
constexpr std::chrono::milliseconds kLookBehindEvery{30'000};  // takes of others behind all of ours are seen so late
constexpr std::chrono::milliseconds kWarmEvery{2'000};         // so old copies of others' partitions may be
constexpr std::chrono::milliseconds kWarmStep{1'000};          // then the other duties have their turn
// Of giving up, whose end the others wait for: for a load that is under way, and then for takes on their way. What
// changed is written after that, as long as StateLog takes.
constexpr std::chrono::milliseconds kHandOverMax{2'000};

class Ownership final : public bus::ShareEvents {
 public:
  // Everything given must outlive it.
  Ownership(Desk& desk, Health& health) : desk_(desk), health_(health) {}

  using Cancelled = std::function<bool()>;
  // What it works with: Loader's, Writer's and PromptFeed's functions of these names, and the end of a partition of
  // recordings.
  struct Parts {
    std::function<Result<std::map<PartitionId, Offset>>(const std::map<PartitionId, std::string>& notes,
                                                        const Cancelled& cancelled)>
        load;
    // Nothing: no partition is kept warm.
    std::function<Result<bool>(const std::set<PartitionId>& partitions, const Cancelled& cancelled)> keep_warm;
    std::function<Result<>(PartitionId partition, Gap gap, const Cancelled& cancelled)> read_back;
    std::function<Result<>()> flush;
    std::function<void(const std::map<PartitionId, Offset>& from)> follow;
    std::function<void(const std::set<PartitionId>& partitions)> leave;
    std::function<Result<std::map<PartitionId, Offset>>(const std::set<PartitionId>& partitions)> recordings_ends;
  };
  // Loads what is gained until asked to stop, or until `look_around` returns an error; it is called every second, or as
  // soon as a load, a copying (kWarmStep, or the question that it waits for) or a reading back has ended. Ready
  // (health) whenever the group has divided and everything gained is open. The parts must live until the shares have
  // left the group.
  Result<> serve(const Parts& parts, const StopToken& stop, const std::function<Result<>()>& look_around);

  void on_gained(const std::map<PartitionId, std::string>& partitions) override;
  std::set<PartitionId> on_given_up(const std::set<PartitionId>& partitions) override;

 private:
  void load(const StopToken& stop);
  bool keep_warm(const StopToken& stop);  // whether all copies are as new as they can be
  void read_gaps(const StopToken& stop);
  void look_behind(const StopToken& stop);
  void end_load(const Result<std::map<PartitionId, Offset>>& loaded);
  void open(const std::map<PartitionId, Offset>& prompts_next);
  void say_once(const std::string& trouble);
  std::set<PartitionId> shut(const std::set<PartitionId>& partitions);
  bool write_what_changed(const std::set<PartitionId>& partitions);
  void tell_health();

  Desk& desk_;
  Health& health_;
  std::optional<Parts> parts_;  // set before the first partition is loaded
  std::mutex mutex_;
  std::condition_variable changed_;
  bool divided_ = false;                       // the group has, once at least
  std::map<PartitionId, std::string> gained_;  // with the note found; not loaded
  std::map<PartitionId, std::string> loading_;
  std::set<PartitionId> unwanted_;  // of loading_: given up meanwhile
  std::string trouble_;             // with copies, as it was said last; of serve()'s thread
};

}  // namespace antiphon::studio
