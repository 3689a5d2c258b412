// Running text, or lines, to sentences: bytes go in by chunks as a store gives them, pieces come out with their place
// in the source, so that a reader can go on behind any of them after any end.
//
//   Splitter splitter(locale, SplitMode::kSentences, resume_offset);
//   while (chunk = read()) { splitter.feed(chunk); while (auto piece = splitter.next()) use(*piece); }
//   splitter.finish(); while (auto piece = splitter.next()) use(*piece);
//
// The pieces depend on the source's bytes from the start offset only, never on how they were cut into chunks; starting
// again at a piece's `end` gives exactly the pieces that follow it. Memory is bounded by kChunkBytesMax +
// kSentenceBytesMax.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "speech/text/locale.h"

namespace antiphon::text {

constexpr std::size_t kSentenceBytesMax = 16UL * 1024;  // a longer sentence or line is one piece without text
constexpr std::size_t kChunkBytesMax = 1024UL * 1024;

enum class SplitMode : std::uint8_t {
  kLines,      // a line is a sentence
  kSentences,  // ICU's rules and the marks of Ethiopic writing; a blank line ends a paragraph, a single line break is a
               // blank
};

struct Piece {
  std::string text;          // as in the source, not yet normalised; empty with a problem
  std::uint64_t begin = 0;   // of the piece in the source, in bytes
  std::uint64_t end = 0;     // where to go on after it
  std::string_view problem;  // empty, `invalid-utf8` or `line-too-long`: a reason as in readability.h
};

class Splitter {
 public:
  // `start` is 0 or the `end` of a piece of the same source.
  Splitter(const Locale& locale, SplitMode mode, std::uint64_t start = 0);
  ~Splitter();
  Splitter(Splitter&&) noexcept;
  Splitter& operator=(Splitter&&) noexcept;

  // At most kChunkBytesMax at once, and only when next() has given nothing.
  void feed(ByteView chunk);
  // The source ends here.
  void finish();
  // The next piece that holds more than white space; nothing: feed or finish.
  std::optional<Piece> next();
  // Everything before it has been given out.
  [[nodiscard]] std::uint64_t offset() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A text that is whole in memory (a column, a field); offsets are within it.
std::vector<Piece> split(const Locale& locale, SplitMode mode, std::string_view text);

}  // namespace antiphon::text
