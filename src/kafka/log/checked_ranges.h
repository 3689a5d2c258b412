// Which bytes of a file have been checked: ranges, joined where they touch. A reader that goes through the file in
// order leaves one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace antiphon::kafka::log {

class CheckedRanges {
 public:
  [[nodiscard]] bool covers(std::uint64_t begin, std::uint64_t end) const {
    const auto after = ranges_.upper_bound(begin);
    return after != ranges_.begin() && std::prev(after)->second >= end;
  }
  void add(std::uint64_t begin, std::uint64_t end) {
    auto at = ranges_.upper_bound(begin);
    if (at != ranges_.begin() && std::prev(at)->second >= begin) {
      --at;
      begin = at->first;
    }
    while (at != ranges_.end() && at->first <= end) {
      end = std::max(end, at->second);
      at = ranges_.erase(at);
    }
    ranges_[begin] = end;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // begin, end
};

}  // namespace antiphon::kafka::log
