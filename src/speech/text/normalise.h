// The one spelling of a sentence: what is published, shown, hashed and compared.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"
#include "speech/text/locale.h"

namespace antiphon::text {

// NFC; every run of white space and line breaks one blank, none at the ends; zero-width marks and byte order marks
// removed (U+200B U+2060 U+FEFF U+00AD; not ZWJ and ZWNJ, which change letters in Persian or Hindi); two Ethiopic word
// spaces U+1361 as one full stop U+1362. Idempotent. kInvalidInput: `invalid-utf8` when the bytes are not UTF-8.
Result<std::string> normalise(std::string_view utf8);

// The name of a sentence for ever: SHA-256 over the locale's tag, a line feed and the text, its first 16 bytes in
// Crockford base32. `text` is what normalise() gave. sw and `Habari ya asubuhi.` give 16VAHQ3ZDK8QKMHETNY0DKA6Z7.
PromptId prompt_id(const Locale& locale, std::string_view text);

bool is_valid_utf8(std::string_view bytes);

}  // namespace antiphon::text
