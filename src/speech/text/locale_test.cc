#include "speech/text/locale.h"

#include <gtest/gtest.h>

namespace antiphon::text {
namespace {

struct Row {
  const char* given;
  const char* tag;
  const char* script;
  Direction direction;
};

TEST(Locale, IsCanonicalWithScriptAndDirection) {
  for (const Row& row :
       {Row{"sw", "sw", "Latn", Direction::kLeftToRight}, Row{"SW", "sw", "Latn", Direction::kLeftToRight},
        Row{"am_ET", "am-ET", "Ethi", Direction::kLeftToRight}, Row{"ti", "ti", "Ethi", Direction::kLeftToRight},
        Row{"ar", "ar", "Arab", Direction::kRightToLeft}, Row{"iw", "he", "Hebr", Direction::kRightToLeft},
        Row{"SR-LATN", "sr-Latn", "Latn", Direction::kLeftToRight},
        Row{"so-arab", "so-Arab", "Arab", Direction::kRightToLeft}, Row{"swh", "sw", "Latn", Direction::kLeftToRight},
        Row{"amh", "am", "Ethi", Direction::kLeftToRight}, Row{"qaa", "qaa", "", Direction::kLeftToRight},
        Row{"pt-br", "pt-BR", "Latn", Direction::kLeftToRight}}) {
    const auto locale = parse_locale(row.given);
    ASSERT_TRUE(locale) << row.given << ": " << locale.error().message;
    EXPECT_EQ(locale->tag(), row.tag);
    EXPECT_EQ(locale->script(), row.script) << row.given;
    EXPECT_EQ(locale->direction(), row.direction) << row.given;
  }
}

TEST(Locale, RefusesWhatIsNoLanguageTag) {
  for (const char* junk : {"",
                           "-",
                           "s",
                           "und",
                           "root",
                           "x-private",
                           "sw-",
                           "sw--TZ",
                           "../am",
                           "am/x",
                           "sw TZ",
                           "abcdefghijk",
                           "sw-u-ca-buddhist",
                           "sw-x-mine",
                           "en-$",
                           "i-klingon!",
                           "sw\nTZ",
                           "አማ",
                           "sw-toolongsubtag",
                           "sw-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd"}) {
    EXPECT_FALSE(parse_locale(junk)) << junk << " became " << parse_locale(junk)->tag();
  }
}

TEST(Locale, ATagStaysItselfWhenItIsParsedAgain) {
  for (const char* tag : {"sw", "am-ET", "he", "sr-Latn", "zh-Hant-TW", "de-1996", "es-419"}) {
    EXPECT_EQ(parse_locale(tag)->tag(), tag);
  }
}

}  // namespace
}  // namespace antiphon::text
