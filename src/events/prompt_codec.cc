// antiphon.prompt.v1, see docs/formats/events.md.
#include <string>

#include "events/codec.h"
#include "events/envelope.h"
#include "events/shapes.h"

namespace antiphon::events {
namespace {
constexpr std::string_view kCorpusSource = "/corpus/";
}

OutgoingRecord build_prompt(const Topics& topics, const Prompt& prompt) {
  OutgoingRecord record;
  record.topic = topics.prompts();
  record.key = prompt.id.value();
  record.value = prompt.text;
  record.timestamp_ms = to_unix_ms(prompt.time);
  record.headers = envelope(kPromptType, std::string(kCorpusSource) + prompt.corpus_id, prompt.id.value(), prompt.time,
                            prompt.id.value())
                       .add("ce_sequence", std::to_string(prompt.sequence))
                       .add("ce_locale", prompt.locale)
                       .add("ce_wanted", std::to_string(prompt.wanted))
                       .add("content-type", kPromptContentType)
                       .trace(prompt.trace)
                       .take();
  return record;
}

std::optional<Refusal> problem_of(const Prompt& prompt) {
  if (!is_prompt_id(prompt.id.value())) return Refusal{"bad-prompt-id", "ce_id is not 26 digits of Crockford base32"};
  if (!is_corpus_id(prompt.corpus_id)) return bad_header("ce_source", "/corpus/CORPUS_ID");
  if (!is_locale_shape(prompt.locale)) return bad_header("ce_locale", "a BCP 47 tag");
  if (prompt.sequence < 1 || prompt.sequence > kSequenceMax) return bad_header("ce_sequence", "a count from 1");
  if (prompt.wanted < 1 || prompt.wanted > kWantedMax) return bad_header("ce_wanted", "a count from 1");
  if (prompt.text.empty()) return Refusal{"missing-value", "the record has no value"};
  if (prompt.text.size() > kPromptTextBytesMax) {
    return Refusal{"too-large", std::to_string(prompt.text.size()) + " bytes of sentence"};
  }
  if (!is_utf8(prompt.text)) return Refusal{"bad-value", "the sentence is not UTF-8"};
  return std::nullopt;
}

Reading<Prompt> read_prompt(const IncomingRecord& record) {
  HeaderReader reader(record.headers);
  const std::string_view key = read_key(reader, record);
  reader.expect("ce_specversion", kSpecVersion);
  if (reader.text("ce_type") != kPromptType) reader.refuse("wrong-type", "ce_type is not a prompt's");
  Prompt prompt;
  prompt.id = PromptId(std::string(reader.text("ce_id")));
  if (prompt.id.value() != key) reader.refuse("key-mismatch", "ce_id is not the record's key");
  if (reader.text("ce_subject") != prompt.id.value()) reader.refuse("subject-mismatch", "ce_subject is not ce_id");
  const std::string_view source = reader.text("ce_source");
  if (!source.starts_with(kCorpusSource)) reader.refuse("bad-header:ce_source", "it is not /corpus/CORPUS_ID");
  prompt.corpus_id = source.substr(std::min(kCorpusSource.size(), source.size()));
  prompt.time = reader.time("ce_time");
  prompt.sequence = reader.number("ce_sequence", 1, kSequenceMax);
  prompt.locale = reader.text("ce_locale");
  prompt.wanted = static_cast<int>(reader.number("ce_wanted", 1, kWantedMax));
  prompt.trace = reader.trace();
  prompt.text = read_value(reader, record);
  if (reader.refusal()) return *reader.refusal();
  if (auto problem = problem_of(prompt)) return *std::move(problem);
  return prompt;
}

}  // namespace antiphon::events
