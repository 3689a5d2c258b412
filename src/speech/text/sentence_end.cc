#include "speech/text/sentence_end.h"

#include <unicode/utext.h>

#include <algorithm>
#include <array>

#include "core/assert.h"

namespace antiphon::text {
namespace {

constexpr std::string_view kWordSpace = "\xE1\x8D\xA1";  // U+1361; two of them are typed for U+1362
constexpr char kFullStopLastByte = '\xA2';

// A full stop behind these ends no sentence. English and Swahili; a title that is missing here costs one odd sentence.
constexpr std::array<std::string_view, 13> kTitles{"Mr", "Mrs", "Ms", "Dr",  "Prof", "St", "Jr",
                                                   "Sr", "Bw",  "Bi", "Dkt", "Mh",   "Ndg"};

// Same length, so that positions stay: line breaks as blanks, the second of two word spaces as the full stop that was
// meant.
void prepare(std::string& work) {
  std::replace(work.begin(), work.end(), '\n', ' ');
  std::replace(work.begin(), work.end(), '\r', ' ');
  std::size_t at = work.find(kWordSpace);
  while (at != std::string::npos) {
    const std::size_t second = at + kWordSpace.size();
    if (work.compare(second, kWordSpace.size(), kWordSpace) != 0) {
      at = work.find(kWordSpace, second);
      continue;
    }
    work[second + 2] = kFullStopLastByte;
    at = work.find(kWordSpace, second + kWordSpace.size());
  }
}

bool ends_in_title(std::string_view sentence) {
  sentence = sentence.substr(0, sentence.find_last_not_of(" \t") + 1);
  if (!sentence.ends_with('.')) return false;
  sentence.remove_suffix(1);
  const std::string_view word = sentence.substr(sentence.find_last_of(" \t(\"") + 1);
  const bool initial = word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z';
  return initial || std::find(kTitles.begin(), kTitles.end(), word) != kTitles.end();
}

}  // namespace

SentenceEnd::SentenceEnd(const Locale& locale) {
  UErrorCode status = U_ZERO_ERROR;
  breaker_.reset(icu::BreakIterator::createSentenceInstance(icu::Locale(locale.tag().c_str()), status));
  ANTIPHON_ASSERT(U_SUCCESS(status) && breaker_ != nullptr);  // its rules are compiled into ICU
}

std::optional<std::size_t> SentenceEnd::find(std::string_view window, bool whole) {
  work_.assign(window);
  prepare(work_);
  UErrorCode status = U_ZERO_ERROR;
  UText text = UTEXT_INITIALIZER;
  utext_openUTF8(&text, work_.data(), static_cast<std::int64_t>(work_.size()), &status);
  breaker_->setText(&text, status);
  ANTIPHON_ASSERT(U_SUCCESS(status));
  std::size_t end = 0;
  breaker_->first();
  do {
    const std::int32_t boundary = breaker_->next();
    end = boundary == icu::BreakIterator::DONE ? work_.size() : static_cast<std::size_t>(boundary);
  } while (end < work_.size() && ends_in_title(std::string_view(work_).substr(0, end)));
  utext_close(&text);
  if (end >= work_.size() && !whole) return std::nullopt;
  return end;
}

}  // namespace antiphon::text
