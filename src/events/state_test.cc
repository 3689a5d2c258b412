#include <gtest/gtest.h>

#include <functional>

#include "events/corpus_state.h"
#include "events/events_testing.h"
#include "events/prompt_state.h"

namespace antiphon::events {
namespace {

using namespace antiphon::events::testing;

const std::string kUuid = "3f0c2a54-6d1e-4b6f-9a51-7d1c9c0f2b11";

Receipt some_receipt(LeaseStanding standing) {
  const Recording recording = some_recording();
  return {recording.id,         "voices.recordings",
          PartitionId(3),       Offset(17),
          recording.sha256,     standing,
          recording.source(),   3,
          recording.speaker_id, LeaseId(kUuid)};
}

PromptState some_state() {
  PromptState state;
  state.prompt_id = some_prompt().id;
  state.locale = "sw";
  state.wanted = 2;
  state.leases = {{LeaseId(kUuid), SpeakerId(kUuid), kUuid, from_unix_ms(1), from_unix_ms(600'001)},
                  {LeaseId(kUuid), {}, {}, from_unix_ms(2), from_unix_ms(3)}};
  state.leases_lapsed = 4;
  state.skipped_by = {SpeakerId(kUuid)};
  state.takes = {some_receipt(LeaseStanding::kHeld), some_receipt(LeaseStanding::kNone)};
  state.takes[1].lease.reset();
  state.takes[1].speaker.reset();
  state.recordings_next_offset = Offset(18);
  state.time = from_unix_ms(1'767'225'600'123);
  return state;
}

CorpusState some_corpus() {
  CorpusState state;
  state.corpus_id = "s3://corpora/sw";
  state.objects = {{"sw/a.txt", "\"9f86d081\"", 120, 4000, false}, {"sw/b \"x\" ሰላም.txt", "", 0, 0, true}};
  state.shuffle = ShufflePosition{~std::uint64_t{0}, 17};
  state.next_sequence = 42;
  state.left_out = {{"digit", 3}, {"too-long", 1}};
  state.repeated = 2;
  state.condition = CorpusCondition::kOffline;
  state.since = from_unix_ms(5);
  state.detail = "connection refused; trying again in 8 s";
  state.time = from_unix_ms(6);
  return state;
}

TEST(PromptState, ComesBackAsItWas) {
  for (const PromptState& state : {some_state(), [] {
                                     PromptState s = some_state();
                                     s.leases.clear();
                                     s.takes.clear();
                                     s.skipped_by.clear();
                                     s.parked = true;
                                     return s;
                                   }()}) {
    const auto out = build_prompt_state(Topics(), state);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->topic, "voices.prompt-state");
    EXPECT_EQ(out->key, state.prompt_id.value());
    const auto in = read_prompt_state(arrived(*out));
    ASSERT_TRUE(in) << in.error().label << in.error().detail;
    EXPECT_EQ(std::get<PromptState>(*in), state);
  }
}

TEST(PromptState, CountsTakesUnderALeaseOnly) {
  PromptState state = some_state();
  EXPECT_EQ(state.counted_takes(), 1U);
  EXPECT_FALSE(state.complete());
  state.takes.push_back(some_receipt(LeaseStanding::kLate));
  EXPECT_TRUE(state.complete());
}

TEST(PromptState, StartMarkersStandInEveryPartition) {
  for (const auto& offset : {std::optional<Offset>(), std::optional<Offset>(Offset(9))}) {
    const StartMarker marker{"voices.studio.0", kUuid, offset, from_unix_ms(7)};
    const OutgoingRecord out = build_start_marker(Topics(), marker, PartitionId(5));
    EXPECT_EQ(out.partition, PartitionId(5));
    EXPECT_EQ(out.key, "start/voices.studio.0");
    const auto in = read_prompt_state(arrived(out));
    ASSERT_TRUE(in) << in.error().label;
    EXPECT_EQ(std::get<StartMarker>(*in), marker);
  }
}

TEST(PromptState, IsNeverLargerThanARecordMayBe) {
  PromptState state = some_state();
  state.takes.assign(kTakesMax, some_receipt(LeaseStanding::kHeld));
  const auto out = build_prompt_state(Topics(), state);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_TRUE(read_prompt_state(arrived(*out)));
  state.takes.push_back(some_receipt(LeaseStanding::kHeld));
  EXPECT_EQ(build_prompt_state(Topics(), state).error().kind, ErrorKind::kLimit);
}

TEST(CorpusState, ComesBackAsItWas) {
  CorpusState plain = some_corpus();
  plain.shuffle.reset();
  plain.objects.clear();
  plain.left_out.clear();
  plain.detail.clear();
  plain.condition = CorpusCondition::kDone;
  for (const CorpusState& state : {some_corpus(), plain}) {
    const auto out = build_corpus_state(Topics(), state);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->key, state.corpus_id);
    const auto in = read_corpus_state(arrived(*out));
    ASSERT_TRUE(in) << in.error().label << in.error().detail;
    EXPECT_EQ(std::get<CorpusState>(*in), state);
  }
}

TEST(CorpusState, HoldsAsManyObjectsAsItSays) {
  CorpusState state = some_corpus();
  state.objects.assign(kCorpusObjectsMax, {std::string(80, 'k'), std::string(34, 'e'), 1, 2, true});
  const auto out = build_corpus_state(Topics(), state);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_TRUE(read_corpus_state(arrived(*out)));
  state.objects.push_back({});
  EXPECT_EQ(build_corpus_state(Topics(), state).error().kind, ErrorKind::kLimit);
}

TEST(CorpusState, StartsComeBackAsTheyWere) {
  const StartMarker start{"voices.select.0", kUuid, std::nullopt, from_unix_ms(7)};
  const OutgoingRecord out = build_selector_start(Topics(), start);
  const auto in = read_corpus_state(arrived(out));
  ASSERT_TRUE(in) << in.error().label;
  EXPECT_EQ(std::get<StartMarker>(*in), start);
}

// Every text in `from` of a good value replaced by `to`.
struct Row {
  const char *from, *to, *label;
};

TEST(States, RefuseWhatIsNotTheirs) {
  const OutgoingRecord good = *build_prompt_state(Topics(), some_state());
  const Row rows[] = {{"\"v\":1", "\"v\":2", "bad-json:v"},
                      {"\"v\":1", "\"v\":0", "unknown-version"},
                      {"\"kind\":\"prompt\"", "\"kind\":\"x\"", "bad-json:kind"},
                      {"\"wanted\":2", "\"wanted\":-2", "bad-json:wanted"},
                      {"\"wanted\":2", "\"wanted\":2.5", "bad-json:wanted"},
                      {"\"parked\":false", "\"parked\":0", "bad-json:parked"},
                      {"\"standing\":\"held\"", "\"standing\":\"x\"", "bad-json:standing"},
                      {"\"partition\":3", "\"partition\":4294967295", "bad-json:partition"},
                      {"\"takes\":[", "\"takes\":[1,", "bad-json:takes"},
                      {"\"takes\"", "\"takings\"", "bad-json:takes"},
                      {"16VAHQ3ZDK8QKMHETNY0DKA6Z7", "06VAHQ3ZDK8QKMHETNY0DKA6Z7", "key-mismatch"},
                      {"16VAHQ3ZDK8QKMHETNY0DKA6Z7", "../../../../../etc/passwd", "bad-json:prompt_id"},
                      {"{\"kind\"", "{\"a\":[[[[[[[[[[]]]]]]]]]],\"kind\"", "bad-json"},
                      {"{", "[", "bad-json"}};
  for (const Row& row : rows) {
    OutgoingRecord bad = good;
    const std::size_t at = bad.value->find(row.from);
    ASSERT_NE(at, std::string::npos) << row.from;
    bad.value->replace(at, std::string_view(row.from).size(), row.to);
    const auto in = read_prompt_state(arrived(bad));
    ASSERT_FALSE(in) << row.to;
    EXPECT_EQ(in.error().label, row.label) << row.to << ": " << in.error().detail;
  }
  OutgoingRecord tombstone = good;
  tombstone.value.reset();
  EXPECT_EQ(read_prompt_state(arrived(tombstone)).error().label, "missing-value");
  EXPECT_EQ(read_corpus_state(arrived(tombstone)).error().label, "missing-value");
  EXPECT_EQ(read_corpus_state(arrived(good)).error().label, "bad-json:kind");
}

TEST(States, SmallTextCannotAskForMuchMemory) {
  for (const std::string& unit : {std::string("["), std::string("{},"), std::string("1,")}) {
    OutgoingRecord bad = *build_prompt_state(Topics(), some_state());
    std::string value = "{\"v\":1,\"takes\":[";
    while (value.size() < kMessageBytesMax - 100) value += unit;
    bad.value = value + "1]}";
    EXPECT_EQ(read_prompt_state(arrived(bad)).error().label, "bad-json");
  }
}

}  // namespace
}  // namespace antiphon::events
