// A corpus by its URL: where it is and how its objects are to be read. docs/formats/corpus.md lists the parameters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "speech/text/locale.h"
#include "speech/text/splitter.h"

namespace antiphon::select {

enum class Order : std::uint8_t { kCorpus, kShuffled };

struct CorpusUrl {
  std::string url;                       // as given, for open_store
  std::string id;                        // id=, else scheme, bucket and prefix
  std::optional<text::Locale> locale;    // locale=: of every object
  std::string column;                    // column=: of .csv and .tsv
  std::string field;                     // field=: of .jsonl; a.b goes into objects
  std::optional<text::SplitMode> split;  // split=; nothing: lines for .txt, sentences for columns and fields
  Order order = Order::kCorpus;
  std::uint64_t seed = 0;
};

// kUsage with what is wrong and what would be right: unknown parameters too.
Result<CorpusUrl> parse_corpus_url(std::string_view url);
// All of them; no two with one id.
Result<std::vector<CorpusUrl>> parse_corpus_urls(const std::vector<std::string>& urls);

enum class Format : std::uint8_t { kText, kCsv, kTsv, kJsonl };
enum class Compression : std::uint8_t { kNone, kGzip, kZstd };

struct ObjectKind {
  Format format = Format::kText;
  Compression compression = Compression::kNone;
  friend bool operator==(const ObjectKind&, const ObjectKind&) = default;
};

// By the end of its name: .txt .csv .tsv .jsonl, each alone or with .gz or .zst. Nothing: no corpus object, passed
// over.
std::optional<ObjectKind> kind_of_object(std::string_view name);
// By the beginning of its file name: am.txt, sw-news.csv, pt-BR_wiki.jsonl.gz. Nothing where that is no known language.
std::optional<text::Locale> locale_of_object(std::string_view name);

}  // namespace antiphon::select
