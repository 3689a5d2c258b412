#include "sim/broker/life.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sha256.h"
#include "sim/broker/admin.h"
#include "sim/broker/last_look.h"
#include "sim/broker/member.h"
#include "sim/broker/offset_reader.h"
#include "sim/broker/producer.h"
#include "sim/broker/reader.h"
#include "sim/broker/transactor.h"
#include "sim/broker/transformer.h"
#include "sim/broker/world.h"
#include "sim/history/event_json.h"

namespace antiphon::sim {
namespace {

using antiphon::testing::Fault;
using antiphon::testing::FileOperation;
using std::chrono::milliseconds;

constexpr std::uint64_t kMinute = 60'000;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr const char* kKindNames[] = {"EIO", "ENOSPC", "lost pages"};
constexpr std::size_t kGroups = 2;
constexpr std::size_t kTransactionalIds = 2;
constexpr std::uint64_t kEndRoundsMax = 400;

class Life {
 public:
  explicit Life(std::uint64_t seed) : world_(seed) {}

  LifeResult run(std::uint64_t steps_max) {
    const std::uint64_t steps = std::min<std::uint64_t>(steps_max, 150 + world_.below(650));
    must_start();
    make_clients();
    for (; counts_.steps < steps && world_.problems.empty(); ++counts_.steps) step();
    if (world_.problems.empty()) end();
    LifeResult result;
    result.history = std::move(world_.history);
    result.problems = std::move(world_.problems);
    result.counts = counts_;
    if (result.problems.empty()) result.verdict = judge(result.history);
    Sha256 hash;
    for (const Event& event : result.history) hash.update(as_bytes(to_json_line(event)));
    for (const std::string& problem : result.problems) hash.update(as_bytes(problem));
    result.hash = to_hex(hash.finish());
    return result;
  }

 private:
  void make_clients() {
    admin_ = &world_.add<Admin>("admin");
    for (int i = 0; i < 2; ++i) {
      admin_->create_topic();
      world_.carry_all();
    }
    // acks, idempotent, batches under way, bytes of a record (four of them fit the smallest segment)
    const std::vector<ProducerSettings> kinds{{-1, true, 5, 300, {}},  {-1, true, 1, 700, {}}, {1, true, 3, 300, {}},
                                              {-1, false, 3, 300, {}}, {1, false, 3, 300, {}}, {0, false, 2, 300, {}}};
    const std::uint64_t producers = 2 + world_.below(3);
    for (std::uint64_t i = 0; i < producers; ++i) {
      world_.add<Producer>(fmt::format("p{}", i), i == 0 ? kinds[0] : kinds[world_.below(kinds.size())]);
    }
    for (std::size_t group = 0; group < kGroups; ++group) {
      const std::uint64_t members = 1 + world_.below(3);
      for (std::uint64_t i = 0; i < members; ++i)
        world_.add<Member>(fmt::format("g{}-m{}", group, i), fmt::format("g{}", group));
    }
    world_.add<Reader>("reader", Isolation::kReadUncommitted);
    make_transactional_clients();
    make_pipeline();
  }

  // Two places in its group; of a static one two processes.
  void make_pipeline() {
    pipeline_ = {"pipe", "in", "out", {}};
    admin_->create_for_pipeline(pipeline_.input, 2);
    world_.carry_all();
    admin_->create_for_pipeline(pipeline_.output, 1);
    world_.carry_all();
    Event event;
    event.what = What::kTransforms;
    event.group = pipeline_.group;
    event.topic = pipeline_.input;
    world_.note(std::move(event));
    groups_.push_back(pipeline_.group);
    world_.add<Producer>("feed", ProducerSettings{-1, true, 2, 300, pipeline_.input});
    const bool is_static = world_.one_in(2);
    for (int process = 0; process < 3; ++process) {
      TransformerSettings settings;
      settings.transactional_id = fmt::format("pipe-{}", process);
      settings.timeout_ms =
          static_cast<std::int32_t>(kTransactionTimeoutMsMax / 2 + world_.below(kTransactionTimeoutMsMax / 2));
      if (is_static) settings.instance = fmt::format("place-{}", process % 2);
      settings.stands_by = is_static && process == 2;
      world_.add<Transformer>(fmt::format("pipe-{}", process), pipeline_, settings);
    }
  }

  // Two instances of the first transactional id, so that one fences the other again and again.
  void make_transactional_clients() {
    for (std::size_t id = 0; id < kTransactionalIds; ++id) {
      groups_.push_back(fmt::format("x{}", id));
      for (std::size_t instance = 0; instance < (id == 0 ? 2U : 1U); ++instance) {
        TransactorSettings settings;
        settings.transactional_id = fmt::format("tx{}", id);
        settings.group = groups_.back();
        settings.timeout_ms = static_cast<std::int32_t>(10'000 + world_.below(kTransactionTimeoutMsMax - 10'000));
        settings.stands_by = instance > 0;
        world_.add<Transactor>(fmt::format("tx{}-{}", id, instance), settings);
      }
    }
    world_.add<OffsetReader>("offsets", groups_);
    world_.add<Reader>("committed", Isolation::kReadCommitted);
    for (std::size_t group = 0; group < kGroups; ++group) groups_.push_back(fmt::format("g{}", group));
  }

  Client& any_client() { return *world_.clients()[world_.below(world_.clients().size())]; }

  void step() {
    const std::uint64_t die = world_.below(200);
    if (die < 100) {
      any_client().act();
    } else if (die < 150) {
      world_.carry();
    } else if (die < 168) {
      world_.run_syncer();
    } else if (die < 177) {
      world_.run_job();
    } else if (die < 187) {
      pass(1 + world_.below(300));
    } else if (die < 189) {
      world_.housekeeping();
    } else if (die < 192) {
      world_.drop(any_client());
      ++counts_.connections_dropped;
    } else if (die < 194) {
      if (world_.one_in(2)) break_disk();
    } else if (die < 196) {
      if (world_.one_in(3)) jump();
    } else if (die < 198) {
      if (world_.one_in(2)) mend_disk();
    } else if (world_.disk_failed || world_.one_in(3)) {
      end_process();
      restart();
    }
  }

  void pass(std::uint64_t ms) {
    world_.driver.clock.advance(milliseconds(ms));
    world_.driver.core->advance();
    world_.note_log_starts();
  }

  // All in all below a day, after which a broker may forget producers.
  void jump() {
    ++counts_.clock_jumps;
    auto& clock = world_.driver.clock;
    switch (world_.below(4)) {
      case 0:
        return pass(world_.below(kMinute));  // groups time out
      case 1:
        if (jumped_ms_ > 10 * kHour) return;
        jumped_ms_ += kHour;
        return pass(world_.below(kHour));
      case 2:
        clock.set_wall(clock.wall_now() - milliseconds(world_.below(2 * kHour)));
        return;
      default:
        if (jumped_ms_ > 10 * kHour) return;
        jumped_ms_ += kHour;
        clock.set_wall(clock.wall_now() + milliseconds(world_.below(kHour)));
        return;
    }
  }

  void break_disk() {
    ++counts_.disk_faults;
    world_.disk_failed = true;
    if (world_.one_in(3)) {
      const std::uint64_t room = world_.below(20'000);
      world_.fill_disk(room);
      return note_fault(fmt::format("disk: {} bytes are left", room));
    }
    Fault fault;
    constexpr Fault::Kind kKinds[] = {Fault::Kind::kIo, Fault::Kind::kNoSpace, Fault::Kind::kLostPages};
    fault.kind = kKinds[world_.below(3)];
    fault.after = world_.below(20);
    fault.count = 1 + world_.below(3);
    constexpr FileOperation kOperations[] = {FileOperation::kWrite, FileOperation::kSync, FileOperation::kSyncDirectory,
                                             FileOperation::kRename, FileOperation::kOpen};
    if (fault.kind == Fault::Kind::kLostPages) {
      fault.only = FileOperation::kSync;
    } else if (!world_.one_in(4)) {
      fault.only = kOperations[world_.below(5)];
    }
    constexpr const char* kPaths[] = {"", "", ".log", "journal", "checkpoint", "__consumer_offsets", "index"};
    fault.path_contains = kPaths[world_.below(7)];
    note_fault(fmt::format("disk: {} {} of {} after {}, {} times", kKindNames[static_cast<std::size_t>(fault.kind)],
                           fault.only ? fmt::format("operation {}", static_cast<int>(*fault.only)) : "anything",
                           fault.path_contains.empty() ? "any file" : fault.path_contains, fault.after, fault.count));
    world_.driver.files.inject(fault);
  }

  void note_fault(std::string reason) {
    Event event;
    event.reason = std::move(reason);
    world_.note(std::move(event));
  }

  void mend_disk() {
    if (world_.disk_failed) note_fault("disk: mended");
    world_.driver.files.clear_faults();
    world_.empty_disk();
  }

  void end_process() {
    switch (world_.below(5)) {
      case 0:
        ++counts_.orderly_stops;
        return world_.stop();
      case 1:
        ++counts_.kills;
        return world_.kill();
      default:
        ++counts_.power_cuts;
        return world_.power_cut();
    }
  }

  // A start that the disk lets fail is tried again when the disk is well; that one must succeed.
  void restart() {
    if (world_.one_in(8)) break_disk();
    if (!world_.start()) {
      if (world_.one_in(2)) {
        ++counts_.power_cuts;
        world_.power_cut();
      }
      mend_disk();
      must_start();
    }
    if (world_.one_in(2)) must_be_well();
  }

  void must_be_well() {
    mend_disk();
    world_.disk_failed = world_.driver.core->log().failure().has_value();
  }

  void must_start() {
    mend_disk();
    const auto started = world_.start();
    if (!started) world_.wrong("the broker does not start: " + started.error().message);
    world_.disk_failed = false;
  }

  void end() {
    mend_disk();
    if (world_.up()) world_.kill();
    ++counts_.kills;
    must_start();
    bool rest = false;
    for (std::uint64_t round = 0; round < kEndRoundsMax && !rest && world_.problems.empty(); ++round) {
      rest = true;
      for (const auto& client : world_.clients()) rest = client->finish() && rest;
      world_.carry_all();
      pass(600);
      world_.carry_all();
    }
    if (!rest && world_.problems.empty()) world_.wrong("a client waits for ever");
    let_transactions_time_out();
    if (world_.problems.empty()) world_.add<LastLook>("last").look_at_all(groups_);
  }

  // What nobody ends any more the broker aborts, in all of their partitions.
  void let_transactions_time_out() {
    for (int round = 0; round < 3 && world_.problems.empty(); ++round) {
      pass(kTransactionTimeoutMsMax + 1'000);
      world_.carry_all();
    }
  }

  World world_;
  Admin* admin_ = nullptr;
  Pipeline pipeline_;
  std::vector<std::string> groups_;  // for the last look
  LifeCounts counts_;
  std::uint64_t jumped_ms_ = 0;
};

}  // namespace

void LifeCounts::add(const LifeCounts& other) {
  steps += other.steps;
  power_cuts += other.power_cuts;
  kills += other.kills;
  orderly_stops += other.orderly_stops;
  disk_faults += other.disk_faults;
  clock_jumps += other.clock_jumps;
  connections_dropped += other.connections_dropped;
}

LifeResult live(std::uint64_t seed, std::uint64_t steps_max) { return Life(seed).run(steps_max); }

std::uint64_t shortest_failure(std::uint64_t seed) {
  std::uint64_t good = 0;
  std::uint64_t bad = live(seed).counts.steps;
  while (bad - good > 1) {
    const std::uint64_t middle = good + (bad - good) / 2;
    (live(seed, middle).good() ? good : bad) = middle;
  }
  return bad;
}

std::string explain(std::uint64_t seed, const LifeResult& result) {
  std::string text =
      fmt::format("seed {} fails after {} steps; again: antiphon-sim --seed {}\n", seed, result.counts.steps, seed);
  for (const std::string& problem : result.problems) text += fmt::format("  PROBLEM {}\n", problem);
  for (const Finding& finding : result.verdict.findings)
    text += fmt::format("  ANOMALY {}: {}\n", to_string(finding.anomaly), finding.what);
  return text;
}

}  // namespace antiphon::sim
