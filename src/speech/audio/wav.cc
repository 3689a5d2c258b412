// WAV: RIFF size "WAVE", then chunks {id, size (little-endian), bytes, a pad byte after an odd size}. The `fmt ` chunk
// holds {format, channels, rate, bytes a second, bytes a frame, bits}, `data` the samples. What writes as it records
// does not know the size of `data` (0 or all ones): then it is the rest of the file.
#include "speech/audio/byte_reader.h"
#include "speech/audio/containers.h"

namespace antiphon::audio {
namespace {

constexpr std::uint64_t kPcm = 1, kFloat = 3, kExtensible = 0xfffe;
constexpr std::size_t kSubformatAt = 24;

struct Format {
  std::uint64_t tag = 0, channels = 0, rate = 0, frame_bytes = 0;
};

std::optional<Format> read_format(ByteView chunk) {
  ByteReader reader(chunk);
  const auto tag = reader.little_endian(2), channels = reader.little_endian(2), rate = reader.little_endian(4);
  reader.skip(4);
  const auto frame_bytes = reader.little_endian(2);
  if (!frame_bytes) return std::nullopt;
  Format format{*tag, *channels, *rate, *frame_bytes};
  if (format.tag == kExtensible && chunk.size() >= kSubformatAt + 2) {
    format.tag = ByteReader(chunk.subspan(kSubformatAt)).little_endian(2).value_or(0);
  }
  return format;
}

AudioFacts facts(const Format& format, std::optional<std::uint64_t> data_bytes) {
  AudioFacts told{Container::kWav, "audio/wav", "wav", "pcm", std::nullopt};
  if (data_bytes) told.duration_ms = to_milliseconds(*data_bytes / format.frame_bytes, format.rate);
  return told;
}

}  // namespace

Result<AudioFacts> tell_wav(ByteView file) {
  ByteReader reader(file);
  reader.skip(12);
  std::optional<Format> format;
  while (reader.remaining() >= 8) {
    const std::string_view id = as_text(*reader.take(4));
    const std::uint64_t size = *reader.little_endian(4);
    if (id == "fmt ") {
      format = read_format(reader.take_up_to(size));
      if (!format) return not_speech("it is a WAV file with a broken fmt chunk");
      if (format->tag != kPcm && format->tag != kFloat)
        return not_speech("it is a WAV file, but not of plain samples (PCM)");
      if (format->channels == 0 || format->rate == 0 || format->frame_bytes == 0) {
        return not_speech("it is a WAV file that says 0 channels, samples or bytes");
      }
    } else if (id == "data") {
      if (!format) return not_speech("it is a WAV file without a fmt chunk before its data");
      const std::uint64_t there = reader.remaining();
      return facts(*format, size == 0 || size > there ? there : size);
    } else {
      reader.skip(size);
    }
    reader.skip(size % 2);
  }
  if (!format) return not_speech("it is a WAV file without a fmt chunk");
  return facts(*format, std::nullopt);
}

}  // namespace antiphon::audio
