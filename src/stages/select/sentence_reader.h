// Sentences out of one object, one after the other, each with the place where reading goes on behind it.
//
// The same bytes give the same sentences, whatever offset that was handed out is started at. A unit is what a place can
// lie between: a line or sentence of text, a whole record of CSV or JSONL, however many sentences it holds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/blobs/blob_store.h"
#include "core/result.h"
#include "speech/text/locale.h"
#include "stages/select/corpus_url.h"

namespace antiphon::select {

// Why there is no sentence where one should be; beside the reasons of speech/text/readability.h.
namespace problem {
inline constexpr std::string_view kRecordTooLong = "record-too-long";  // over kRecordBytesMax
inline constexpr std::string_view kMissingColumn = "missing-column";   // the record is shorter than the header
inline constexpr std::string_view kMalformedJson = "malformed-json";
inline constexpr std::string_view kMissingField = "missing-field";
inline constexpr std::string_view kFieldNotText = "field-not-text";
}  // namespace problem

struct RawSentence {
  std::string text;          // not yet normalised; empty with a problem
  std::string_view problem;  // empty: none
  std::uint64_t next = 0;    // bytes of the text up to the end of the unit
  bool unit_end = true;      // the last sentence of its unit
};

class SentenceReader {
 public:
  virtual ~SentenceReader() = default;
  // Nothing: the end. kCorrupt, kInvalidInput: this object as it is cannot be read on; kConflict: it changed;
  // kNotFound: it is gone; others: the store's.
  virtual Result<std::optional<RawSentence>> next() = 0;
};

// `offset`: 0 or the `next` of a unit's last sentence of this very version. kInvalidInput: the column is not in the
// header, or none was named.
Result<std::unique_ptr<SentenceReader>> open_sentences(blobs::BlobStore& store, const blobs::BlobInfo& blob,
                                                       const CorpusUrl& corpus, const ObjectKind& kind,
                                                       const text::Locale& locale, std::uint64_t offset);

}  // namespace antiphon::select
