// What the clients of a broker did and saw, in order: the history that the checker judges (checker.h).
//
// It is written by whoever drives clients: the simulation (sim/broker), or clients of a real process (tests/crash), and
// kept as JSON lines, one event a line (event_json.h). The order of the lines is the order of observation: an answer
// stands behind its request, and behind everything that was known before it came.
//
//     what        fields beside `process` (the client's name)
//     send        topic partition value acks [transaction] [repeats] [of]
//                                                                       about to be sent, for the first time; `of`: the
//                                                                       value that it is made of (transforms)
//     sent        topic partition value outcome offset                  answered, or given up
//     position    topic partition offset reason                         a reader goes on here, wherever it stood
//     polled      topic partition records offset [committed_only]       one answer; `offset` is where it goes on
//     commit      group topic partition offset [transaction] [generation]
//                                                                       a group's offset, about to be sent
//     committed   group topic partition offset outcome [transaction]    answered
//     ask         group topic partition                                 about to ask what is stored
//     stored      group topic partition offset                          what the broker says it has; -1: none
//     begin       transaction                                           an end may follow; without one it never commits
//     end         transaction commits                                   about to be sent, for the first time
//     ended       transaction outcome
//     join        group                                                 about to ask for a place in the group
//     assigned    group topic partition generation                      the group gave it this partition
//     transforms  group topic                                           of each committed record the group makes one
//     log         topic partition first offset records [committed_only] all of it, read after everything else
//     log_start   topic partition offset reason                         asked for: what is below may be gone
//     topic_gone  topic                                                 asked for
//     fault       reason                                                power_cut, kill, stop, disk (a failed call)
//
// A topic that was deleted and made again has another name here each time ("t#2"). Values are unique: a value is one
// send.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/types.h"

namespace antiphon::sim {

enum class What : std::uint8_t {
  kSend,
  kSent,
  kPosition,
  kPolled,
  kCommit,
  kCommitted,
  kAsk,
  kStored,
  kBegin,
  kEnd,
  kEnded,
  kJoin,
  kAssigned,
  kTransforms,
  kLog,
  kLogStart,
  kTopicGone,
  kFault,
};

enum class Outcome : std::uint8_t {
  kOk,
  kFailed,   // surely not done
  kUnknown,  // the answer was lost, or says that it may be done or not
};

struct Event {
  What what = What::kFault;
  std::string process;
  std::string topic;
  PartitionId partition{0};
  std::string value;
  std::int16_t acks = -1;
  bool repeats = false;  // sent again after a lost answer, without idempotence: it may stand there twice
  std::string transaction;
  bool commits = false;  // of an end
  std::string group;
  GenerationId generation{-1};  // of the group, as its member knew it; -1: named none
  std::string of;
  Offset offset{-1};
  Offset first{0};  // of a log
  Outcome outcome = Outcome::kOk;
  bool committed_only = false;  // isolation.level=read_committed
  std::vector<std::pair<Offset, std::string>> records;
  std::string reason;
};

using History = std::vector<Event>;

inline constexpr const char* kPowerCut = "power_cut";
inline constexpr const char* kKill = "kill";

}  // namespace antiphon::sim
