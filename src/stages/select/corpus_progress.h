// How far one corpus is: what is read, what is under way, what may be saved.
//
// Items pass through in the order of their lane. Each is settled at once (no sentence, or one that was published
// before) or when Kafka has acknowledged its prompt. What is saved moves on by whole units, and only over settled ones:
// so the saved state never claims a sentence that may be missing, and a start from it meets the same sentences and
// gives them the same numbers again. A plain object: no Kafka, no clock, no threads.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/corpus_state.h"
#include "stages/select/corpus_reader.h"
#include "stages/select/item.h"
#include "stages/select/sequence_book.h"

namespace antiphon::select {

constexpr std::size_t kRecentMax = 16'384;  // prompts behind the saved state that are told from older repeats

class CorpusProgress {
 public:
  // A corpus that was never read starts with an empty state.
  explicit CorpusProgress(const events::CorpusState& saved);

  // A prompt of this corpus that stands in the topic; before the first item.
  void found_in_topic(const PromptKey& key, std::uint64_t sequence);
  void listed(const Listing& listing);

  // The item holds no sentence, or one that was published before (by whomever).
  void pass(const std::string& lane, Item item);
  // The item's sentence goes out now: gives it its number, which acknowledged() names again.
  std::uint64_t publish(const std::string& lane, Item item);
  void acknowledged(std::uint64_t sequence);

  // Items that are not yet in the saved state.
  [[nodiscard]] std::size_t unsettled(const std::string& lane) const;
  [[nodiscard]] bool idle() const;
  // Rises with every change of what state() gives.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  // What may be saved now; condition, since, detail and time are the caller's.
  [[nodiscard]] events::CorpusState state() const;
  [[nodiscard]] const LeftOut& left_out() const { return left_out_; }  // since the corpus was first read
  // Acknowledged by Kafka since this process started.
  [[nodiscard]] std::uint64_t published() const { return published_; }

 private:
  struct Step {
    Item item;  // without its text
    std::optional<std::uint64_t> sequence;
    bool repeated = false;
    bool settled = false;
  };
  struct Lane {
    std::deque<Step> steps;
    // Of settled steps whose unit is not yet complete.
    std::vector<std::uint64_t> sequences;
    LeftOut left_out;
    std::uint64_t repeated = 0;
  };

  void advance(const std::string& name, Lane& lane);
  void save_unit(const std::string& name, Lane& lane, const Item& last);
  void note_place(const std::string& name, const Item& last);

  std::string id_;
  std::map<std::string, events::ObjectPosition> places_;  // by key
  std::optional<events::ShufflePosition> shuffle_;
  std::map<std::string, std::uint64_t> shuffled_lanes_;  // lane -> places of the order done
  LeftOut left_out_;
  std::uint64_t repeated_ = 0;
  SequenceBook book_;
  std::uint64_t saved_next_sequence_;
  std::map<PromptKey, std::uint64_t> recent_;
  std::map<std::string, Lane> lanes_;
  std::map<std::uint64_t, std::string> under_way_;  // sequence -> lane
  std::uint64_t revision_ = 0;
  std::uint64_t published_ = 0;
};

}  // namespace antiphon::select
