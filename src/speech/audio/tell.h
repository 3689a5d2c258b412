// What an audio file is, by its bytes and never by its name or by what the sender says. Nothing is decoded.
//
// Small parsers of our own over foreign bytes: every length is checked before it is used, every loop is bounded by the
// file's size or a named maximum, nothing is allocated in proportion to what a file claims. Pure; thread-safe; fuzzed
// (audio_sniff).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"

namespace antiphon::audio {

enum class Container : std::uint8_t { kWebm, kOgg, kMp4, kWav, kFlac };

struct AudioFacts {
  Container container = Container::kWebm;
  std::string_view content_type;  // audio/webm audio/ogg audio/mp4 audio/wav audio/flac
  std::string_view extension;     // webm ogg m4a wav flac, without the dot
  std::string_view codec;         // opus aac pcm flac
  // From the container's timestamps, rounded to the nearest millisecond; nothing where they do not say.
  std::optional<std::int64_t> duration_ms;
};

// kInvalidInput: not one of WebM/Opus, Ogg/Opus, MP4/AAC, WAV/PCM, FLAC, with what it seems to be instead (a WebM with
// video, an MP3, text). A file that is cut off is told by its head; what its tail lost only shortens the duration.
Result<AudioFacts> tell_audio(ByteView file);

}  // namespace antiphon::audio
