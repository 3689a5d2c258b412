#include "speech/text/readability.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "speech/text/normalise.h"
#include "speech/text/splitter.h"

namespace antiphon::text {
namespace {

std::string why(const Readability& rules, const char* tag, std::string_view text) {
  return std::string(rules.why_not(*parse_locale(tag), text).value_or("readable"));
}

struct Row {
  const char* tag;
  std::string text;
  std::string_view wanted;
};

TEST(Readability, SaysWhyASentenceCannotBeReadAloud) {
  const Row rows[] = {{"sw", "Habari ya asubuhi.", "readable"},
                      {"sw", "Mwezi uling'aa sana; je, hatukuhitaji taa?", "readable"},
                      {"en", "\"Well,\" she said, \"that's naïve - isn't it?\"", "readable"},
                      {"am", "ሰላም፡ነው።", "readable"},
                      {"am", "«ሰላም» አለ፤ ደህና ነው፦ በቃ!", "readable"},
                      {"ja", "これは日本語のカタカナです。", "readable"},
                      {"sr-Latn", "Dobro jutro.", "readable"},
                      {"swh", "Habari ya asubuhi.", "readable"},
                      {"sw", "", reason::kEmpty},
                      {"sw", "A", reason::kTooShort},
                      {"sw", std::string(201, 'a'), reason::kTooLong},
                      {"sw", std::string(200, 'a'), "readable"},
                      {"sw", "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", reason::kTooLong},
                      {"sw", "Namba 5", reason::kDigit},
                      {"am", "ክፍል ፲፪", reason::kDigit},
                      {"ar", "رقم ٥", reason::kDigit},
                      {"en", "Read <b>this</b>", reason::kMarkup},
                      {"en", "Tom &amp; Jerry", reason::kMarkup},
                      {"en", "[[link]]", reason::kMarkup},
                      {"en", "*bold* words", reason::kMarkup},
                      {"en", "See https://example.org/x now", reason::kUrl},
                      {"en", "See www.example now", reason::kUrl},
                      {"en", "See example.org now", reason::kUrl},
                      {"en", "Write to asha@example please", reason::kUrl},
                      {"en", "This, e.g. that, i.e. it.", "readable"},
                      {"en", "Tom & Jerry", reason::kSymbol},
                      {"en", "Ten € please", reason::kSymbol},
                      {"en", "Hello 😀", reason::kSymbol},
                      {"am", "ሰላም hello", reason::kWrongScript},
                      {"sw", "Habari ሰላም", reason::kWrongScript},
                      {"sr-Latn", "Добро јутро.", reason::kWrongScript},
                      {"sw", "... !?", reason::kNoLetter},
                      {"sw", std::string("a\x01z b"), reason::kControl},
                      {"sw", "a\u202Eb c", reason::kControl},
                      {"sw", "bad \xff", reason::kInvalidUtf8}};
  for (const Row& row : rows) EXPECT_EQ(why({}, row.tag, row.text), row.wanted) << row.tag << ": " << row.text;
}

TEST(Readability, TakesItsRulesFromAFile) {
  const auto rules = Readability::parse(R"(
chars_max = 20
allowed = "%&"
[locale.am]
words_max = 2
any_script = true
[locale.sw]
digits = true
symbols = true
markup = true
urls = true
)",
                                        "rules.toml");
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(why(*rules, "en", "Tom & Jerry, all %"), "readable");
  EXPECT_EQ(why(*rules, "en", "Twenty-one characters"), reason::kTooLong);
  EXPECT_EQ(why(*rules, "am", "ሰላም hello"), "readable");
  EXPECT_EQ(why(*rules, "am-ET", "ሀ ሀ ሀ"), reason::kTooLong);
  EXPECT_EQ(why(*rules, "sw", "5 <b> a.com €"), "readable");
  EXPECT_EQ(why(*rules, "en", "Number 5"), reason::kDigit);
}

TEST(Readability, RefusesRulesThatItDoesNotKnow) {
  for (const char* toml :
       {"chars_maximum = 3", "chars_max = -1", "chars_max = \"3\"", "digits = 1", "allowed = 3", "locale = 3",
        "[locale.junk_junk_junk]\ndigits = true", "[locale.sw]\nnone = 1", "chars_min = 9\nchars_max = 3",
        "[locale.sw]\nwords_min = 50", "chars_max = ", "[[locale]]"}) {
    const auto rules = Readability::parse(toml, "rules.toml");
    ASSERT_FALSE(rules) << toml;
    EXPECT_EQ(rules.error().kind, ErrorKind::kConfig);
    EXPECT_TRUE(rules.error().message.starts_with("rules.toml:")) << rules.error().message;
  }
}

class DemoCorpus : public ::testing::TestWithParam<const char*> {};

TEST_P(DemoCorpus, PassesTheDefaultRulesAndHoldsNothingTwice) {
  std::ifstream file(std::string(ANTIPHON_SOURCE_DIR) + "/demo/corpora/" + GetParam() + ".txt");
  const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Locale locale = *parse_locale(GetParam());
  std::set<std::string> ids;
  const auto pieces = split(locale, SplitMode::kLines, content);
  EXPECT_GE(pieces.size(), 40U);
  for (const Piece& piece : pieces) {
    const auto text = normalise(piece.text);
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, piece.text) << "is written as it will be published";
    EXPECT_EQ(why({}, GetParam(), *text), "readable") << *text;
    EXPECT_TRUE(ids.insert(prompt_id(locale, *text).value()).second) << *text;
    EXPECT_EQ(split(locale, SplitMode::kSentences, *text).size(), 1U) << *text;
  }
}
INSTANTIATE_TEST_SUITE_P(Languages, DemoCorpus, ::testing::Values("am", "sw", "en"));

}  // namespace
}  // namespace antiphon::text
