// WebM: EBML elements {id (1-4 bytes, its length in its first bits), size (1-8 bytes likewise; all ones: not known),
// bytes}.
//
//   EBML header: DocType "webm"
//   Segment > Info > TimestampScale (ns a tick), Tracks > TrackEntry > {TrackNumber, TrackType, CodecID, CodecDelay
//   (ns)},
//             Cluster > Timestamp (ticks), SimpleBlock or BlockGroup > {Block, DiscardPadding (ns)}
//   a block: {track (a size), ticks after the cluster's (2 bytes, signed), flags, the packet}
//
// A browser that records writes Segment and Cluster with unknown sizes, and no Duration. So the walk is flat: it steps
// into the elements that hold others and over all else, and needs no size of theirs. The duration runs from the first
// block to the end of the last packet.
#include <algorithm>

#include "speech/audio/byte_reader.h"
#include "speech/audio/containers.h"

namespace antiphon::audio {
namespace {

enum Id : std::uint32_t {
  kEbml = 0x1A45DFA3,
  kDocType = 0x4282,
  kSegment = 0x18538067,
  kInfo = 0x1549A966,
  kTimestampScale = 0x2AD7B1,
  kTracks = 0x1654AE6B,
  kTrackEntry = 0xAE,
  kTrackNumber = 0xD7,
  kTrackType = 0x83,
  kCodecId = 0x86,
  kCodecDelay = 0x56AA,
  kCluster = 0x1F43B675,
  kTimestamp = 0xE7,
  kSimpleBlock = 0xA3,
  kBlockGroup = 0xA0,
  kBlock = 0xA1,
  kDiscardPadding = 0x75A2,
};

constexpr std::uint64_t kAudioTrack = 2;
constexpr std::uint64_t kTracksMax = 16;
constexpr std::uint64_t kNanosecondsMax =
    24ULL * 3600 * 1'000'000'000;  // of any time in the file; more is not believed
constexpr unsigned kLacingFlags = 0x06;

bool is_container(std::uint32_t id) {
  return id == kEbml || id == kSegment || id == kInfo || id == kTracks || id == kTrackEntry || id == kCluster ||
         id == kBlockGroup;
}

// The number whose first set bit says its length: kept in an id, taken away from a size.
struct Coded {
  std::uint64_t value = 0;
  bool all_ones = false;
};
std::optional<Coded> read_coded(ByteReader& reader, std::size_t bytes_max, bool keep_mark) {
  const auto first = reader.big_endian(1);
  if (!first || *first == 0) return std::nullopt;
  std::size_t length = 1;
  while ((*first & (0x100U >> length)) == 0) ++length;
  if (length > bytes_max) return std::nullopt;
  const auto rest = reader.big_endian(length - 1);
  if (!rest) return std::nullopt;
  const std::uint64_t all = (*first << (8U * (length - 1))) | *rest;
  const std::uint64_t mark = std::uint64_t{1} << (7U * length);
  return Coded{keep_mark ? all : all & (mark - 1), (all & (mark - 1)) == mark - 1};
}

struct Track {
  std::uint64_t number = 0, type = 0, codec_delay_ns = 0;
  std::string_view codec;
};

class Walk {
 public:
  // False: something is wrong for certain, and `refusal` says what.
  bool see(std::uint32_t id, ByteView content);
  [[nodiscard]] std::optional<std::int64_t> duration_ms() const;

  std::string_view doc_type;
  std::vector<Track> tracks;

 private:
  void see_block(ByteView block);
  void see_track(std::uint32_t id, ByteView content);

  std::uint64_t scale_ns_ = 1'000'000;
  std::uint64_t cluster_ticks_ = 0;
  std::optional<std::uint64_t> first_ns_;
  std::uint64_t end_ns_ = 0;
  std::uint64_t last_block_end_ns_ = 0;
};

std::uint64_t number_in(ByteView content) {
  return content.size() > 8 ? 0 : ByteReader(content).big_endian(content.size()).value_or(0);
}

bool Walk::see(std::uint32_t id, ByteView content) {
  switch (id) {
    case kDocType:
      doc_type = as_text(content);
      break;
    case kTimestampScale:
      scale_ns_ = std::max<std::uint64_t>(1, number_in(content));
      break;
    case kTimestamp:
      cluster_ticks_ = number_in(content);
      break;
    case kSimpleBlock:
    case kBlock:
      see_block(content);
      break;
    case kDiscardPadding:
      // Of the block before it, which is only of interest if it is the last one.
      if (const std::uint64_t padding = number_in(content); last_block_end_ns_ == end_ns_ && padding < end_ns_)
        end_ns_ -= padding;
      break;
    case kTrackEntry:
      if (tracks.size() == kTracksMax) return false;
      tracks.emplace_back();
      break;
    default:
      see_track(id, content);
  }
  return true;
}

void Walk::see_track(std::uint32_t id, ByteView content) {
  if (tracks.empty()) return;
  Track& track = tracks.back();
  if (id == kTrackNumber) track.number = number_in(content);
  if (id == kTrackType) track.type = number_in(content);
  if (id == kCodecId) track.codec = as_text(content);
  if (id == kCodecDelay) track.codec_delay_ns = number_in(content);
}

void Walk::see_block(ByteView block) {
  ByteReader reader(block);
  const auto track = read_coded(reader, 8, false);
  const auto relative = reader.big_endian(2), flags = reader.big_endian(1);
  if (!track || !relative || !flags || tracks.empty() || track->value != tracks.front().number) return;
  const auto ticks = static_cast<std::int16_t>(*relative);
  if (cluster_ticks_ > kNanosecondsMax / scale_ns_) return;
  const auto cluster = static_cast<std::int64_t>(cluster_ticks_);
  if (cluster + ticks < 0) return;
  const auto at = static_cast<std::uint64_t>(cluster + ticks);
  if (at > kNanosecondsMax / scale_ns_) return;
  const std::uint64_t begin_ns = at * scale_ns_;
  // Laced packets are not taken apart: nobody laces Opus in WebM, and only the last packet's length would be missing.
  const std::uint64_t samples =
      (*flags & kLacingFlags) == 0 ? opus_packet_samples(reader.take_up_to(reader.remaining())) : 0;
  first_ns_ = std::min(first_ns_.value_or(begin_ns), begin_ns);
  last_block_end_ns_ = begin_ns + samples * 1'000'000'000 / kOpusRate;
  end_ns_ = std::max(end_ns_, last_block_end_ns_);
}

std::optional<std::int64_t> Walk::duration_ms() const {
  if (!first_ns_ || tracks.empty()) return std::nullopt;
  const std::uint64_t begin = std::max(*first_ns_, tracks.front().codec_delay_ns);
  if (end_ns_ <= begin) return std::nullopt;
  return to_milliseconds(end_ns_ - begin, 1'000'000'000);
}

}  // namespace

Result<AudioFacts> tell_webm(ByteView file) {
  Walk walk;
  ByteReader reader(file);
  while (!reader.at_end()) {
    const auto id = read_coded(reader, 4, true);
    const auto size = read_coded(reader, 8, false);
    if (!id || !size) break;
    const auto element = static_cast<std::uint32_t>(id->value);
    if (is_container(element)) {
      if (!walk.see(element, {})) return not_speech("it is a WebM file with too many tracks");
      continue;
    }
    if (size->all_ones) break;  // only what holds others may have no size
    const auto content = reader.take(size->value);
    if (!content) break;
    walk.see(element, *content);
  }
  while (walk.doc_type.ends_with('\0')) walk.doc_type.remove_suffix(1);
  if (walk.doc_type != "webm") return not_speech("it is EBML (Matroska), but not WebM");
  if (walk.tracks.empty()) return not_speech("it is a WebM file without a track");
  for (const Track& track : walk.tracks) {
    if (track.type != kAudioTrack) return not_speech("it is a WebM file with more than sound");
    if (track.codec != "A_OPUS") return not_speech("it is a WebM file with another codec than Opus");
  }
  return AudioFacts{Container::kWebm, "audio/webm", "webm", "opus", walk.duration_ms()};
}

}  // namespace antiphon::audio
