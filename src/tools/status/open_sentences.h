// Counts sentences that a person could be given now: neither leased, parked nor complete. A plain object over the
// records of prompts and prompt-state.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "core/clock.h"
#include "core/record.h"

namespace antiphon::tools {

class OpenSentences {
 public:
  void take_prompt(
      const IncomingRecord& record);  // what is no prompt is passed over: it is no sentence anybody is given
  void take_state(const IncomingRecord& record);
  [[nodiscard]] std::map<std::string, std::int64_t> by_locale(WallTime now) const;

 private:
  struct Sentence {
    std::string locale;
    std::size_t wanted = 1;
    std::size_t taken = 0;
    bool parked = false;
    std::vector<WallTime> leases;  // until when
  };
  std::unordered_map<std::string, Sentence> sentences_;  // by prompt id
};

}  // namespace antiphon::tools
