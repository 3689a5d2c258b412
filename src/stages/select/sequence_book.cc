#include "stages/select/sequence_book.h"

#include <algorithm>
#include <iterator>

namespace antiphon::select {

bool NumberSet::insert(std::uint64_t first, std::uint64_t last) {
  bool all_new = true;
  auto it = runs_.upper_bound(first);
  if (it != runs_.begin()) {
    const auto before = std::prev(it);
    if (before->second + 1 >= first) {  // touches or overlaps
      all_new = before->second < first;
      first = before->first;
      last = std::max(last, before->second);
      it = runs_.erase(before);
    }
  }
  while (it != runs_.end() && it->first <= last + 1) {
    all_new = all_new && it->first > last;
    last = std::max(last, it->second);
    it = runs_.erase(it);
  }
  runs_.emplace_hint(it, first, last);
  return all_new;
}

bool NumberSet::contains(std::uint64_t number) const {
  const auto it = runs_.upper_bound(number);
  return it != runs_.begin() && std::prev(it)->second >= number;
}

std::uint64_t NumberSet::smallest_missing() const {
  if (runs_.empty() || runs_.begin()->first > 1) return 1;
  return runs_.begin()->second + 1;
}

SequenceBook::SequenceBook(std::uint64_t next_sequence) {
  if (next_sequence <= 1) return;
  given_.insert(1, next_sequence - 1);
  settled_.insert(1, next_sequence - 1);
}

std::uint64_t SequenceBook::give() {
  const std::uint64_t number = given_.smallest_missing();
  given_.insert(number);
  return number;
}

}  // namespace antiphon::select
