#include "speech/audio/tell.h"

#include "speech/audio/containers.h"

namespace antiphon::audio {
namespace {

constexpr std::uint64_t kDurationMsMax = 24ULL * 3600 * 1000;  // a longer one is a broken header

bool starts_with(ByteView file, std::size_t at, std::string_view mark) {
  return file.size() >= at + mark.size() && as_text(file.subspan(at, mark.size())) == mark;
}

// Layer III and ADTS begin with eleven or twelve bits that are set.
bool is_mpeg_audio(ByteView file) {
  if (starts_with(file, 0, "ID3")) return true;
  return file.size() >= 2 && file[0] == std::byte{0xff} && (file[1] & std::byte{0xe0}) == std::byte{0xe0};
}

}  // namespace

std::optional<std::int64_t> to_milliseconds(std::uint64_t units, std::uint64_t units_per_second) {
  if (units_per_second == 0 || units / units_per_second > kDurationMsMax / 1000) return std::nullopt;
  const std::uint64_t seconds = units / units_per_second;
  const std::uint64_t rest = units % units_per_second;
  if (units_per_second > UINT64_MAX / 2000) return std::nullopt;
  const std::uint64_t milliseconds = seconds * 1000 + (rest * 1000 + units_per_second / 2) / units_per_second;
  if (milliseconds > kDurationMsMax) return std::nullopt;
  return static_cast<std::int64_t>(milliseconds);
}

std::uint64_t opus_packet_samples(ByteView packet) {
  if (packet.empty()) return 0;
  const auto toc = std::to_integer<unsigned>(packet[0]);
  const unsigned config = toc >> 3U;
  // SILK: 10, 20, 40, 60 ms; hybrid: 10, 20 ms; CELT: 2.5, 5, 10, 20 ms.
  constexpr std::uint64_t kSilk[] = {480, 960, 1920, 2880};
  const std::uint64_t frame = config < 12   ? kSilk[config & 3U]
                              : config < 16 ? 480U << (config & 1U)
                                            : 120U << (config & 3U);
  const unsigned code = toc & 3U;
  std::uint64_t frames = code == 0 ? 1 : 2;
  if (code == 3) {
    if (packet.size() < 2) return 0;
    frames = std::to_integer<std::uint64_t>(packet[1] & std::byte{0x3f});
  }
  constexpr std::uint64_t kSamplesMax = 5760;  // 120 ms
  return frame * frames <= kSamplesMax ? frame * frames : 0;
}

Result<AudioFacts> tell_audio(ByteView file) {
  if (file.empty()) return not_speech("it is empty");
  if (starts_with(file, 0, "\x1a\x45\xdf\xa3")) return tell_webm(file);
  if (starts_with(file, 0, "OggS")) return tell_ogg(file);
  if (starts_with(file, 4, "ftyp")) return tell_mp4(file);
  if (starts_with(file, 0, "RIFF") && starts_with(file, 8, "WAVE")) return tell_wav(file);
  if (starts_with(file, 0, "fLaC")) return tell_flac(file);
  if (starts_with(file, 0, "RIFF") || starts_with(file, 0, "RF64")) return not_speech("it is RIFF, but not a WAV file");
  if (is_mpeg_audio(file)) return not_speech("it is an MPEG audio stream (MP3 or AAC without a container)");
  return not_speech("its first bytes are not those of WebM, Ogg, MP4, WAV or FLAC");
}

}  // namespace antiphon::audio
