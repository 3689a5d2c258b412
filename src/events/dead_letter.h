// Dead letters: what a target cannot use goes to dlq.TOPIC.TARGET unchanged (key, value, headers, partition), with what
// is known about it in headers of its own: the ten of Kafka Connect, so that existing tools show them, and ours.
//
// Headers are set, not added: a record that was replayed and failed again says each thing once.
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.h"
#include "core/record.h"
#include "events/refusal.h"

namespace antiphon::events {

constexpr std::size_t kDeadLetterDetailBytesMax = 1024;  // a longer one is cut at a character

struct DeadLetter {
  Refusal refusal;         // x-dlq-reason is its label
  std::string target;      // archive.NAME: the dead letter topic is dlq.TOPIC.TARGET
  std::string group_id;    // __connect.errors.connector.name
  std::string slot = "0";  // __connect.errors.task.id
  std::uint32_t attempts = 1;
  WallTime first_failed_at;
};

// It always fits: what is added is bounded below kDeadLetterMessageBytesMax - kMessageBytesMax.
OutgoingRecord build_dead_letter(const IncomingRecord& record, const DeadLetter& about);

}  // namespace antiphon::events
