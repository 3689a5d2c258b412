#include "stages/select/sieve.h"

#include "core/assert.h"
#include "events/codec.h"
#include "events/event.h"
#include "speech/text/normalise.h"

namespace antiphon::select {

std::optional<std::string_view> sieve(const text::Readability& rules, const text::Locale& locale,
                                      const RawSentence& raw, Item& item) {
  if (!raw.problem.empty()) return raw.problem;
  auto text = text::normalise(raw.text);
  if (!text) return text::reason::kInvalidUtf8;
  if (text->empty()) return text::reason::kEmpty;
  if (const auto reason = rules.why_not(locale, *text)) return reason;
  // Whatever the rules file allows, an event holds no more.
  if (text->size() > events::kPromptTextBytesMax) return text::reason::kTooLong;
  if (!events::is_utf8(*text)) return text::reason::kControl;
  item.prompt_id = text::prompt_id(locale, *text);
  const auto key = key_of(item.prompt_id.value());
  ANTIPHON_ASSERT(key.has_value());
  item.key = *key;
  item.text = std::move(*text);
  return std::nullopt;
}

}  // namespace antiphon::select
