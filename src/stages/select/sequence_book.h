// The sequence numbers of one corpus: dense from 1, each given once, the same after any end.
//
// A new sentence gets the smallest number that no prompt in the topic has. A number is settled when its prompt is
// acknowledged and its sentence lies before the saved place; next_unsettled() is what the saved state calls
// next_sequence. Single-threaded.
#pragma once

#include <cstdint>
#include <map>

namespace antiphon::select {

constexpr std::uint64_t kSequenceMax = std::uint64_t{1} << 53;

// Whole numbers from 1, as runs: a dense beginning costs one node.
class NumberSet {
 public:
  bool insert(std::uint64_t number) { return insert(number, number); }  // false: it was there
  bool insert(std::uint64_t first, std::uint64_t last);                 // false: some of them were there
  [[nodiscard]] bool contains(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t smallest_missing() const;
  [[nodiscard]] std::size_t runs() const { return runs_.size(); }

 private:
  std::map<std::uint64_t, std::uint64_t> runs_;  // first -> last; neither touching nor overlapping
};

class SequenceBook {
 public:
  // Everything below was settled when the state was saved.
  explicit SequenceBook(std::uint64_t next_sequence = 1);
  // Numbers beyond kSequenceMax are nobody's (a foreign producer's) and passed over.
  void found_in_topic(std::uint64_t number) {
    if (number >= 1 && number <= kSequenceMax) given_.insert(number);
  }
  std::uint64_t give();
  void settle(std::uint64_t number) { settled_.insert(number); }
  [[nodiscard]] std::uint64_t next_unsettled() const { return settled_.smallest_missing(); }

 private:
  NumberSet given_;
  NumberSet settled_;
};

}  // namespace antiphon::select
