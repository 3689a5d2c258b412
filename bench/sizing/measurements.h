// The measurements of bench_sizing, a function each. All run the product's own objects on generated events and give one
// JSON object. Memory is what the kernel counts as resident after, less what it counted before (`bytes`), and the most
// it counted on the way (`peak_bytes`): allocator and hash tables included, the events that were read not.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace antiphon::bench {

enum class StudioKind : std::uint8_t {
  kOpen,      // N sentences that wait for somebody: prompts only
  kCounted,   // N recordings, `takes` of each sentence: a state and a prompt a sentence
  kReadBack,  // N recordings that no state tells of yet: prompts and recordings
};
struct StudioPlan {
  StudioKind kind = StudioKind::kOpen;
  std::uint64_t count = 0;
  std::uint64_t takes = 1;
  std::uint64_t first = 0;  // number of the first sentence: instances that share a namespace hold different ones
  std::uint32_t text_bytes = 80;
  // Records are decoded as the studio does it, and `seconds` is for decoding and restoring. Without: the decoded states
  // are given, for volumes whose making would take longer than all else.
  bool decode = true;
};
nlohmann::json measure_studio(const StudioPlan& plan);

// `count` sentences that are published and complete.
nlohmann::json measure_selector(std::uint64_t count);
// `count` recordings that went through, at most 128 of them at a time.
nlohmann::json measure_archive(std::uint64_t count);

// Fills the topics of a namespace as a campaign leaves them.
struct FillPlan {
  std::string bootstrap;
  std::int32_t partitions = 6;
  std::uint64_t sentences = 0;  // prompts, each with the state that its recording left
  bool leases = false;          // and before it the one that told of its lease: what compaction has not taken yet
  std::uint64_t recordings = 0;
  std::uint64_t first = 0;  // number of the first recording
  std::string audio;        // the bytes of each
};
nlohmann::json fill(const FillPlan& plan);

}  // namespace antiphon::bench
