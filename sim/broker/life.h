// One simulated life from one seed: clients at work, a disk that fails, a clock that jumps, a process that dies and
// comes back, and in the end the whole log read, in both isolation levels, and the history judged.
//
//     producers      acks 0, 1 and all, with and without idempotence
//     transactors    commit, abort, time out and crash in transactions of several partitions, with the offsets of what
//                    they consumed; two instances of one transactional id fence each other, and zombies go on
//     groups         members that join, read, commit and leave
//     a pipeline     a group that consumes, transforms and produces exactly once, in which members stall and others
//     take
//                    their partitions over (KIP-447), dynamic members or static ones
//     readers        of everything and of what is committed; of committed offsets
//     an admin       topics made and deleted, records deleted
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/history/checker.h"

namespace antiphon::sim {

struct LifeCounts {
  std::uint64_t steps = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t kills = 0;
  std::uint64_t orderly_stops = 0;
  std::uint64_t disk_faults = 0;  // asked for: EIO, ENOSPC, lost pages, a full disk
  std::uint64_t clock_jumps = 0;
  std::uint64_t connections_dropped = 0;

  void add(const LifeCounts& other);
};

struct LifeResult {
  Verdict verdict;
  std::vector<std::string> problems;  // what no history shows: a start that fails, an answer that cannot be
  LifeCounts counts;
  History history;
  std::string hash;  // SHA-256 of the history's lines

  [[nodiscard]] bool good() const { return verdict.findings.empty() && problems.empty(); }
};

// `steps_max` ends it earlier than the seed would, which is how a failure is made short (shortest_failure).
LifeResult live(std::uint64_t seed, std::uint64_t steps_max = UINT64_MAX);

// The fewest first steps after which this seed still fails; it fails with all of them.
std::uint64_t shortest_failure(std::uint64_t seed);

// For a person: the findings, and the last events of each partition or group that they name.
std::string explain(std::uint64_t seed, const LifeResult& result);

}  // namespace antiphon::sim
