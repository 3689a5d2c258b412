// FLAC: "fLaC", then metadata blocks {last and type (1 byte), size (3 bytes)} of which the first is STREAMINFO (type 0,
// 34 bytes): 10 bytes of block and frame sizes, 20 bits of rate, 3 of channels, 5 of bits, 36 of samples (0: not
// known), MD5. RFC 9639.
#include "speech/audio/byte_reader.h"
#include "speech/audio/containers.h"

namespace antiphon::audio {

Result<AudioFacts> tell_flac(ByteView file) {
  constexpr std::uint64_t kStreamInfoBytes = 34;
  ByteReader reader(file);
  reader.skip(4);
  const auto header = reader.big_endian(4);
  if (!header || (*header & 0x7fffffffU) != kStreamInfoBytes) return not_speech("it is a FLAC file without STREAMINFO");
  reader.skip(10);
  const auto packed = reader.big_endian(8);
  if (!packed) return not_speech("it is a FLAC file that ends within STREAMINFO");
  const std::uint64_t rate = *packed >> 44U;
  const std::uint64_t samples = *packed & 0xf'ffff'ffffU;
  if (rate == 0) return not_speech("it is a FLAC file that says 0 samples a second");
  AudioFacts told{Container::kFlac, "audio/flac", "flac", "flac", std::nullopt};
  if (samples > 0) told.duration_ms = to_milliseconds(samples, rate);
  return told;
}

}  // namespace antiphon::audio
