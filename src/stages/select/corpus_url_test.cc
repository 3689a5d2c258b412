#include "stages/select/corpus_url.h"

#include <gtest/gtest.h>

namespace antiphon::select {
namespace {

TEST(CorpusUrl, SaysWhereAndHow) {
  const auto url = parse_corpus_url(
      "s3://voices/texts/am?endpoint=http://"
      "h:1&region=x&id=am&locale=AM&column=Satz%20A&split=line&order=shuffled&seed=7");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->id, "am");
  EXPECT_EQ(url->locale->tag(), "am");
  EXPECT_EQ(url->column, "Satz A");
  EXPECT_EQ(*url->split, text::SplitMode::kLines);
  EXPECT_EQ(url->order, Order::kShuffled);
  EXPECT_EQ(url->seed, 7U);
}

TEST(CorpusUrl, WithoutAnIdIsNamedByItsPlace) {
  EXPECT_EQ(parse_corpus_url("s3://voices/texts?endpoint=http://h:1")->id, "s3://voices/texts");
  EXPECT_EQ(parse_corpus_url("file:///srv/am.txt")->id, "file:///srv/am.txt");
  EXPECT_EQ(parse_corpus_url("file:///srv/my%20texts")->id, "file:///srv/my%20texts");
}

TEST(CorpusUrl, EveryMistakeIsNamed) {
  const std::vector<std::pair<const char*, const char*>> rows{
      {"/srv/x", "named by a URL"},
      {"file:///x?colum=a", "unknown parameter 'colum'"},
      {"file:///x?split=words", "split=words"},
      {"file:///x?order=random", "order=random"},
      {"file:///x?order=shuffled&seed=-1", "seed=-1"},
      {"file:///x?order=shuffled&seed=", "seed="},
      {"file:///x?seed=1", "seed= needs order=shuffled"},
      {"file:///x?locale=not_a_language_at_all", "locale="},
      {"file:///x?id=", "give it one with id="},
      {"file:///x?id=a%20b", "give it one with id="},
      {"file:///x?column=", "column="},
      {"file:///x?column=%FF", "column="},
  };
  for (const auto& [url, part] : rows) {
    const auto parsed = parse_corpus_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage) << url;
    EXPECT_NE(parsed.error().message.find(part), std::string::npos) << parsed.error().message;
  }
  EXPECT_NE(parse_corpus_urls({"file:///x", "file:///x?locale=sw"}).error().message.find("two corpora"),
            std::string::npos);
}

TEST(CorpusUrl, TheEndOfAnObjectsNameTellsHowToReadIt) {
  const auto kind = [](const char* name) { return kind_of_object(name); };
  EXPECT_EQ(kind("am.txt"), (ObjectKind{Format::kText, Compression::kNone}));
  EXPECT_EQ(kind("a/B.CSV.GZ"), (ObjectKind{Format::kCsv, Compression::kGzip}));
  EXPECT_EQ(kind("a/x.tsv"), (ObjectKind{Format::kTsv, Compression::kNone}));
  EXPECT_EQ(kind("x.jsonl.zst"), (ObjectKind{Format::kJsonl, Compression::kZstd}));
  for (const char* other : {"README", "x.json", "x.txt.bz2", ".txt", "a/.txt", "x.gz", "txt", ""})
    EXPECT_FALSE(kind(other)) << other;
}

TEST(CorpusUrl, TheBeginningOfAnObjectsNameTellsItsLanguage) {
  const std::vector<std::pair<const char*, const char*>> rows{{"am.txt", "am"},
                                                              {"sw-news.csv", "sw"},
                                                              {"a/b/en_wiki.jsonl.gz", "en"},
                                                              {"pt-BR.txt", "pt-BR"},
                                                              {"sr-Latn-RS_x.txt", "sr-Latn-RS"},
                                                              {"en-of.txt", "en"},
                                                              {"amh.txt", "am"},
                                                              {"README.txt", ""},
                                                              {"news.csv", ""},
                                                              {"x.txt", ""},
                                                              {"qqq.txt", ""},
                                                              {"1.txt", ""}};
  for (const auto& [name, tag] : rows) {
    const auto locale = locale_of_object(name);
    EXPECT_EQ(locale ? locale->tag() : "", tag) << name;
  }
}

}  // namespace
}  // namespace antiphon::select
