// One function a container. Each gets a file whose first bytes are the container's mark, and says what is in it or why
// it is not speech. For tell.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "speech/audio/tell.h"

namespace antiphon::audio {

Result<AudioFacts> tell_webm(ByteView file);
Result<AudioFacts> tell_ogg(ByteView file);
Result<AudioFacts> tell_mp4(ByteView file);
Result<AudioFacts> tell_wav(ByteView file);
Result<AudioFacts> tell_flac(ByteView file);

inline Error not_speech(std::string_view why) { return make_error(ErrorKind::kInvalidInput, std::string(why)); }

// `units` at `units_per_second` in milliseconds, to the nearest; nothing where that is no duration (over a day, or no
// rate).
std::optional<std::int64_t> to_milliseconds(std::uint64_t units, std::uint64_t units_per_second);

// RFC 6716 section 3.1: samples at 48 kHz in one Opus packet, by its first bytes; 0 for what is none.
std::uint64_t opus_packet_samples(ByteView packet);
constexpr std::uint64_t kOpusRate = 48'000;

}  // namespace antiphon::audio
