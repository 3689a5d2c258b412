#include "speech/text/splitter.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "core/assert.h"
#include "speech/text/code_point.h"
#include "speech/text/normalise.h"
#include "speech/text/readability.h"
#include "speech/text/sentence_end.h"

namespace antiphon::text {
namespace {

// Most sentences end within the first window; a longer one is looked at again in the second. A window is only looked at
// when it is full or its end is known, so that the answer never depends on how the source was cut into chunks.
constexpr std::size_t kFirstWindowBytes = 1024;
// An end is believed when so much text behind it has been seen: the rules look ahead for a lower-case letter.
constexpr std::size_t kLookaheadBytes = 256;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_invisible(std::string_view valid_utf8) {
  for (std::size_t at = 0; at < valid_utf8.size();) {
    const UChar32 c = next_code_point(valid_utf8, at);
    if (u_isUWhiteSpace(c) == 0 && c != 0xFEFF && c != 0x200B && c != 0x2060 && c != 0x00AD) return false;
  }
  return true;
}

// `length`, or a little less where that would cut a character in two.
std::size_t whole_characters(std::string_view text, std::size_t length) {
  if (length >= text.size()) return text.size();
  std::size_t cut = length;
  while (cut > 0 && length - cut < 3 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;
  return cut == 0 ? length : cut;
}

// Where a paragraph ends: behind a line break that only blanks and another line break follow. npos: not in `text`.
std::size_t paragraph_end(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const std::size_t next = text.find_first_not_of(" \t\r", at + 1);
    if (next != std::string_view::npos && text[next] == '\n') return next + 1;
  }
  return std::string_view::npos;
}

}  // namespace

struct Splitter::State {
  SplitMode mode;
  std::optional<SentenceEnd> sentence_end;
  std::string buffer;
  std::uint64_t base = 0;  // of buffer[0] in the source
  std::size_t at = 0;      // in buffer: what comes next
  bool finished = false;
  std::optional<std::uint64_t> skipping_since;  // in the source: begin of a piece that is longer than kSentenceBytesMax

  [[nodiscard]] std::string_view rest() const { return std::string_view(buffer).substr(at); }
  [[nodiscard]] std::uint64_t position() const { return base + at; }

  // Bytes of the next line or sentence. Nothing: more data is needed, or (too_long) it has no end within the maximum.
  struct Found {
    std::optional<std::size_t> length;
    bool too_long = false;
  };
  [[nodiscard]] Found find_line() const;
  Found find_sentence();
  [[nodiscard]] std::optional<Found> find_in_window(std::size_t window_bytes, std::size_t lookahead);
  void skip_blanks();
  Piece take(std::size_t length);
};

Splitter::State::Found Splitter::State::find_line() const {
  const std::string_view text = rest();
  const std::size_t line_break = text.substr(0, kSentenceBytesMax + 1).find('\n');
  if (line_break != std::string_view::npos) return {line_break + 1, false};
  if (text.size() > kSentenceBytesMax) return {std::nullopt, true};
  if (finished && !text.empty()) return {text.size(), false};
  return {};
}

// Nothing: the window is not enough to tell, a larger one may be.
std::optional<Splitter::State::Found> Splitter::State::find_in_window(std::size_t window_bytes, std::size_t lookahead) {
  const std::string_view text = rest();
  std::size_t length = whole_characters(text, std::min(window_bytes, text.size()));
  const std::size_t paragraph = paragraph_end(text.substr(0, length));
  const bool whole = paragraph != std::string_view::npos || (finished && length == text.size());
  if (paragraph != std::string_view::npos) length = paragraph;
  if (!whole && text.size() <= window_bytes) return Found{};  // more data is needed
  const auto end = sentence_end->find(text.substr(0, length), whole);
  if (!end || (!whole && *end + lookahead > length)) return std::nullopt;
  return Found{*end, false};
}

Splitter::State::Found Splitter::State::find_sentence() {
  if (rest().empty()) return {};
  if (const auto found = find_in_window(kFirstWindowBytes, kLookaheadBytes)) return *found;
  if (const auto found = find_in_window(kSentenceBytesMax, 0)) return *found;
  return {std::nullopt, true};
}

void Splitter::State::skip_blanks() {
  while (at < buffer.size() && is_blank(buffer[at])) ++at;
}

Piece Splitter::State::take(std::size_t length) {
  Piece piece;
  piece.begin = skipping_since.value_or(position());
  if (skipping_since) {
    piece.problem = reason::kLineTooLong;
  } else if (!is_valid_utf8(rest().substr(0, length))) {
    piece.problem = reason::kInvalidUtf8;
  } else {
    piece.text = rest().substr(0, length);
    while (!piece.text.empty() && is_blank(piece.text.back())) piece.text.pop_back();
  }
  skipping_since.reset();
  at += length;
  piece.end = position();
  return piece;
}

Splitter::Splitter(const Locale& locale, SplitMode mode, std::uint64_t start) : state_(std::make_unique<State>()) {
  state_->mode = mode;
  state_->base = start;
  if (mode == SplitMode::kSentences) state_->sentence_end.emplace(locale);
}
Splitter::~Splitter() = default;
Splitter::Splitter(Splitter&&) noexcept = default;
Splitter& Splitter::operator=(Splitter&&) noexcept = default;

void Splitter::feed(ByteView chunk) {
  ANTIPHON_ASSERT(chunk.size() <= kChunkBytesMax && !state_->finished);
  state_->buffer.erase(0, state_->at);
  state_->base += state_->at;
  state_->at = 0;
  ANTIPHON_ASSERT(state_->buffer.size() <= kSentenceBytesMax);  // otherwise next() had more to give
  state_->buffer.append(as_text(chunk));
}

void Splitter::finish() { state_->finished = true; }

std::optional<Piece> Splitter::next() {
  State& state = *state_;
  for (;;) {
    if (!state.skipping_since) state.skip_blanks();
    const State::Found found = state.mode == SplitMode::kLines ? state.find_line() : state.find_sentence();
    if (found.too_long) {
      if (!state.skipping_since) state.skipping_since = state.position();
      state.at += whole_characters(state.rest(), kSentenceBytesMax);
      continue;
    }
    if (!found.length) {
      // Nothing follows, but what was skipped has not been told yet.
      if (state.finished && state.skipping_since) return state.take(0);
      return std::nullopt;
    }
    Piece piece = state.take(*found.length);
    if (!piece.problem.empty() || !is_invisible(piece.text)) return piece;
  }
}

std::uint64_t Splitter::offset() const { return state_->skipping_since.value_or(state_->position()); }

std::vector<Piece> split(const Locale& locale, SplitMode mode, std::string_view text) {
  std::vector<Piece> pieces;
  Splitter splitter(locale, mode);
  const auto drain = [&] {
    while (auto piece = splitter.next()) pieces.push_back(*std::move(piece));
  };
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kChunkBytesMax))) {
    splitter.feed(as_bytes(text.substr(0, kChunkBytesMax)));
    drain();
  }
  splitter.finish();
  drain();
  return pieces;
}

}  // namespace antiphon::text
