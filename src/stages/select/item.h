// What a reader hands to the planner: a sentence that can be published, or only news of how far an object is read.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/types.h"
#include "stages/select/catalog.h"
#include "stages/select/prompt_table.h"

namespace antiphon::select {

using LeftOut = std::map<std::string, std::uint64_t, std::less<>>;  // reason -> sentences

struct Item {
  std::string text;            // normalised and readable; empty: no sentence
  PromptId prompt_id;          // of the sentence
  PromptKey key{};             // the same
  ObjectRef object;            // it was read from
  std::uint64_t position = 0;  // bytes of the object's text done with it; shuffled: places of the order done with it
  std::uint64_t order = 0;     // shuffled: of which order `position` is a place
  bool unit_end = true;        // reading may go on at `position` after a restart
  bool object_end = false;     // the object is read to its end
  LeftOut left_out;            // sentences since the item before it that nobody can read aloud

  [[nodiscard]] bool has_sentence() const { return !text.empty(); }
};

}  // namespace antiphon::select
