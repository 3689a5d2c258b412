// The events of a campaign that nobody spoke: sentence n and its takes, the same for the same number, with ids as
// random as real ones. No sound is made.
#pragma once

#include <cstdint>
#include <string>

#include "core/record.h"
#include "events/event.h"
#include "events/prompt_state.h"

namespace antiphon::bench {

class Voices {
 public:
  // `takes` of each sentence; its text has `text_bytes`.
  Voices(std::int32_t partitions, std::uint64_t takes, std::uint32_t text_bytes)
      : partitions_(partitions), takes_(takes), text_bytes_(text_bytes) {}

  [[nodiscard]] events::Prompt prompt(std::uint64_t sentence) const;
  [[nodiscard]] PartitionId partition(const events::Prompt& prompt) const;
  // Somebody holds it.
  [[nodiscard]] events::PromptState leased(const events::Prompt& prompt) const;
  // All of its takes have arrived.
  [[nodiscard]] events::PromptState complete(const events::Prompt& prompt) const;
  [[nodiscard]] events::Recording recording(const events::Prompt& prompt, std::uint64_t take) const;

 private:
  std::int32_t partitions_;
  std::uint64_t takes_;
  std::uint32_t text_bytes_;
};

// The record as a consumer meets it. `record` must outlive it.
IncomingRecord as_consumed(const OutgoingRecord& record, PartitionId partition, Offset offset);

}  // namespace antiphon::bench
