// CSV by RFC 4180, record by record: quoted fields with doubled quotes, delimiters and line breaks in them; CRLF or LF.
//
// What the RFC does not allow is read the way spreadsheets do: a quote inside an unquoted field is itself, text behind
// a closing quote is appended. A record over kRecordBytesMax or kCsvFieldsMax (an unclosed quote) is passed over up to
// the end of the line in which it went over, and reading goes on there. Blank lines are no records.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stages/select/buffered_source.h"

namespace antiphon::select {

constexpr std::size_t kRecordBytesMax = 1024UL * 1024;  // of a CSV record or a line of JSON
constexpr std::size_t kCsvFieldsMax = 4096;

struct CsvRecord {
  std::vector<std::string> fields;
  bool too_long = false;  // then there are no fields
  std::uint64_t end = 0;  // where the next record begins
};

class CsvRecords {
 public:
  CsvRecords(std::unique_ptr<ByteSource> source, char delimiter, std::uint64_t offset)
      : input_(std::move(source), offset), delimiter_(delimiter) {}

  // Nothing: the end.
  Result<std::optional<CsvRecord>> next();

 private:
  enum class State : std::uint8_t { kFieldStart, kPlain, kQuoted, kQuoteInQuoted };
  void begin_record();
  // One byte of a record; true when it ended the record.
  bool accept(char c);
  void end_field();
  Result<> pass_over_line();
  [[nodiscard]] bool blank() const { return record_.fields.size() == 1 && record_.fields[0].empty() && !had_quote_; }

  BufferedSource input_;
  char delimiter_;
  State state_ = State::kFieldStart;
  CsvRecord record_;
  std::string field_;
  bool had_quote_ = false;
  bool carriage_return_ = false;  // the byte before was a CR outside of quotes
};

}  // namespace antiphon::select
