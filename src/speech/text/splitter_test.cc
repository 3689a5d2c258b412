#include "speech/text/splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "speech/text/readability.h"

namespace antiphon::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<Piece>& pieces) {
  std::vector<std::string> out;
  for (const Piece& piece : pieces)
    out.push_back(piece.problem.empty() ? piece.text : "!" + std::string(piece.problem));
  return out;
}
std::vector<std::string> sentences(const char* tag, std::string_view text) {
  return texts(split(*parse_locale(tag), SplitMode::kSentences, text));
}
std::vector<std::string> lines(std::string_view text) {
  return texts(split(*parse_locale("sw"), SplitMode::kLines, text));
}

// The pieces of `source` from `start`, given in chunks of a size that a random number decides.
std::vector<Piece> in_chunks(SplitMode mode, std::string_view source, std::uint64_t start, Random& random,
                             std::size_t chunk_max) {
  Splitter splitter(*parse_locale("am"), mode, start);
  std::vector<Piece> pieces;
  const auto drain = [&] {
    while (auto piece = splitter.next()) {
      EXPECT_EQ(splitter.offset(), piece->end);
      pieces.push_back(*std::move(piece));
    }
  };
  for (std::string_view rest = source.substr(start); !rest.empty();) {
    const std::size_t length = std::min<std::size_t>(rest.size(), 1 + random.below(chunk_max));
    splitter.feed(as_bytes(rest.substr(0, length)));
    drain();
    rest.remove_prefix(length);
  }
  splitter.finish();
  drain();
  EXPECT_EQ(splitter.offset(), source.size());
  return pieces;
}

bool same(const std::vector<Piece>& a, std::span<const Piece> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Piece& x, const Piece& y) {
    return x.text == y.text && x.begin == y.begin && x.end == y.end && x.problem == y.problem;
  });
}

// Everything that is hard: both scripts, wrapped lines, paragraphs, marks at ends, bytes that are no UTF-8, overlong
// parts.
std::string hard_source() {
  std::string source =
      "\uFEFFHabari gani? Nzuri!\n\nSoko\r\nlinafunguliwa asubuhi. ሰላም ነው፡፡እንዴት ነህ። ደህና፧ ነኝ፨ በቃ፡፡፡ \n \n";
  source += "bad \xff\xfe bytes here. Then good ones again. " + std::string(1019, 'x') + ". Ndiyo. ";
  source += std::string(kSentenceBytesMax - 2, 'y') + "ሀ more. After it.\n\n" +
            std::string(2 * kSentenceBytesMax + 9, 'z') + " end. Tail.\n\n";
  for (int i = 0; i < 400; ++i) source += "ገበሬው ማሳውን ያርሳል፡፡ ";
  return source + "without an end";
}

TEST(Splitter, SplitsRunningTextIntoSentences) {
  EXPECT_THAT(sentences("en", "Good morning. How are you? Fine!"),
              ElementsAre("Good morning.", "How are you?", "Fine!"));
  EXPECT_THAT(sentences("en", "Dr. Abebe met J. Otieno. They spoke."),
              ElementsAre("Dr. Abebe met J. Otieno.", "They spoke."));
  EXPECT_THAT(sentences("en", "She said \"Go.\" Then he left."), ElementsAre("She said \"Go.\"", "Then he left."));
  EXPECT_THAT(sentences("sw", "Bi. Asha amefika. Karibu."), ElementsAre("Bi. Asha amefika.", "Karibu."));
}

TEST(Splitter, KnowsTheMarksOfEthiopicWriting) {
  EXPECT_THAT(sentences("am", "ሰላም ነው።እንዴት ነህ፧ ደህና፨ በቃ!"), ElementsAre("ሰላም ነው።", "እንዴት ነህ፧", "ደህና፨", "በቃ!"));
  EXPECT_THAT(sentences("am", "ሰላም ነው፡፡ እንዴት ነህ?"), ElementsAre("ሰላም ነው፡፡", "እንዴት ነህ?"));
  EXPECT_THAT(sentences("am", "ሰላም፡ነው፡፡ «ደህና፡፡» አለ።"), ElementsAre("ሰላም፡ነው፡፡", "«ደህና፡፡»", "አለ።"));
}

TEST(Splitter, ALineBreakIsABlankAndABlankLineAnEnd) {
  EXPECT_THAT(sentences("en", "The road\nis long.\nA title\n \nIt is cold"),
              ElementsAre("The road\nis long.", "A title", "It is cold"));
}

TEST(Splitter, TakesLinesAsTheyAre) {
  EXPECT_THAT(lines("Moja. Mbili.\r\n\n  \nTatu\nNne"), ElementsAre("Moja. Mbili.", "Tatu", "Nne"));
  EXPECT_THAT(lines(" \n\u200B\n\u00A0\n"), IsEmpty());
}

TEST(Splitter, NamesWhatCannotBeText) {
  EXPECT_THAT(lines("ndiyo\n\xff\xff\nhapana"), ElementsAre("ndiyo", "!invalid-utf8", "hapana"));
  EXPECT_THAT(sentences("en", "One. T\xc3wo. Three."), ElementsAre("One.", "!invalid-utf8", "Three."));
}

TEST(Splitter, APieceOverTheMaximumHasNoTextAndTheNextIsWhole) {
  for (const std::size_t over : {std::size_t{1}, std::size_t{2}, kSentenceBytesMax, 3 * kSentenceBytesMax + 7}) {
    const std::string source = "a\n" + std::string(kSentenceBytesMax + over, 'x') + "\nb";
    const auto pieces = split(*parse_locale("sw"), SplitMode::kLines, source);
    ASSERT_THAT(texts(pieces), ElementsAre("a", "!line-too-long", "b")) << over;
    EXPECT_EQ(pieces[1].begin, 2U);
    EXPECT_EQ(pieces[1].end, source.size() - 1);
  }
  EXPECT_EQ(lines(std::string(kSentenceBytesMax, 'x') + "\n").front().size(), kSentenceBytesMax);
}

TEST(Splitter, GivesTheSamePiecesHoweverTheSourceIsCut) {
  const std::string source = hard_source();
  SeededRandom random(7);
  for (const SplitMode mode : {SplitMode::kLines, SplitMode::kSentences}) {
    const auto whole = split(*parse_locale("am"), mode, source);
    EXPECT_GT(whole.size(), mode == SplitMode::kLines ? 5U : 410U);
    for (const std::size_t chunk_max : {1, 100, 5000}) {
      EXPECT_TRUE(same(in_chunks(mode, source, 0, random, chunk_max), whole)) << chunk_max;
    }
  }
}

TEST(Splitter, GoesOnBehindAnyPiece) {
  const std::string source = hard_source();
  SeededRandom random(8);
  for (const SplitMode mode : {SplitMode::kLines, SplitMode::kSentences}) {
    const auto whole = split(*parse_locale("am"), mode, source);
    for (std::size_t i = 0; i < whole.size(); i += 1 + i / 20) {
      EXPECT_TRUE(same(in_chunks(mode, source, whole[i].end, random, 9000), std::span(whole).subspan(i + 1))) << i;
    }
  }
}

TEST(Splitter, PiecesStandInTheSourceWhereTheySay) {
  const std::string source = hard_source();
  std::uint64_t before = 0;
  for (const Piece& piece : split(*parse_locale("am"), SplitMode::kSentences, source)) {
    EXPECT_GE(piece.begin, before);
    EXPECT_GT(piece.end, piece.begin);
    EXPECT_EQ(source.substr(piece.begin, piece.text.size()), piece.text);
    before = piece.end;
  }
}

}  // namespace
}  // namespace antiphon::text
