#include "speech/audio/tell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/random.h"
#include "speech/audio/containers.h"

namespace antiphon::audio {
namespace {

using ::testing::HasSubstr;

std::string sample(const std::string& name) {
  std::ifstream file(std::string(ANTIPHON_AUDIO_SAMPLES) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A row of testdata/samples.tsv.
struct Sample {
  std::string file, extension, ffprobe_ms;
  std::int64_t decoded_ms = 0;
};
std::vector<Sample> samples() {
  std::vector<Sample> rows;
  std::istringstream table(sample("samples.tsv"));
  for (Sample row; table >> row.file >> row.extension >> row.ffprobe_ms >> row.decoded_ms;) rows.push_back(row);
  return rows;
}

TEST(TellAudio, KnowsRealFilesByTheirBytes) {
  struct Kind {
    const char *content_type, *codec;
  };
  const std::map<std::string, Kind> kinds{{"webm", {"audio/webm", "opus"}},
                                          {"ogg", {"audio/ogg", "opus"}},
                                          {"m4a", {"audio/mp4", "aac"}},
                                          {"wav", {"audio/wav", "pcm"}},
                                          {"flac", {"audio/flac", "flac"}}};
  ASSERT_GE(samples().size(), 12U);
  for (const Sample& row : samples()) {
    const std::string file = sample(row.file);
    const auto facts = tell_audio(as_bytes(file));
    ASSERT_TRUE(facts) << row.file << ": " << facts.error().message;
    EXPECT_EQ(facts->extension, row.extension);
    EXPECT_EQ(facts->content_type, kinds.at(row.extension).content_type) << row.file;
    EXPECT_EQ(facts->codec, kinds.at(row.extension).codec) << row.file;
  }
}

// One packet more or less: the encoder's delay is cut away by some and counted by others (60 ms in Chromium's Opus, 64
// in AAC at 16 kHz).
constexpr std::int64_t kPacketMs = 64;

TEST(TellAudio, ReadsTheDurationThatADecoderFinds) {
  for (const Sample& row : samples()) {
    const auto facts = tell_audio(as_bytes(sample(row.file)));
    ASSERT_TRUE(facts);
    if (row.file == "flac-piped.flac") {
      EXPECT_EQ(facts->duration_ms, std::nullopt) << "its header does not say";
      continue;
    }
    ASSERT_TRUE(facts->duration_ms) << row.file;
    EXPECT_NEAR(static_cast<double>(*facts->duration_ms), static_cast<double>(row.decoded_ms), kPacketMs) << row.file;
    if (row.ffprobe_ms != "-") {
      EXPECT_NEAR(static_cast<double>(*facts->duration_ms), std::stod(row.ffprobe_ms), kPacketMs) << row.file;
    }
  }
}

TEST(TellAudio, GivesTheseFilesTheseDurationsForEver) {
  const std::map<std::string, std::int64_t> golden{{"chromium-live.webm", 1454},
                                                   {"chromium-seekable.webm", 1447},
                                                   {"wav-pcm.wav", 400},
                                                   {"wav-piped.wav", 400},
                                                   {"flac.flac", 400}};
  for (const auto& [file, milliseconds] : golden)
    EXPECT_EQ(tell_audio(as_bytes(sample(file)))->duration_ms, milliseconds) << file;
}

TEST(TellAudio, RefusesWhatIsNotSpeechAndSaysWhatItIs) {
  const std::map<std::string, const char*> refused{{"refused-mp3.mp3", "MPEG audio"},
                                                   {"refused-vorbis.ogg", "Vorbis"},
                                                   {"refused-mulaw.wav", "not of plain samples"},
                                                   {"refused-matroska.mka", "not WebM"},
                                                   {"refused-mp3.mp4", "than AAC"},
                                                   {"refused-video.webm", "more than sound"},
                                                   {"refused-video.mp4", "with video"},
                                                   {"refused-chromium-opus.mp4", "than AAC"},
                                                   {"samples.tsv", "first bytes"}};
  for (const auto& [file, why] : refused) {
    const auto facts = tell_audio(as_bytes(sample(file)));
    ASSERT_FALSE(facts) << file;
    EXPECT_EQ(facts.error().kind, ErrorKind::kInvalidInput);
    EXPECT_THAT(facts.error().message, HasSubstr(why)) << file;
  }
  for (const char* text : {"", "<html>", "RIFFxxxxAVI ", "OggS", "fLaC", "\x1a\x45\xdf\xa3",
                           "\x01\x02\x03\x04"
                           "ftyp"}) {
    EXPECT_FALSE(tell_audio(as_bytes(text))) << text;
  }
}

TEST(TellAudio, ACutOffFileIsToldByItsHeadAndIsNotLonger) {
  for (const Sample& row : samples()) {
    const std::string file = sample(row.file);
    const auto whole = tell_audio(as_bytes(file));
    bool told = false;
    for (std::size_t length = 0; length < file.size(); ++length) {
      const std::string part = file.substr(0, length);  // its own allocation: a sanitizer sees the end
      const auto facts = tell_audio(as_bytes(part));
      if (!facts) {
        EXPECT_FALSE(told) << row.file << " was told at fewer bytes than " << length;
        continue;
      }
      told = true;
      EXPECT_EQ(facts->extension, whole->extension);
      if (facts->duration_ms && whole->duration_ms) {
        EXPECT_LE(*facts->duration_ms, *whole->duration_ms + 8) << row.file << " at " << length;
      }
    }
    EXPECT_TRUE(told || row.file == "mp4-aac.m4a") << row.file;  // its moov stands at the end
  }
}

TEST(TellAudio, TakesAnyChangedByte) {
  SeededRandom random(3);
  for (const Sample& row : samples()) {
    const std::string file = sample(row.file);
    for (int round = 0; round < 500; ++round) {
      std::string changed = file;
      for (int i = 0; i < 4; ++i)
        changed[random.below(std::min<std::size_t>(changed.size(), 600))] = static_cast<char>(random.next());
      const auto facts = tell_audio(as_bytes(changed));
      if (facts && facts->duration_ms) {
        EXPECT_GE(*facts->duration_ms, 0);
      }
    }
  }
}

TEST(OpusPacket, SaysItsLengthInItsFirstBytes) {
  const auto samples_of = [](std::initializer_list<unsigned char> bytes) {
    return opus_packet_samples(as_bytes(std::string(bytes.begin(), bytes.end())));
  };
  EXPECT_EQ(samples_of({}), 0U);
  EXPECT_EQ(samples_of({0x00}), 480U);         // SILK 10 ms
  EXPECT_EQ(samples_of({0x18}), 2880U);        // SILK 60 ms
  EXPECT_EQ(samples_of({0x60}), 480U);         // hybrid 10 ms
  EXPECT_EQ(samples_of({0x68}), 960U);         // hybrid 20 ms
  EXPECT_EQ(samples_of({0x80}), 120U);         // CELT 2.5 ms
  EXPECT_EQ(samples_of({0xf8}), 960U);         // CELT 20 ms
  EXPECT_EQ(samples_of({0xf9}), 1920U);        // two of them
  EXPECT_EQ(samples_of({0xfb, 0x03}), 2880U);  // a count of three
  EXPECT_EQ(samples_of({0xfb}), 0U);           // without its count
  EXPECT_EQ(samples_of({0x1b, 0x3f}), 0U);     // over 120 ms
}

TEST(Milliseconds, AreRoundedAndBounded) {
  EXPECT_EQ(to_milliseconds(48'000, 48'000), 1000);
  EXPECT_EQ(to_milliseconds(1, 2000), 1);
  EXPECT_EQ(to_milliseconds(1, 2001), 0);
  EXPECT_EQ(to_milliseconds(86'400, 1), 86'400'000);
  EXPECT_EQ(to_milliseconds(86'401, 1), std::nullopt);
  EXPECT_EQ(to_milliseconds(~0ULL, 1), std::nullopt);
  EXPECT_EQ(to_milliseconds(5, ~0ULL), std::nullopt);
  EXPECT_EQ(to_milliseconds(5, 0), std::nullopt);
}

}  // namespace
}  // namespace antiphon::audio
