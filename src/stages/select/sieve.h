// From a raw sentence to a publishable one, or to the reason why not.
#pragma once

#include <optional>
#include <string_view>

#include "speech/text/readability.h"
#include "stages/select/item.h"
#include "stages/select/sentence_reader.h"

namespace antiphon::select {

// Fills text, prompt_id and key of the item; the reason where it is left out. Pure.
std::optional<std::string_view> sieve(const text::Readability& rules, const text::Locale& locale,
                                      const RawSentence& raw, Item& item);

}  // namespace antiphon::select
