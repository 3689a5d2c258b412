#include "events/dead_letter.h"

#include <algorithm>
#include <string_view>

#include "events/envelope.h"
#include "events/topics.h"

namespace antiphon::events {
namespace {

// At most `bytes_max`, cut before a character and not inside it.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

void set(RecordHeaders& headers, std::string_view name, std::string_view value) {
  std::erase_if(headers, [&](const RecordHeader& header) { return header.name == name; });
  headers.push_back({std::string(name), std::string(cut(value, kDeadLetterDetailBytesMax))});
}

}  // namespace

OutgoingRecord build_dead_letter(const IncomingRecord& record, const DeadLetter& about) {
  OutgoingRecord letter;
  letter.topic = Topics::dlq(record.topic, about.target);
  letter.partition = record.partition;
  if (record.key) letter.key = std::string(as_text(*record.key));
  if (record.value) letter.value = std::string(as_text(*record.value));
  if (record.timestamp_ms >= 0) letter.timestamp_ms = record.timestamp_ms;
  letter.headers = record.headers;
  const auto error = [&](std::string_view name, std::string_view value) {
    set(letter.headers, std::string("__connect.errors.").append(name), value);
  };
  error("topic", record.topic);
  error("partition", std::to_string(record.partition.value()));
  error("offset", std::to_string(record.offset.value()));
  error("connector.name", about.group_id);
  error("task.id", about.slot);
  error("stage", "TASK_PUT");
  error("class.name", std::string("antiphon.").append(about.target.substr(0, about.target.find('.'))));
  error("exception.class.name", about.refusal.label);
  error("exception.message", about.refusal.detail);
  error("exception.stacktrace", "");
  set(letter.headers, "x-dlq-reason", about.refusal.label);
  set(letter.headers, "x-dlq-attempts", std::to_string(about.attempts));
  set(letter.headers, "x-dlq-first-failed-at", format_rfc3339(about.first_failed_at));
  const std::string replays(find_header(letter.headers, "x-replay-count").value_or("0"));
  set(letter.headers, "x-replay-count", replays);
  return letter;
}

}  // namespace antiphon::events
