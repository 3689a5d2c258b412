#include "stages/select/sentence_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "adapters/blobs/testing/memory_store.h"
#include "stages/select/csv_records.h"
#include "stages/select/json_field.h"
#include "stages/select/testing/compressed.h"

namespace antiphon::select {
namespace {

text::Locale locale_of(std::string_view tag) { return *text::parse_locale(tag); }

struct Read {
  std::string text;  // or !problem
  std::uint64_t next;
  bool unit_end;
  friend bool operator==(const Read&, const Read&) = default;
};

class Corpus {
 public:
  Corpus(std::string_view url, std::string name, const std::string& bytes)
      : url_(*parse_corpus_url(url)), name_(std::move(name)) {
    EXPECT_TRUE(store_.put(name_, as_bytes(bytes), {}));
  }
  Result<std::vector<Read>> read(std::uint64_t offset = 0, std::string_view locale = "sw") {
    const auto info = store_.head(name_);
    ANTIPHON_TRY(reader, open_sentences(store_, info->info, url_, *kind_of_object(name_), locale_of(locale), offset));
    std::vector<Read> all;
    for (;;) {
      ANTIPHON_TRY(raw, reader->next());
      if (!raw) return all;
      all.push_back({raw->problem.empty() ? raw->text : "!" + std::string(raw->problem), raw->next, raw->unit_end});
    }
  }
  std::vector<std::string> texts(std::uint64_t offset = 0, std::string_view locale = "sw") {
    std::vector<std::string> out;
    auto all = read(offset, locale);
    if (!all) return {"error: " + all.error().message};
    for (const Read& one : *all) out.push_back(one.text);
    return out;
  }

 private:
  blobs::testing::MemoryStore store_;
  CorpusUrl url_;
  std::string name_;
};

struct Row {
  const char* name;
  const char* url;
  const char* object;
  std::string bytes;
  std::vector<std::string> expected;
};

std::string long_line(std::size_t bytes) { return std::string(bytes, 'a'); }

std::vector<Row> rows() {
  const std::string csv_url = "file:///c?column=text&split=line";
  return {
      {"lines", "file:///c", "sw.txt", "Moja.\nMbili.\n", {"Moja.", "Mbili."}},
      {"no line feed at the end", "file:///c", "sw.txt", "Moja.\nMbili.", {"Moja.", "Mbili."}},
      {"CRLF and a byte order mark", "file:///c", "sw.txt", "\xEF\xBB\xBFMoja.\r\nMbili.\r\n", {"Moja.", "Mbili."}},
      {"a byte order mark and nothing else", "file:///c", "sw.txt", "\xEF\xBB\xBF", {}},
      {"an empty object", "file:///c", "sw.txt", "", {}},
      {"bytes that are no UTF-8",
       "file:///c",
       "sw.txt",
       "Moja.\n\xff\xfe\nTatu.\n",
       {"Moja.", "!invalid-utf8", "Tatu."}},
      {"a line too long",
       "file:///c",
       "sw.txt",
       "Moja.\n" + long_line(100'000) + "\nTatu.\n",
       {"Moja.", "!line-too-long", "Tatu."}},
      {"running text",
       "file:///c?split=sentences",
       "sw.txt",
       "Moja ni hii. Mbili ni\nile. Tatu?\n",
       {"Moja ni hii.", "Mbili ni\nile.", "Tatu?"}},
      {"csv by column",
       "file:///c?column=text&split=line",
       "sw.csv",
       "id,text\n1,Moja.\n2,Mbili.\n",
       {"Moja.", "Mbili."}},
      {"csv with quotes, delimiters and line breaks",
       "file:///c?column=text&split=line",
       "sw.csv",
       "id,text,x\r\n1,\"Sema \"\"habari\"\", sasa.\",y\r\n2,\"Mbili\",\r\n",
       {"Sema \"habari\", sasa.", "Mbili"}},
      {"csv with a line break in a field",
       "file:///c?column=text",
       "sw.csv",
       "text\n\"Moja ni\nhii.\"\nMbili ni hii.\n",
       {"Moja ni\nhii.", "Mbili ni hii."}},
      {"csv with a byte order mark and a quoted header",
       "file:///c?column=text&split=line",
       "sw.csv",
       "\xEF\xBB\xBF\"text\",b\nMoja.,2\n",
       {"Moja."}},
      {"csv with a short record, blank lines and an empty field",
       "file:///c?column=text&split=line",
       "sw.csv",
       "id,text\n1\n\n\r\n2,\n3,Tatu.\n",
       {"!missing-column", "!empty", "Tatu."}},
      {"csv of several sentences in a field",
       "file:///c?column=text",
       "sw.csv",
       "text\nMoja ni hii. Mbili ni hii.\nTatu ni hii.\n",
       {"Moja ni hii.", "Mbili ni hii.", "Tatu ni hii."}},
      {"tsv",
       "file:///c?column=sentence&split=line",
       "sw-news.tsv",
       "n\tsentence\n1\tMoja, mbili.\n",
       {"Moja, mbili."}},
      {"an unclosed quote ends with the line in which a record becomes too long",
       "file:///c?column=text&split=line",
       "sw.csv",
       "text\n\"" + long_line(kRecordBytesMax) + "\nMbili.\n",
       {"!record-too-long", "Mbili."}},
      {"csv with bytes that are no UTF-8",
       "file:///c?column=text&split=line",
       "sw.csv",
       "text\n\xff\nMbili.\n",
       {"!invalid-utf8", "Mbili."}},
      {"jsonl by field",
       "file:///c?field=text&split=line",
       "sw.jsonl",
       "{\"text\":\"Moja.\",\"n\":1}\n{\"n\":{\"text\":\"x\"},\"text\":\"Mbili \\u00e9.\"}\n",
       {"Moja.", "Mbili \xC3\xA9."}},
      {"jsonl by a field in objects",
       "file:///c?field=a.b&split=line",
       "sw.jsonl",
       "{\"a\":{\"b\":\"Moja.\"}}\n{\"a\":[{\"b\":\"x\"}]}\n{\"a\":{\"c\":{\"b\":\"x\"}},\"b\":\"y\"}\n{\"a.b\":\"Nne."
       "\"}\n",
       {"Moja.", "!missing-field", "!missing-field", "Nne."}},
      {"jsonl with lines that do not fit",
       "file:///c?field=text&split=line",
       "sw.jsonl",
       "{\"text\":\n{\"text\":5}\n[]\n\n{\"text\":null}\n\xff\n{\"text\":\"Sita.\"}",
       {"!malformed-json", "!field-not-text", "!missing-field", "!field-not-text", "!invalid-utf8", "Sita."}},
      {"jsonl nested without end",
       "file:///c?field=text&split=line",
       "sw.jsonl",
       std::string(100'000, '[') + "\n{\"text\":\"Mbili.\"}\n",
       {"!malformed-json", "Mbili."}},
      {"jsonl with a line too long",
       "file:///c?field=text&split=line",
       "sw.jsonl",
       "{\"text\":\"" + long_line(kRecordBytesMax) + "\"}\n{\"text\":\"Mbili.\"}\n",
       {"!record-too-long", "Mbili."}},
  };
}

TEST(SentenceReader, ReadsEveryFormatAsItsTableSays) {
  for (const Row& row : rows()) {
    Corpus corpus(row.url, row.object, row.bytes);
    EXPECT_EQ(corpus.texts(), row.expected) << row.name;
  }
}

TEST(SentenceReader, GivesTheSameOutOfCompressedObjects) {
  for (const Row& row : rows()) {
    EXPECT_EQ(Corpus(row.url, row.object + std::string(".gz"), testing::gzip(row.bytes)).texts(), row.expected)
        << row.name;
    EXPECT_EQ(Corpus(row.url, row.object + std::string(".zst"), testing::zstd(row.bytes)).texts(), row.expected)
        << row.name;
  }
}

TEST(SentenceReader, GoesOnBehindAnyUnitWithExactlyWhatFollowsIt) {
  for (const Row& row : rows()) {
    for (const char* ending : {"", ".gz", ".zst"}) {
      const std::string stored = *ending == 0       ? row.bytes
                                 : ending[1] == 'g' ? testing::gzip(row.bytes)
                                                    : testing::zstd(row.bytes);
      Corpus corpus(row.url, row.object + std::string(ending), stored);
      const auto all = corpus.read();
      ASSERT_TRUE(all) << row.name;
      for (std::size_t i = 0; i < all->size(); ++i) {
        if (!(*all)[i].unit_end) continue;
        const auto rest = corpus.read((*all)[i].next);
        ASSERT_TRUE(rest) << row.name << ": " << rest.error().message;
        EXPECT_EQ(*rest, std::vector<Read>(all->begin() + static_cast<std::ptrdiff_t>(i) + 1, all->end()))
            << row.name << ending << " behind " << i;
      }
    }
  }
}

TEST(SentenceReader, EthiopicTextIsSplitAtItsOwnMarks) {
  Corpus corpus("file:///c?split=sentences", "am.txt", "ሰላም ነው። እንዴት ነህ፧ ደህና ነኝ፡፡ አመሰግናለሁ።\n");
  EXPECT_EQ(corpus.texts(0, "am"), (std::vector<std::string>{"ሰላም ነው።", "እንዴት ነህ፧", "ደህና ነኝ፡፡", "አመሰግናለሁ።"}));
}

TEST(SentenceReader, NamesTheColumnsThatThereAreWhenTheNamedOneIsMissing) {
  EXPECT_EQ(Corpus("file:///c?column=satz", "sw.csv", "id,text\n1,a\n").texts()[0],
            "error: sw.csv: it has no column 'satz'; its header has: id, text");
  EXPECT_EQ(Corpus("file:///c", "sw.csv", "id,text\n1,a\n").texts()[0],
            "error: sw.csv: its column is not named: add column= to the corpus URL; its header has: id, text");
  EXPECT_EQ(Corpus("file:///c", "sw.jsonl", "{}\n").texts()[0],
            "error: sw.jsonl: its field is not named: add field= to the corpus URL");
}

TEST(SentenceReader, SaysWhenACompressedObjectIsCutOrIsNone) {
  const std::string text = "Moja.\nMbili.\n";
  for (const std::string& bytes :
       {testing::gzip(text).substr(0, 15), std::string("Moja."), testing::gzip(text) + std::string(9, '\0') + "x"}) {
    Corpus corpus("file:///c", "sw.txt.gz", bytes);
    const auto all = corpus.read();
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().kind, ErrorKind::kCorrupt);
  }
  for (const std::string& bytes : {testing::zstd(text).substr(0, 10), std::string("Moja.")}) {
    Corpus corpus("file:///c", "sw.txt.zst", bytes);
    const auto all = corpus.read();
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(SentenceReader, ReadsSeveralMembersAndFramesAndPaddingAsOneText) {
  EXPECT_EQ(
      Corpus("file:///c", "sw.txt.gz", testing::gzip("Mo") + testing::gzip("ja.\n") + std::string(512, '\0')).texts(),
      (std::vector<std::string>{"Moja."}));
  EXPECT_EQ(Corpus("file:///c", "sw.txt.zst", testing::zstd("Mo") + testing::zstd("") + testing::zstd("ja.\n")).texts(),
            (std::vector<std::string>{"Moja."}));
}

// 1 GiB of zeros in a few KiB: neither held in memory nor read to its end.
TEST(SentenceReader, ABombIsRefused) {
  const std::string zeros = testing::zstd_zeros(std::size_t{1} << 30);
  ASSERT_LT(zeros.size(), 200'000U);
  const auto all = Corpus("file:///c", "sw.txt.zst", zeros).read();
  ASSERT_FALSE(all);
  EXPECT_NE(all.error().message.find("no text does"), std::string::npos) << all.error().message;
}

TEST(SentenceReader, AWindowThatWouldTakeTooMuchMemoryIsRefusedWithTheCure) {
  const auto all = Corpus("file:///c", "sw.txt.zst", testing::zstd(std::string(4096, 'a'), 27)).read();
  ASSERT_FALSE(all);
  EXPECT_NE(all.error().message.find("level 19"), std::string::npos) << all.error().message;
}

TEST(JsonField, OfARepeatedNameTheLastCounts) {
  EXPECT_EQ(extract_json_field(R"({"t":"a","t":"b"})", "t").text, "b");
  EXPECT_EQ(extract_json_field(R"({"t":"a","t":{"x":1}})", "t").problem, problem::kFieldNotText);
}

}  // namespace
}  // namespace antiphon::select
