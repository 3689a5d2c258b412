#include "stages/select/sentence_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "speech/text/normalise.h"
#include "speech/text/readability.h"
#include "speech/text/splitter.h"
#include "stages/select/csv_records.h"
#include "stages/select/json_field.h"

namespace antiphon::select {
namespace {

class TextReader final : public SentenceReader {
 public:
  TextReader(std::unique_ptr<ByteSource> source, const text::Locale& locale, text::SplitMode mode, std::uint64_t offset)
      : input_(std::move(source), offset), locale_(locale), mode_(mode) {}

  Result<std::optional<RawSentence>> next() override {
    for (;;) {
      if (splitter_) {
        if (auto piece = splitter_->next())
          return std::optional(RawSentence{std::move(piece->text), piece->problem, piece->end, true});
        if (finished_) return std::optional<RawSentence>{};
      }
      ANTIPHON_TRY(ahead, input_.ahead());
      if (!splitter_) splitter_.emplace(locale_, mode_, input_.offset());  // behind a byte order mark
      if (ahead.empty()) {
        finished_ = true;
        splitter_->finish();
      } else {
        splitter_->feed(as_bytes(ahead));
        input_.take(ahead.size());
      }
    }
  }

 private:
  BufferedSource input_;
  text::Locale locale_;
  text::SplitMode mode_;
  std::optional<text::Splitter> splitter_;
  bool finished_ = false;
};

// What a record has in the named place.
struct Value {
  std::string text;
  std::string_view problem;
  std::uint64_t end = 0;
};

// Records with one text each; its sentences are one unit.
class RecordReader : public SentenceReader {
 public:
  RecordReader(const text::Locale& locale, text::SplitMode mode) : locale_(locale), mode_(mode) {}

  Result<std::optional<RawSentence>> next() final {
    while (pending_.empty()) {
      ANTIPHON_TRY(value, next_value());
      if (!value) return std::optional<RawSentence>{};
      split(std::move(*value));
    }
    RawSentence first = std::move(pending_.front());
    pending_.pop_front();
    return std::optional(std::move(first));
  }

 protected:
  virtual Result<std::optional<Value>> next_value() = 0;

 private:
  void split(Value value) {
    if (value.problem.empty() && !text::is_valid_utf8(value.text)) value.problem = text::reason::kInvalidUtf8;
    if (value.problem.empty()) {
      for (text::Piece& piece : text::split(locale_, mode_, value.text)) {
        pending_.push_back(RawSentence{std::move(piece.text), piece.problem, value.end, false});
      }
      if (pending_.empty()) value.problem = text::reason::kEmpty;
    }
    if (!value.problem.empty()) pending_.push_back(RawSentence{{}, value.problem, value.end, false});
    pending_.back().unit_end = true;
  }

  text::Locale locale_;
  text::SplitMode mode_;
  std::deque<RawSentence> pending_;
};

class CsvReader final : public RecordReader {
 public:
  CsvReader(CsvRecords records, std::size_t column, const text::Locale& locale, text::SplitMode mode)
      : RecordReader(locale, mode), records_(std::move(records)), column_(column) {}

 protected:
  Result<std::optional<Value>> next_value() override {
    ANTIPHON_TRY(record, records_.next());
    if (!record) return std::optional<Value>{};
    Value value;
    value.end = record->end;
    if (record->too_long) {
      value.problem = problem::kRecordTooLong;
    } else if (record->fields.size() <= column_) {
      value.problem = problem::kMissingColumn;
    } else {
      value.text = std::move(record->fields[column_]);
    }
    return std::optional(std::move(value));
  }

 private:
  CsvRecords records_;
  std::size_t column_;
};

class JsonlReader final : public RecordReader {
 public:
  JsonlReader(std::unique_ptr<ByteSource> source, std::uint64_t offset, std::string field, const text::Locale& locale,
              text::SplitMode mode)
      : RecordReader(locale, mode), input_(std::move(source), offset), field_(std::move(field)) {}

 protected:
  Result<std::optional<Value>> next_value() override {
    for (;;) {
      ANTIPHON_TRY(more, read_line());
      if (!more) return std::optional<Value>{};
      Value value;
      value.end = input_.offset();
      if (too_long_) {
        value.problem = problem::kRecordTooLong;
      } else if (line_.find_first_not_of(" \t\r") == std::string::npos) {
        continue;
      } else if (!text::is_valid_utf8(line_)) {
        value.problem = text::reason::kInvalidUtf8;
      } else {
        JsonField found = extract_json_field(line_, field_);
        value.text = std::move(found.text);
        value.problem = found.problem;
      }
      return std::optional(std::move(value));
    }
  }

 private:
  // Into line_, without its end; false: the source's end.
  Result<bool> read_line() {
    line_.clear();
    too_long_ = false;
    bool any = false;
    for (;;) {
      ANTIPHON_TRY(ahead, input_.ahead());
      if (ahead.empty()) return any;
      any = true;
      const auto line_feed = ahead.find('\n');
      const std::string_view part = ahead.substr(0, line_feed);
      too_long_ = too_long_ || line_.size() + part.size() > kRecordBytesMax;
      if (!too_long_) line_ += part;
      input_.take(line_feed == std::string_view::npos ? ahead.size() : line_feed + 1);
      if (line_feed != std::string_view::npos) return true;
    }
  }

  BufferedSource input_;
  std::string field_;
  std::string line_;
  bool too_long_ = false;
};

Error no_column(const blobs::BlobInfo& blob, const CorpusUrl& corpus, const std::vector<std::string>& names) {
  std::string known;
  for (const std::string& name : names) {
    if (known.size() + name.size() > 300) {
      known += ", ...";
      break;
    }
    known += (known.empty() ? "" : ", ") + (text::is_valid_utf8(name) ? name : std::string("?"));
  }
  const std::string what = corpus.column.empty() ? "its column is not named: add column= to the corpus URL"
                                                 : fmt::format("it has no column '{}'", corpus.column);
  return make_error(ErrorKind::kInvalidInput, fmt::format("{}: {}; its header has: {}", blob.name, what, known));
}

Result<std::unique_ptr<SentenceReader>> open_csv(blobs::BlobStore& store, const blobs::BlobInfo& blob,
                                                 const CorpusUrl& corpus, const ObjectKind& kind,
                                                 const text::Locale& locale, text::SplitMode mode,
                                                 std::uint64_t offset) {
  const char delimiter = kind.format == Format::kTsv ? '\t' : ',';
  ANTIPHON_TRY(head, open_text(store, blob, kind.compression, 0));
  CsvRecords header(std::move(head), delimiter, 0);
  ANTIPHON_TRY(names, header.next());
  if (!names) return no_column(blob, corpus, {});
  const auto column = std::find(names->fields.begin(), names->fields.end(), corpus.column);
  if (corpus.column.empty() || column == names->fields.end()) return no_column(blob, corpus, names->fields);
  const std::uint64_t start = std::max(offset, names->end);
  ANTIPHON_TRY(source, open_text(store, blob, kind.compression, start));
  return std::make_unique<CsvReader>(CsvRecords(std::move(source), delimiter, start),
                                     static_cast<std::size_t>(column - names->fields.begin()), locale, mode);
}

}  // namespace

Result<std::unique_ptr<SentenceReader>> open_sentences(blobs::BlobStore& store, const blobs::BlobInfo& blob,
                                                       const CorpusUrl& corpus, const ObjectKind& kind,
                                                       const text::Locale& locale, std::uint64_t offset) {
  const auto otherwise = kind.format == Format::kText ? text::SplitMode::kLines : text::SplitMode::kSentences;
  const text::SplitMode mode = corpus.split.value_or(otherwise);
  if (kind.format == Format::kCsv || kind.format == Format::kTsv)
    return open_csv(store, blob, corpus, kind, locale, mode, offset);
  if (kind.format == Format::kJsonl && corpus.field.empty()) {
    return make_error(ErrorKind::kInvalidInput,
                      fmt::format("{}: its field is not named: add field= to the corpus URL", blob.name));
  }
  ANTIPHON_TRY(source, open_text(store, blob, kind.compression, offset));
  if (kind.format == Format::kJsonl)
    return std::make_unique<JsonlReader>(std::move(source), offset, corpus.field, locale, mode);
  return std::make_unique<TextReader>(std::move(source), locale, mode, offset);
}

}  // namespace antiphon::select
