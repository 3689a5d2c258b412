// The checker: judges a history (event.h), and knows nothing of the broker that made it.
//
//   lost write            acknowledged and not in the log; or served to a reader and later gone
//   duplicate             one send stands twice in the log
//   inconsistent offsets  two records at one offset, a send at another offset than its answer said, offsets out of
//                         order
//   poll skip             a reader was led past a record that it should have seen
//   non-monotonic poll    a reader was given a record from before where it stood
//   aborted read          read_committed gave a record of a transaction that was not committed (yet)
//   torn transaction      a part of a transaction's records is there, another part is not
//   escaped offsets       a group's offset from a transaction that was not committed (yet)
//   lost offsets          a group's offset that was acknowledged, with its transaction if it has one, and is older or
//                         gone when asked for; what the logs say of a transaction whose end was never answered counts
//   not exactly once      a committed record of a topic that a group transforms has no committed record made of it, or
//                         several (consume, transform, produce: KIP-447)
//   old generation        a group took an offset from a member whose partition it had given to another one before
//   unknown record        a record that nobody sent, or to another partition
//
// What acks promise:   all: after its answer nothing takes it away.
//                      1:   only the FIRST power cut after its answer may; never a kill (it is in the page cache), and
//                           not if an acknowledged acks=all record stands behind it, nor once a reader has seen it
//                           after that power cut (a start makes durable what it serves).
//                      0:   anything, but what a reader saw stays as acks=1.
// What was lost within these promises is counted, not judged. A retention or deletion that somebody asked for
// (log_start, topic_gone) takes nothing that was promised. Compacted topics are not judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/history/event.h"

namespace antiphon::sim {

enum class Anomaly : std::uint8_t {
  kLostWrite,
  kDuplicate,
  kInconsistentOffsets,
  kPollSkip,
  kNonMonotonicPoll,
  kAbortedRead,
  kTornTransaction,
  kEscapedOffsets,
  kLostOffsets,
  kNotExactlyOnce,
  kOldGeneration,
  kUnknownRecord,
};
std::string to_string(Anomaly anomaly);

struct Finding {
  Anomaly anomaly;
  std::string what;  // for a person, with names and offsets
};

struct Verdict {
  std::vector<Finding> findings;
  std::uint64_t acknowledged[3] = {0, 0, 0};  // by acks: 0, 1, all
  std::uint64_t allowed_losses[2] = {0, 0};   // acks=0, acks=1
  std::uint64_t unknown_outcomes = 0;
  std::uint64_t unknown_but_there = 0;
  std::uint64_t records_in_logs = 0;
  std::uint64_t polled_records = 0;
  std::uint64_t commits_acknowledged = 0;
  std::uint64_t transactions_committed = 0;
  std::uint64_t transactions_aborted = 0;
  std::uint64_t transactions_refused = 0;  // their end: a newer instance had fenced them
  std::uint64_t transactions_unknown = 0;  // their end was not asked for, or not answered
  std::uint64_t transformed = 0;           // records, exactly once
  std::uint64_t zombies_fenced = 0;        // commits of a member whose partition another one had: refused
  std::uint64_t faults = 0;

  void add(const Verdict& other);  // of another history
};

// `late_eras`: clients of their own threads write down an answer, or a record that they had fetched, a moment after it
// came: behind the power cut, perhaps, that followed it. 0 where the one thread does all (the simulation).
Verdict judge(const History& history, int late_eras = 0);
std::string summary(const Verdict& verdict);  // some lines of text, without the findings

}  // namespace antiphon::sim
