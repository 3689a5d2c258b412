#include "events/archive_layout.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "events/dead_letter.h"
#include "events/events_testing.h"

namespace antiphon::events {
namespace {

using namespace antiphon::events::testing;

TEST(ArchiveName, FollowsFromTheEventAlone) {
  EXPECT_EQ(*archive_name(some_recording(), "webm"),
            "sw/16VAHQ3ZDK8QKMHETNY0DKA6Z7/019b76da-a87b-7000-8000-0123456789ab.webm");
  EXPECT_EQ(sidecar_name(*archive_name(some_recording(), "webm")),
            "sw/16VAHQ3ZDK8QKMHETNY0DKA6Z7/019b76da-a87b-7000-8000-0123456789ab.json");
  EXPECT_EQ(*archive_prefix(some_recording()), *archive_prefix(some_erasure()));
}

TEST(ArchiveName, NothingInAnEventCanLeaveTheFolder) {
  for (const char* junk : {"", ".", "..", "../x", "/", "a/b", "a\\b", "x\n", "ሰላም"}) {
    Recording locale = some_recording(), prompt = some_recording(), id = some_recording();
    locale.locale = junk;
    prompt.prompt_id = PromptId(junk);
    id.id = RecordingId(junk);
    for (const Recording& bad : {locale, prompt, id}) EXPECT_FALSE(archive_name(bad, "webm")) << junk;
    EXPECT_FALSE(archive_name(some_recording(), junk)) << junk;
  }
  EXPECT_FALSE(archive_name(some_recording(), "json")) << "it would be its own sidecar";
  Recording hidden = some_recording();
  hidden.prompt_id = PromptId("16VAHQ3ZDK8QKMHETNY0DKA6Z7/.");
  EXPECT_FALSE(archive_name(hidden, "webm"));
}

TEST(Sidecar, IsTheSameForTheSameHeadersInAnyOrder) {
  RecordHeaders headers = build_recording(Topics(), some_recording(), kAudio, 6).headers;
  const std::string once = sidecar_json(headers);
  std::reverse(headers.begin(), headers.end());
  EXPECT_EQ(sidecar_json(headers), once);
  EXPECT_TRUE(once.starts_with("{\n  \"ce_consentversion\": \"2026-01\",\n")) << once;
  EXPECT_TRUE(once.ends_with("}\n"));
}

TEST(Sidecar, TakesAnyHeader) {
  EXPECT_EQ(sidecar_json({}), "{}\n");
  EXPECT_EQ(sidecar_json({{"b", std::nullopt}, {"a", "\xff\"\n"}, {"b", "second"}}),
            "{\n  \"a\": \"\uFFFD\\\"\\n\",\n  \"b\": null\n}\n");
}

DeadLetter some_letter() {
  return {{"sha256-mismatch", "the value is not what ce_sha256 says"},
          "archive.main",
          "voices.archive.main",
          "0",
          3,
          from_unix_ms(1'767'225'600'000)};
}

TEST(DeadLetter, LeavesTheRecordAsItWas) {
  const OutgoingRecord out = build_recording(Topics(), some_recording(), kAudio, 6);
  const OutgoingRecord letter = build_dead_letter(arrived(out), some_letter());
  EXPECT_EQ(letter.topic, "dlq.voices.recordings.archive.main");
  EXPECT_EQ(letter.partition, out.partition);
  EXPECT_EQ(letter.key, out.key);
  EXPECT_EQ(letter.value, out.value);
  ASSERT_GE(letter.headers.size(), out.headers.size());
  EXPECT_TRUE(std::equal(out.headers.begin(), out.headers.end(), letter.headers.begin()));
  const std::map<std::string, std::string> added{
      {"__connect.errors.topic", "voices.recordings"},
      {"__connect.errors.offset", "41"},
      {"__connect.errors.connector.name", "voices.archive.main"},
      {"__connect.errors.task.id", "0"},
      {"__connect.errors.stage", "TASK_PUT"},
      {"__connect.errors.class.name", "antiphon.archive"},
      {"__connect.errors.exception.class.name", "sha256-mismatch"},
      {"__connect.errors.exception.message", "the value is not what ce_sha256 says"},
      {"__connect.errors.exception.stacktrace", ""},
      {"__connect.errors.partition", std::to_string(out.partition->value())},
      {"x-dlq-reason", "sha256-mismatch"},
      {"x-dlq-attempts", "3"},
      {"x-dlq-first-failed-at", "2026-01-01T00:00:00.000Z"},
      {"x-replay-count", "0"}};
  EXPECT_EQ(letter.headers.size(), out.headers.size() + added.size());
  for (const auto& [name, value] : added) EXPECT_EQ(find_header(letter.headers, name), value) << name;
}

TEST(DeadLetter, SaysEachThingOnceHoweverOftenItFails) {
  const OutgoingRecord out = build_recording(Topics(), some_recording(), kAudio, 6);
  OutgoingRecord first = build_dead_letter(arrived(out), some_letter());
  set_header(first.headers, "x-replay-count", "2");
  const OutgoingRecord second = build_dead_letter(arrived(first), some_letter());
  EXPECT_EQ(second.headers.size(), first.headers.size());
  EXPECT_EQ(find_header(second.headers, "x-replay-count"), "2");
}

// So that the letter of any record that its topic took uncompressed fits the dead letter topic.
TEST(DeadLetter, AddsLessThanItsTopicTakesMore) {
  DeadLetter about = some_letter();
  about.refusal.label = std::string(1 << 20, 'l');
  about.refusal.detail = std::string(1 << 20, 'd');
  about.target = std::string(1 << 20, 't');
  about.group_id = std::string(1 << 20, 'g');
  about.slot = std::string(1 << 20, 's');
  const OutgoingRecord letter = build_dead_letter(IncomingRecord{}, about);
  std::size_t added = 0;
  for (const RecordHeader& header : letter.headers) added += header.name.size() + header.value->size() + 16;
  EXPECT_LT(added, 32U << 10);
  EXPECT_LT(added, kDeadLetterMessageBytesMax - kMessageBytesMax);
}

TEST(DeadLetter, TakesARecordWithoutAnythingAndCutsALongDetail) {
  IncomingRecord nothing;
  nothing.topic = "voices.recordings";
  DeadLetter about = some_letter();
  about.refusal.detail = std::string(kDeadLetterDetailBytesMax - 1, 'x') + "ሰላም";
  const OutgoingRecord letter = build_dead_letter(nothing, about);
  EXPECT_EQ(letter.key, std::nullopt);
  EXPECT_EQ(letter.value, std::nullopt);
  EXPECT_EQ(find_header(letter.headers, "__connect.errors.exception.message"),
            std::string(kDeadLetterDetailBytesMax - 1, 'x'))
      << "cut at a character";
}

}  // namespace
}  // namespace antiphon::events
