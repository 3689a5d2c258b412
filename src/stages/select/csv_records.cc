#include "stages/select/csv_records.h"

namespace antiphon::select {

void CsvRecords::end_field() {
  record_.fields.push_back(std::move(field_));
  field_.clear();
  state_ = State::kFieldStart;
}

bool CsvRecords::accept(char c) {
  if (state_ == State::kQuoted) {
    if (c == '"') {
      state_ = State::kQuoteInQuoted;
    } else {
      field_.push_back(c);
    }
    return false;
  }
  if (state_ == State::kQuoteInQuoted && c == '"') {
    field_.push_back(c);
    state_ = State::kQuoted;
    return false;
  }
  if (c == '\n') {
    if (carriage_return_ && !field_.empty()) field_.pop_back();
    carriage_return_ = false;
    end_field();
    return true;
  }
  carriage_return_ = c == '\r';
  if (c == delimiter_) {
    end_field();
  } else if (c == '"' && state_ == State::kFieldStart) {
    state_ = State::kQuoted;
    had_quote_ = true;
  } else {
    field_.push_back(c);
    state_ = State::kPlain;
  }
  return false;
}

Result<> CsvRecords::pass_over_line() {
  for (;;) {
    ANTIPHON_TRY(ahead, input_.ahead());
    if (ahead.empty()) return {};
    const auto line_feed = ahead.find('\n');
    input_.take(line_feed == std::string_view::npos ? ahead.size() : line_feed + 1);
    if (line_feed != std::string_view::npos) return {};
  }
}

void CsvRecords::begin_record() {
  record_ = CsvRecord{};
  field_.clear();
  state_ = State::kFieldStart;
  had_quote_ = carriage_return_ = false;
}

Result<std::optional<CsvRecord>> CsvRecords::next() {
  begin_record();
  std::size_t bytes = 0;
  for (;;) {
    ANTIPHON_TRY(ahead, input_.ahead());
    if (ahead.empty()) {
      if (bytes == 0) return std::optional<CsvRecord>{};
      if (carriage_return_ && !field_.empty()) field_.pop_back();
      end_field();
      if (blank()) return std::optional<CsvRecord>{};
      record_.end = input_.offset();
      return std::optional(std::move(record_));
    }
    std::size_t used = 0;
    bool ended = false;
    while (used < ahead.size() && !ended && bytes < kRecordBytesMax && record_.fields.size() < kCsvFieldsMax) {
      ended = accept(ahead[used++]);
      ++bytes;
    }
    input_.take(used);
    if (ended) {
      if (blank()) {
        begin_record();
        bytes = 0;
        continue;
      }
      record_.end = input_.offset();
      return std::optional(std::move(record_));
    }
    if (bytes >= kRecordBytesMax || record_.fields.size() >= kCsvFieldsMax) {
      ANTIPHON_TRY_VOID(pass_over_line());
      CsvRecord passed;
      passed.too_long = true;
      passed.end = input_.offset();
      return std::optional(std::move(passed));
    }
  }
}

}  // namespace antiphon::select
