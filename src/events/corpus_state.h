// How far the selector has read one corpus: NAMESPACE.corpus-state, key corpus id, value JSON, compacted; its only
// header is content-type. Input and state together give the same sequence numbers again after any end: `next_sequence`
// belongs to the first sentence behind the positions below.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/record.h"
#include "events/refusal.h"
#include "events/start_marker.h"
#include "events/topics.h"

namespace antiphon::events {

constexpr std::size_t kCorpusObjectsMax = 20'000;  // objects in one corpus
constexpr std::size_t kObjectKeyBytesMax = 1024;   // S3's own maximum
constexpr std::size_t kCorpusDetailBytesMax = 512;

struct ObjectPosition {
  std::string key;
  std::string etag;          // of the version that was read; another one: the object changed
  std::uint64_t offset = 0;  // bytes of the text (after decompression) that are done with
  std::uint64_t size = 0;    // of the stored object, as listed
  bool complete = false;     // read to its end
  friend bool operator==(const ObjectPosition&, const ObjectPosition&) = default;
};

enum class CorpusCondition : std::uint8_t { kReading, kWaiting, kOffline, kDone };
std::string_view to_string(CorpusCondition condition);  // reading, waiting, offline, done
std::optional<CorpusCondition> parse_corpus_condition(std::string_view text);

// With order=shuffled the corpus is read whole first; what is done is then a count in the shuffled order.
struct ShufflePosition {
  std::uint64_t seed = 0;
  std::uint64_t done = 0;
  friend bool operator==(const ShufflePosition&, const ShufflePosition&) = default;
};

struct CorpusState {
  std::string corpus_id;
  std::vector<ObjectPosition> objects;  // by key
  std::optional<ShufflePosition> shuffle;
  std::uint64_t next_sequence = 1;
  std::map<std::string, std::uint64_t> left_out;  // reason -> sentences
  std::uint64_t repeated = 0;                     // sentences that were published before
  CorpusCondition condition = CorpusCondition::kReading;
  WallTime since;      // of the condition
  std::string detail;  // for people: "connection refused; trying again in 8 s"
  WallTime time;
  friend bool operator==(const CorpusState&, const CorpusState&) = default;
};

using CorpusStateRecord = std::variant<CorpusState, StartMarker>;

// kLimit when it would exceed a maximum above or kMessageBytesMax.
Result<OutgoingRecord> build_corpus_state(const Topics& topics, const CorpusState& state);
OutgoingRecord build_selector_start(const Topics& topics, const StartMarker& marker);
Reading<CorpusStateRecord> read_corpus_state(const IncomingRecord& record);

}  // namespace antiphon::events
