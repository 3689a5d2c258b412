#include "events/codec.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/murmur2.h"
#include "events/events_testing.h"

namespace antiphon::events {
namespace {

using namespace antiphon::events::testing;

constexpr std::int32_t kPartitions = 6;

TEST(Codec, APromptComesBackAsItWas) {
  const OutgoingRecord out = build_prompt(Topics(), some_prompt());
  EXPECT_EQ(out.topic, "voices.prompts");
  EXPECT_EQ(out.value, "Habari ya asubuhi.");
  EXPECT_EQ(out.partition, std::nullopt) << "it follows from the key";
  const auto in = read_prompt(arrived(out));
  ASSERT_TRUE(in) << in.error().label;
  EXPECT_EQ(*in, some_prompt());
}

TEST(Codec, ARecordingComesBackAsItWas) {
  Recording plain = some_recording();
  plain.turn.reset();
  plain.duration_ms.reset();
  plain.trace = {};
  plain.standing = LeaseStanding::kNone;
  for (const Recording& recording : {some_recording(), plain}) {
    const OutgoingRecord out = build_recording(Topics(), recording, kAudio, kPartitions);
    EXPECT_EQ(out.key, recording.id.value());
    EXPECT_EQ(out.value, kAudio);
    EXPECT_EQ(out.partition, partition_of(recording.prompt_id.value(), kPartitions))
        << "with its prompt, not by its key";
    const auto in = read_recording(arrived(out));
    ASSERT_TRUE(in) << in.error().label;
    EXPECT_EQ(std::get<Recording>(*in), recording);
    EXPECT_TRUE(check_audio(recording, as_bytes(kAudio)));
  }
  EXPECT_EQ(plain.source(), "/upload/" + plain.id.value());
  EXPECT_EQ(plain.sequence(), 1U);
}

TEST(Codec, AnErasureIsATombstoneThatSaysWhatItRemoves) {
  const OutgoingRecord out = build_erasure(Topics(), some_erasure(), kPartitions);
  EXPECT_EQ(out.value, std::nullopt);
  EXPECT_EQ(out.partition, partition_of(some_prompt().id.value(), kPartitions));
  const auto in = read_recording(arrived(out));
  ASSERT_TRUE(in) << in.error().label;
  EXPECT_EQ(std::get<Erasure>(*in), some_erasure());
}

TEST(Codec, AudioThatIsNotWhatItsHeadersSayIsRefused) {
  const auto checked = check_audio(some_recording(), as_bytes("other bytes"));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().label, "sha256-mismatch");
}

TEST(Codec, AMalformedTraceIsDroppedAndNoReasonToRefuse) {
  for (const char* trace : {"", "junk", "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
                            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    OutgoingRecord out = build_recording(Topics(), some_recording(), kAudio, kPartitions);
    set_header(out.headers, "traceparent", trace);
    const auto in = read_recording(arrived(out));
    ASSERT_TRUE(in) << trace;
    EXPECT_EQ(std::get<Recording>(*in).trace, Trace{});
  }
}

TEST(Codec, HeadersOfOthersAreIgnored) {
  OutgoingRecord out = build_prompt(Topics(), some_prompt());
  out.headers.push_back({"x-theirs", std::nullopt});
  out.headers.push_back({"ce_dataschema", "https://example.org/prompt"});
  EXPECT_TRUE(read_prompt(arrived(out)));
}

TEST(Codec, EveryHeaderThatMustBeThereIsMissedByName) {
  const auto all_but = [](OutgoingRecord out, std::size_t i) {
    out.headers.erase(out.headers.begin() + static_cast<std::ptrdiff_t>(i));
    return out;
  };
  const OutgoingRecord prompt = build_prompt(Topics(), some_prompt());
  for (std::size_t i = 0; i < prompt.headers.size(); ++i) {
    const std::string& name = prompt.headers[i].name;
    if (name == "content-type") continue;
    const OutgoingRecord part = all_but(prompt, i);
    const auto in = read_prompt(arrived(part));
    ASSERT_FALSE(in) << name;
    EXPECT_EQ(in.error().label, "missing-header:" + name);
  }
  for (const OutgoingRecord& whole : {build_recording(Topics(), some_recording(), kAudio, kPartitions),
                                      build_erasure(Topics(), some_erasure(), kPartitions)}) {
    for (std::size_t i = 0; i < whole.headers.size(); ++i) {
      const std::string& name = whole.headers[i].name;
      if (name == "ce_durationms" || name.starts_with("trace")) continue;
      if (!whole.value && (name == "ce_source" || name == "ce_subject" || name == "ce_sequence")) continue;
      const OutgoingRecord part = all_but(whole, i);
      const auto in = read_recording(arrived(part));
      ASSERT_FALSE(in) << name;
      EXPECT_EQ(in.error().label, "missing-header:" + name);
    }
  }
}

struct Fault {
  const char* name;
  std::function<void(OutgoingRecord&)> make;
  const char* label;
};

std::function<void(OutgoingRecord&)> header(const char* name, std::optional<std::string> value) {
  return [=](OutgoingRecord& record) { set_header(record.headers, name, value); };
}

TEST(Codec, RefusesARecordingWithItsStableLabel) {
  const Fault faults[] = {
      {"no key", [](auto& r) { r.key.reset(); }, "missing-key"},
      {"an empty key", [](auto& r) { r.key = ""; }, "missing-key"},
      {"another key", [](auto& r) { r.key = "019b76da-a87b-7000-8000-0123456789ac"; }, "key-mismatch"},
      {"junk",
       [](auto& r) {
         r.headers.clear();
         r.value = "junk";
       },
       "missing-header:ce_specversion"},
      {"a tombstone of others",
       [](auto& r) {
         r.headers.clear();
         r.value.reset();
       },
       "missing-header:ce_specversion"},
      {"a recording without a value", [](auto& r) { r.value.reset(); }, "missing-value"},
      {"an empty value", [](auto& r) { r.value = ""; }, "missing-value"},
      {"too large", [](auto& r) { r.value = std::string(kMessageBytesMax + 1, 'x'); }, "too-large"},
      {"another version", header("ce_specversion", "0.3"), "bad-header:ce_specversion"},
      {"another type", header("ce_type", "antiphon.prompt.v1"), "wrong-type"},
      {"an erasure with a value", header("ce_type", "antiphon.recording.erased.v1"), "unexpected-value"},
      {"an id in capitals",
       [](auto& r) {
         r.key = "019B76DA-A87B-7000-8000-0123456789AB";
         set_header(r.headers, "ce_id", r.key);
         set_header(r.headers, "ce_source", "/session/8c5e9f0e-2f5b-4b0e-8a68-0d2f5f3f7a10");
       },
       "bad-recording-id"},
      {"an id of version 4",
       [](auto& r) {
         r.key = "019b76da-a87b-4000-8000-0123456789ab";
         set_header(r.headers, "ce_id", r.key);
       },
       "bad-recording-id"},
      {"a path as id",
       [](auto& r) {
         r.key = "../../../../etc/passwd";
         set_header(r.headers, "ce_id", r.key);
       },
       "bad-recording-id"},
      {"a subject of another", header("ce_subject", "06VAHQ3ZDK8QKMHETNY0DKA6Z7"), "subject-mismatch"},
      {"a prompt id",
       [](auto& r) {
         set_header(r.headers, "ce_subject", "../x");
         set_header(r.headers, "ce_promptid", "../x");
       },
       "bad-prompt-id"},
      {"a locale that climbs", header("ce_locale", "../sw"), "bad-header:ce_locale"},
      {"a locale with a hyphen too many", header("ce_locale", "sw-"), "bad-header:ce_locale"},
      {"a null locale", header("ce_locale", std::nullopt), "bad-header:ce_locale"},
      {"a locale that is not UTF-8", header("ce_locale", "\xff"), "bad-header:ce_locale"},
      {"a time", header("ce_time", "yesterday"), "bad-header:ce_time"},
      {"a sequence from 0", header("ce_sequence", "0"), "bad-header:ce_sequence"},
      {"a sequence with a zero before", header("ce_sequence", "03"), "bad-header:ce_sequence"},
      {"a sequence with a sign", header("ce_sequence", "-3"), "bad-header:ce_sequence"},
      {"a sequence without end", header("ce_sequence", "99999999999999999999"), "bad-header:ce_sequence"},
      {"a source of neither kind", header("ce_source", "/elsewhere"), "bad-header:ce_source"},
      {"a session that is no UUID", header("ce_source", "/session/1"), "bad-header:ce_source"},
      {"an upload of another", header("ce_source", "/upload/019b76da-a87b-7000-8000-0123456789ac"),
       "bad-header:ce_source"},
      {"an upload that counts", header("ce_source", "/upload/019b76da-a87b-7000-8000-0123456789ab"),
       "bad-header:ce_sequence"},
      {"a standing", header("ce_lease", "maybe"), "bad-header:ce_lease"},
      {"a speaker", header("ce_speakerid", "Asha"), "bad-header:ce_speakerid"},
      {"a consent", header("ce_consentversion", "a b"), "bad-header:ce_consentversion"},
      {"a hash in capitals", header("ce_sha256", std::string(64, 'A')), "bad-header:ce_sha256"},
      {"a duration", header("ce_durationms", "1.5"), "bad-header:ce_durationms"},
      {"a duration of years", header("ce_durationms", "99999999999"), "bad-header:ce_durationms"},
      {"a content type", header("content-type", "text/html"), "bad-header:content-type"},
      {"a sentence too long", header("ce_prompttext", std::string(kPromptTextBytesMax + 1, 'x')),
       "bad-header:ce_prompttext"},
      {"a header twice",
       [](auto& r) {
         r.headers.push_back({"ce_locale", "am"});
       },
       "repeated-header:ce_locale"},
      {"headers without end", [](auto& r) { r.headers.resize(257); }, "too-many-headers"}};
  for (const Fault& fault : faults) {
    OutgoingRecord out = build_recording(Topics(), some_recording(), kAudio, kPartitions);
    fault.make(out);
    const auto in = read_recording(arrived(out));
    ASSERT_FALSE(in) << fault.name;
    EXPECT_EQ(in.error().label, fault.label) << fault.name << ": " << in.error().detail;
  }
}

TEST(Codec, RefusesAPromptWithItsStableLabel) {
  const Fault faults[] = {
      {"no value", [](auto& r) { r.value.reset(); }, "missing-value"},
      {"not UTF-8", [](auto& r) { r.value = "\xc3("; }, "bad-value"},
      {"with a zero", [](auto& r) { r.value = std::string("a\0b", 3); }, "bad-value"},
      {"too long", [](auto& r) { r.value = std::string(kPromptTextBytesMax + 1, 'x'); }, "too-large"},
      {"an id",
       [](auto& r) {
         r.key = "x";
         set_header(r.headers, "ce_id", "x");
         set_header(r.headers, "ce_subject", "x");
       },
       "bad-prompt-id"},
      {"a subject", header("ce_subject", "x"), "subject-mismatch"},
      {"another type", header("ce_type", "antiphon.prompt.v2"), "wrong-type"},
      {"another source", header("ce_source", "/session/x"), "bad-header:ce_source"},
      {"a corpus without a name", header("ce_source", "/corpus/"), "bad-header:ce_source"},
      {"nothing wanted", header("ce_wanted", "0"), "bad-header:ce_wanted"}};
  for (const Fault& fault : faults) {
    OutgoingRecord out = build_prompt(Topics(), some_prompt());
    fault.make(out);
    const auto in = read_prompt(arrived(out));
    ASSERT_FALSE(in) << fault.name;
    EXPECT_EQ(in.error().label, fault.label) << fault.name;
  }
}

TEST(Codec, ARefusalNeverHoldsWhatWasSaid) {
  OutgoingRecord out = build_recording(Topics(), some_recording(), kAudio, kPartitions);
  set_header(out.headers, "ce_prompttext", "a secret \xff");
  const auto in = read_recording(arrived(out));
  ASSERT_FALSE(in);
  EXPECT_EQ((in.error().label + in.error().detail).find("secret"), std::string::npos);
}

TEST(ProblemOf, SaysBeforeWhatAReaderWouldSayAfter) {
  EXPECT_EQ(problem_of(some_prompt()), std::nullopt);
  EXPECT_EQ(problem_of(some_recording()), std::nullopt);
  EXPECT_EQ(problem_of(some_erasure()), std::nullopt);
  Recording recording = some_recording();
  recording.consent_version = "";
  EXPECT_EQ(problem_of(recording)->label, "bad-header:ce_consentversion");
  recording = some_recording();
  recording.turn->take = 0;
  EXPECT_EQ(problem_of(recording)->label, "bad-header:ce_sequence");
}

}  // namespace
}  // namespace antiphon::events
