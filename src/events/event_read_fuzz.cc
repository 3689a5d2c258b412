// Any record: read or refused by every reader; what was read is built and read again to the same, and becomes a dead
// letter either way. Input: fields with a length before each (1 byte; 255: 2 more): key, value, then header names and
// values by turns.
#include <cstdlib>

#include "events/archive_layout.h"
#include "events/codec.h"
#include "events/corpus_state.h"
#include "events/dead_letter.h"
#include "events/prompt_state.h"

namespace {

using namespace antiphon;
using namespace antiphon::events;

void must(bool holds) {
  if (!holds) std::abort();
}

template <class T>
void must_be_same(const Reading<T>& a, const Reading<T>& b) {
  must(a && b && *a == *b);
}

class Fields {
 public:
  Fields(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  std::string_view next() {
    std::size_t length = byte();
    if (length == 255) length = byte() * 256 + byte();
    const std::string_view field = rest_.substr(0, length);
    rest_.remove_prefix(field.size());
    return field;
  }

 private:
  std::size_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string_view rest_;
};

IncomingRecord again(const OutgoingRecord& out) {
  IncomingRecord in;
  in.topic = out.topic;
  if (out.key) in.key = as_bytes(*out.key);
  if (out.value) in.value = as_bytes(*out.value);
  in.headers = out.headers;
  return in;
}

void check_recording(const IncomingRecord& record) {
  const auto read = read_recording(record);
  if (!read) return must(!read.error().label.empty());
  const Topics topics;
  if (const auto* voice = std::get_if<Recording>(&*read)) {
    must(archive_name(*voice, "webm").has_value());
    static_cast<void>(check_audio(*voice, *record.value));
    const OutgoingRecord out = build_recording(topics, *voice, std::string(as_text(*record.value)), 6);
    must_be_same(read_recording(again(out)), read);
  } else {
    const OutgoingRecord out = build_erasure(topics, std::get<Erasure>(*read), 6);
    must_be_same(read_recording(again(out)), read);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Fields fields(data, size);
  IncomingRecord record;
  record.topic = "voices.recordings";
  const std::string_view key = fields.next(), value = fields.next();
  if (!key.empty()) record.key = as_bytes(key);
  if (!value.empty()) record.value = as_bytes(value);
  while (!fields.at_end() && record.headers.size() < 300) {
    const std::string_view name = fields.next(), text = fields.next();
    record.headers.push_back({std::string(name), std::string(text)});
  }
  check_recording(record);
  const Topics topics;
  if (const auto prompt = read_prompt(record)) {
    const OutgoingRecord out = build_prompt(topics, *prompt);
    must_be_same(read_prompt(again(out)), prompt);
  }
  if (const auto state = read_prompt_state(record); state && std::holds_alternative<PromptState>(*state)) {
    const auto out = build_prompt_state(topics, std::get<PromptState>(*state));
    must(out.has_value());
    must_be_same(read_prompt_state(again(*out)), state);
  }
  if (const auto state = read_corpus_state(record); state && std::holds_alternative<CorpusState>(*state)) {
    const auto out = build_corpus_state(topics, std::get<CorpusState>(*state));
    must(out && read_corpus_state(again(*out)).has_value());  // a detail that was cut comes back cut
  }
  const OutgoingRecord letter =
      build_dead_letter(record, {{"bad-json", "x"}, "archive.main", "voices.archive.main", "0", 1, {}});
  must(letter.value.value_or("") == value);
  must(sidecar_json(record.headers) == sidecar_json(record.headers));
  return 0;
}
