#include "speech/text/normalise.h"

#include <gtest/gtest.h>

#include <set>

#include "core/crockford.h"

namespace antiphon::text {
namespace {

struct Row {
  const char* name;
  std::string given;
  const char* wanted;
};

TEST(Normalise, GivesOneSpelling) {
  const Row rows[] = {{"as it is", "Habari ya asubuhi.", "Habari ya asubuhi."},
                      {"blanks", "  Habari \t ya\r\nasubuhi.\n", "Habari ya asubuhi."},
                      {"no-break and ideographic spaces", "a\u00A0b\u3000c", "a b c"},
                      {"composed", "caf\u0065\u0301", "caf\u00E9"},
                      {"zero-width marks", "\uFEFFha\u200Bba\u2060ri\u00AD", "habari"},
                      {"a mark between a letter and its accent", "e\u200B\u0301", "\u00E9"},
                      {"joiners stay", "\u0646\u200C\u0627", "\u0646\u200C\u0627"},
                      {"two word spaces are a full stop", "ሰላም፡፡", "ሰላም።"},
                      {"with a mark between them", "ሰላም፡\u200B፡", "ሰላም።"},
                      {"one is a word space", "ሰላም፡ነው", "ሰላም፡ነው"},
                      {"two with a blank are two", "ሰላም፡ ፡", "ሰላም፡ ፡"},
                      {"three", "ሰላም፡፡፡", "ሰላም።፡"},
                      {"four", "ሰላም፡፡፡፡", "ሰላም።።"},
                      {"nothing", "", ""},
                      {"only blanks", " \n\u200B ", ""}};
  for (const Row& row : rows) {
    const auto out = normalise(row.given);
    ASSERT_TRUE(out) << row.name;
    EXPECT_EQ(*out, row.wanted) << row.name;
    EXPECT_EQ(*normalise(*out), *out) << row.name << ", twice";
  }
}

TEST(Normalise, RefusesBytesThatAreNotUtf8) {
  for (const std::string& bytes : {std::string("\xff"), std::string("a\xc0\x80"), std::string("\xed\xa0\x80"),
                                   std::string("\xe1\x8d"), std::string("\xf4\x90\x80\x80")}) {
    const auto out = normalise(bytes);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().message, "invalid-utf8");
  }
}

TEST(PromptId, IsTheAgreedOne) {
  EXPECT_EQ(prompt_id(*parse_locale("sw"), "Habari ya asubuhi.").value(), "16VAHQ3ZDK8QKMHETNY0DKA6Z7");
}

TEST(PromptId, DependsOnLocaleAndTextOnly) {
  std::set<std::string> ids;
  for (const char* tag : {"sw", "am", "sw-TZ"}) {
    for (const char* text : {"a", "b", ""}) {
      const std::string id = prompt_id(*parse_locale(tag), text).value();
      EXPECT_TRUE(is_crockford_128(id));
      EXPECT_EQ(id, prompt_id(*parse_locale(tag), text).value());
      ids.insert(id);
    }
  }
  EXPECT_EQ(ids.size(), 9U);
}

TEST(PromptId, IsTheSameHoweverTheSentenceWasTyped) {
  const Locale am = *parse_locale("am");
  EXPECT_EQ(prompt_id(am, *normalise(" ሰላም  ነው፡፡")), prompt_id(am, *normalise("ሰላም ነው።")));
}

}  // namespace
}  // namespace antiphon::text
