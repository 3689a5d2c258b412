#include "stages/select/corpus_url.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <map>
#include <set>

#include "adapters/blobs/blob_store.h"
#include "events/event.h"
#include "events/shapes.h"
#include "speech/text/normalise.h"

namespace antiphon::select {
namespace {

constexpr std::size_t kNameBytesMax = 256;  // of a column or field

Error usage(const blobs::StoreUrl& url, std::string_view what) {
  return make_error(ErrorKind::kUsage, fmt::format("corpus {}: {}", url.without_query(), what));
}

bool ends_with_take(std::string_view& name, std::string_view suffix) {
  if (name.size() <= suffix.size()) return false;
  const std::string_view end = name.substr(name.size() - suffix.size());
  for (std::size_t i = 0; i < end.size(); ++i) {
    const char c = end[i] >= 'A' && end[i] <= 'Z' ? static_cast<char>(end[i] + ('a' - 'A')) : end[i];
    if (c != suffix[i]) return false;
  }
  name.remove_suffix(suffix.size());
  return true;
}

Result<std::string> plain_name(const blobs::StoreUrl& url, const std::string& key, const std::string& value) {
  if (value.empty() || value.size() > kNameBytesMax || !text::is_valid_utf8(value)) {
    return usage(url, fmt::format("{}= must be 1 to {} bytes of UTF-8", key, kNameBytesMax));
  }
  return value;
}

// A folder's name may hold blanks, an id may not.
std::string without_blanks(std::string_view name) {
  std::string id;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    id += byte <= 0x20 || byte == 0x7f ? fmt::format("%{:02X}", byte) : std::string(1, c);
  }
  return id;
}

Result<> set_parameter(CorpusUrl& corpus, const blobs::StoreUrl& url, const std::string& key,
                       const std::string& value) {
  if (key == "endpoint" || key == "region") return {};  // the store's
  if (key == "id") {
    corpus.id = value;  // checked with the others'
  } else if (key == "locale") {
    const auto locale = text::parse_locale(value);
    if (!locale) return usage(url, fmt::format("locale={}: {}", value, locale.error().message));
    corpus.locale = *locale;
  } else if (key == "column") {
    ANTIPHON_TRY(name, plain_name(url, key, value));
    corpus.column = std::move(name);
  } else if (key == "field") {
    ANTIPHON_TRY(name, plain_name(url, key, value));
    corpus.field = std::move(name);
  } else if (key == "split") {
    if (value != "line" && value != "sentences")
      return usage(url, fmt::format("split={} is neither line nor sentences", value));
    corpus.split = value == "line" ? text::SplitMode::kLines : text::SplitMode::kSentences;
  } else if (key == "order") {
    if (value != "corpus" && value != "shuffled")
      return usage(url, fmt::format("order={} is neither corpus nor shuffled", value));
    corpus.order = value == "corpus" ? Order::kCorpus : Order::kShuffled;
  } else if (key == "seed") {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), corpus.seed);
    if (error != std::errc{} || end != value.data() + value.size()) {
      return usage(url, fmt::format("seed={} is no whole number from 0 to 18446744073709551615", value));
    }
  } else {
    return usage(
        url,
        fmt::format("unknown parameter '{}'; known: id, locale, column, field, split, order, seed, endpoint, region",
                    key));
  }
  return {};
}

bool is_script(std::string_view part) {  // Latn, Ethi: as BCP 47 writes them, so that -news is no script
  if (part.size() != 4 || part[0] < 'A' || part[0] > 'Z') return false;
  return part.find_first_not_of("abcdefghijklmnopqrstuvwxyz", 1) == std::string_view::npos;
}

bool is_region(std::string_view part) {
  const bool letters =
      part.size() == 2 && part.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
  return letters || (part.size() == 3 && part.find_first_not_of("0123456789") == std::string_view::npos);
}

}  // namespace

Result<CorpusUrl> parse_corpus_url(std::string_view text) {
  auto parsed = blobs::parse_store_url(text);
  if (!parsed) return std::move(parsed).error().within(fmt::format("corpus '{}'", text.substr(0, text.find('?'))));
  const blobs::StoreUrl& url = *parsed;
  CorpusUrl corpus;
  corpus.url = std::string(text);
  corpus.id = without_blanks(url.without_query());
  for (const auto& [key, value] : url.query) ANTIPHON_TRY_VOID(set_parameter(corpus, url, key, value));
  if (url.query.contains("seed") && corpus.order != Order::kShuffled) return usage(url, "seed= needs order=shuffled");
  if (!events::is_corpus_id(corpus.id)) {
    return usage(url, fmt::format("'{}' cannot be its id: give it one with id=, 1 to {} bytes of UTF-8 without blanks",
                                  text::is_valid_utf8(corpus.id) ? corpus.id : "?", events::kCorpusIdBytesMax));
  }
  return corpus;
}

Result<std::vector<CorpusUrl>> parse_corpus_urls(const std::vector<std::string>& urls) {
  std::vector<CorpusUrl> corpora;
  std::set<std::string> ids;
  for (const std::string& url : urls) {
    ANTIPHON_TRY(corpus, parse_corpus_url(url));
    if (!ids.insert(corpus.id).second) {
      return make_error(ErrorKind::kUsage,
                        fmt::format("two corpora have the id {}: give one another with id=", corpus.id));
    }
    corpora.push_back(std::move(corpus));
  }
  return corpora;
}

std::optional<ObjectKind> kind_of_object(std::string_view name) {
  ObjectKind kind;
  if (ends_with_take(name, ".gz")) {
    kind.compression = Compression::kGzip;
  } else if (ends_with_take(name, ".zst")) {
    kind.compression = Compression::kZstd;
  }
  constexpr std::array<std::pair<std::string_view, Format>, 4> kFormats{
      {{".txt", Format::kText}, {".csv", Format::kCsv}, {".tsv", Format::kTsv}, {".jsonl", Format::kJsonl}}};
  for (const auto& [suffix, format] : kFormats) {
    if (!ends_with_take(name, suffix)) continue;
    if (name.back() == '/') return std::nullopt;  // ".txt" alone: hidden, without a name
    kind.format = format;
    return kind;
  }
  return std::nullopt;
}

std::optional<text::Locale> locale_of_object(std::string_view name) {
  name = name.substr(name.rfind('/') + 1);
  const auto next_part = [&name] {
    const auto end = std::min(name.find_first_of("-_."), name.size());
    const std::string_view part = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    return part;
  };
  std::string tag(next_part());
  if (tag.size() < 2 || tag.size() > 3) return std::nullopt;
  auto locale = text::parse_locale(tag);
  if (!locale || locale->script().empty()) return std::nullopt;  // a language that is known has a usual script
  std::string_view part = next_part();
  for (const auto fits : {is_script, is_region}) {
    if (!fits(part)) continue;
    tag += fmt::format("-{}", part);
    part = next_part();
  }
  auto longer = text::parse_locale(tag);
  return longer ? *longer : *locale;
}

}  // namespace antiphon::select
