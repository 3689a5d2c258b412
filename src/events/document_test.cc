// The worked examples of docs/formats/events.md are what the code gives, to the byte.
#include <gtest/gtest.h>

#include <fstream>

#include "events/archive_layout.h"
#include "events/corpus_state.h"
#include "events/dead_letter.h"
#include "events/events_testing.h"
#include "events/prompt_state.h"

namespace antiphon::events {
namespace {

using namespace antiphon::events::testing;

// A record as kcat -f shows it in the document: topic, key, headers one a line, value.
std::string shown(const OutgoingRecord& record) {
  std::string out = "topic  " + record.topic + "\n";
  if (record.partition) out += "part.  " + std::to_string(record.partition->value()) + " of 6\n";
  out += "key    " + record.key.value_or("(none)") + "\n";
  for (const RecordHeader& header : record.headers)
    out += "header " + header.name + ": " + header.value.value_or("(none)") + "\n";
  const bool text = record.value && record.topic.find("recordings") == std::string::npos;
  return out + "value  " + (!record.value ? "(none)" : text ? *record.value : "(the audio file)") + "\n";
}

std::string document() {
  std::ifstream file(std::string(ANTIPHON_SOURCE_DIR) + "/docs/formats/events.md");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

PromptState example_state() {
  const Recording recording = some_recording();
  PromptState state;
  state.prompt_id = recording.prompt_id;
  state.locale = "sw";
  state.wanted = 2;
  state.leases = {{LeaseId("d9b2d63d-a233-4123-847a-7090d4f4d8a1"), recording.speaker_id, std::nullopt, recording.time,
                   recording.time + std::chrono::minutes(10)}};
  state.takes = {{recording.id, "voices.recordings", PartitionId(5), Offset(17), recording.sha256, recording.standing,
                  recording.source(), recording.sequence(), recording.speaker_id,
                  LeaseId("5b0c1f8e-93a4-4a57-b7a5-3c1f0a1de2c4")}};
  state.recordings_next_offset = Offset(18);
  state.time = recording.time;
  return state;
}

CorpusState example_corpus() {
  CorpusState state;
  state.corpus_id = some_prompt().corpus_id;
  state.objects = {{"sw.txt", "", 19, 1042, false}};
  state.next_sequence = 2;
  state.left_out = {{"digit", 3}};
  state.since = state.time = some_prompt().time;
  return state;
}

TEST(Document, ShowsWhatTheCodeGives) {
  const OutgoingRecord recording = build_recording(Topics(), some_recording(), kAudio, 6);
  const std::string examples[] = {
      shown(build_prompt(Topics(), some_prompt())),
      shown(recording),
      shown(build_erasure(Topics(), some_erasure(), 6)),
      shown(*build_prompt_state(Topics(), example_state())),
      shown(*build_corpus_state(Topics(), example_corpus())),
      shown(build_dead_letter(arrived(recording),
                              {{"sha256-mismatch", "the value of 14 bytes is not what ce_sha256 says"},
                               "archive.main",
                               "voices.archive.main",
                               "0",
                               1,
                               some_recording().time})),
      sidecar_json(recording.headers)};
  for (const std::string& example : examples) {
    EXPECT_NE(document().find("```\n" + example + "```\n"), std::string::npos) << "docs/formats/events.md lacks:\n```\n"
                                                                               << example << "```";
  }
}

TEST(Document, NamesEveryTopicSetting) {
  for (const TopicSpec& spec : Topics().specs()) {
    EXPECT_NE(document().find(spec.name), std::string::npos) << spec.name;
    for (const auto& [name, value] : spec.config) EXPECT_NE(document().find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace antiphon::events
