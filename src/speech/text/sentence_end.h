// Where the first sentence of a text ends, by ICU's rules (UAX #29), the marks of Ethiopic writing and a few titles.
// For the splitter only.
#pragma once

#include <unicode/brkiter.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "speech/text/locale.h"

namespace antiphon::text {

class SentenceEnd {
 public:
  explicit SentenceEnd(const Locale& locale);

  // Bytes of the first sentence with the blanks behind it; nothing when it goes on behind the end of `window`, which is
  // at most kSentenceBytesMax. `whole`: the window ends where the paragraph ends, and so does its last sentence. Single
  // line breaks are blanks. Bytes that are not UTF-8 count as one unknown character each.
  std::optional<std::size_t> find(std::string_view window, bool whole);

 private:
  std::unique_ptr<icu::BreakIterator> breaker_;
  std::string work_;  // the window with marks and line breaks as ICU shall see them, the same length
};

}  // namespace antiphon::text
