// Ogg: pages {"OggS", version 0, flags, granule (8), serial (4), number (4), checksum (4), segments n, n lengths,
// bytes}, all little-endian. Opus in it (RFC 7845): the first page holds "OpusHead", version, channels, pre-skip (2),
// ...; a granule is the count of samples at 48 kHz up to the end of the page, pre-skip included.
#include <algorithm>
#include <array>

#include "speech/audio/byte_reader.h"
#include "speech/audio/containers.h"

namespace antiphon::audio {
namespace {

constexpr unsigned kContinued = 1, kFirst = 2, kLast = 4;  // flags
constexpr std::uint64_t kNoGranule = ~std::uint64_t{0};
constexpr std::size_t kLacing = 255;

struct Page {
  unsigned flags = 0;
  std::uint64_t granule = kNoGranule;
  std::uint64_t serial = 0;
  ByteView lengths;
  ByteView body;
};

// Nothing at the end of the file, or where no whole page follows.
std::optional<Page> read_page(ByteReader& reader) {
  const auto mark = reader.take(5);
  if (!mark || as_text(*mark) != std::string_view("OggS\0", 5)) return std::nullopt;
  const auto flags = reader.big_endian(1);
  const auto granule = reader.little_endian(8), serial = reader.little_endian(4);
  reader.skip(8);
  const auto count = reader.big_endian(1);
  if (!count) return std::nullopt;
  const auto lengths = reader.take(*count);
  if (!lengths) return std::nullopt;
  std::uint64_t size = 0;
  for (const std::byte length : *lengths) size += std::to_integer<std::uint64_t>(length);
  const auto body = reader.take(size);
  if (!body) return std::nullopt;
  return Page{static_cast<unsigned>(*flags), *granule, *serial, *lengths, *body};
}

// Samples of the packets that end on the page.
std::uint64_t samples_of(const Page& page) {
  std::uint64_t samples = 0;
  std::size_t begin = 0, length = 0;
  for (const std::byte lacing : page.lengths) {
    length += std::to_integer<std::size_t>(lacing);
    if (std::to_integer<std::size_t>(lacing) == kLacing) continue;  // the packet goes on
    samples += opus_packet_samples(page.body.subspan(begin, length));
    begin += length;
    length = 0;
  }
  return samples;
}

// A recording may begin at any granule; where its first page says so, what lies before it does not count.
std::uint64_t first_granule(const Page& page) {
  if ((page.flags & (kContinued | kLast)) != 0) return 0;
  return page.granule - std::min(page.granule, samples_of(page));
}

std::string_view stream_of(const Page& page) {
  const std::string_view body = as_text(page.body);
  if (body.starts_with("OpusHead")) return "opus";
  if (body.starts_with("\x01vorbis")) return "Vorbis";
  if (body.starts_with("\x7f"
                       "FLAC"))
    return "FLAC";
  if (body.starts_with("\x80theora")) return "video";
  return "something";
}

}  // namespace

Result<AudioFacts> tell_ogg(ByteView file) {
  ByteReader reader(file);
  std::optional<std::uint64_t> serial, begin;
  std::uint64_t pre_skip = 0, end = 0;
  while (const auto page = read_page(reader)) {
    if ((page->flags & kFirst) != 0) {
      if (begin) break;  // another recording is chained to the first: it is not part of it
      const std::string_view stream = stream_of(*page);
      if (stream != "opus" || serial)
        return not_speech(std::string("it is an Ogg file with ")
                              .append(serial ? "several streams" : stream)
                              .append(", not Opus alone"));
      serial = page->serial;
      ByteReader head(page->body);
      head.skip(10);
      pre_skip = head.little_endian(2).value_or(0);
    } else if (serial == page->serial && page->granule != 0 && page->granule < kNoGranule / 2) {
      if (!begin) begin = first_granule(*page);
      end = std::max(end, page->granule);
    }
  }
  if (!serial) return not_speech("it is an Ogg file without a stream");
  AudioFacts told{Container::kOgg, "audio/ogg", "ogg", "opus", std::nullopt};
  if (begin && end > *begin + pre_skip) told.duration_ms = to_milliseconds(end - *begin - pre_skip, kOpusRate);
  return told;
}

}  // namespace antiphon::audio
