// MP4 (ISO base media): boxes {size (4; 1: 8 more bytes hold it; 0: to the end), type (4), content}, big-endian.
//
//   moov > mvhd {timescale, duration}, trak > tkhd {id}, mdia > mdhd {timescale, duration}, hdlr {soun, vide},
//                                             minf > stbl > stsd {mp4a > esds {object type: 0x40 is AAC}}
//          mvex > trex {default duration of a sample}
//   moof > traf > tfhd {track, default duration}, tfdt {first time}, trun {durations of samples}
//
// What records as it goes (Safari, Chromium) writes moov without a duration, then moof and mdat by turns. The walk is
// flat: it steps into the boxes that hold others and over all else.
#include <algorithm>

#include "speech/audio/byte_reader.h"
#include "speech/audio/containers.h"

namespace antiphon::audio {
namespace {

constexpr std::size_t kTracksMax = 16;
constexpr std::uint64_t kTimeMax = std::uint64_t{1} << 48U;  // in any timescale: years; keeps sums from overflowing

bool is_container(std::string_view type) {
  for (const std::string_view known : {"moov", "trak", "mdia", "minf", "stbl", "mvex", "moof", "traf"}) {
    if (type == known) return true;
  }
  return false;
}

struct Times {
  std::uint64_t timescale = 0, duration = 0;
};

// mvhd and mdhd begin alike: version, flags, two dates, timescale, duration; all ones in it means not known.
Times read_times(ByteView content) {
  ByteReader reader(content);
  const std::size_t width = reader.big_endian(4).value_or(0) >> 24U == 1 ? 8 : 4;
  reader.skip(2 * width);
  const std::uint64_t timescale = reader.big_endian(4).value_or(0), duration = reader.big_endian(width).value_or(0);
  const bool unknown = duration >= kTimeMax || (width == 4 && duration == 0xffffffffU);
  return {timescale, unknown ? 0 : duration};
}

struct Track {
  std::uint64_t id = 0, default_duration = 0;
  std::string_view handler, codec;
  Times media;
};

// ISO 14496-1: {0x03, length, ES id (2), flags, ...} then {0x04, length, object type, ...}. Lengths have 7 bits a byte.
void skip_descriptor_length(ByteReader& reader) {
  for (int i = 0; i < 4 && (reader.big_endian(1).value_or(0) & 0x80U) != 0; ++i) {
  }
}
bool is_aac_esds(ByteView content) {
  ByteReader reader(content);
  reader.skip(4);
  if (reader.big_endian(1) != 0x03U) return false;
  skip_descriptor_length(reader);
  reader.skip(2);
  const std::uint64_t flags = reader.big_endian(1).value_or(0);
  if ((flags & 0x80U) != 0) reader.skip(2);
  if ((flags & 0x40U) != 0) reader.skip(reader.big_endian(1).value_or(0));
  if ((flags & 0x20U) != 0) reader.skip(2);
  if (reader.big_endian(1) != 0x04U) return false;
  skip_descriptor_length(reader);
  const std::uint64_t type = reader.big_endian(1).value_or(0);
  return type == 0x40 || (type >= 0x66 && type <= 0x68);  // MPEG-4 AAC, MPEG-2 AAC
}

// The first sample entry of stsd: `mp4a` only counts with an esds that says AAC, for it also holds MP3.
std::string_view codec_of(ByteView stsd) {
  ByteReader reader(stsd);
  reader.skip(8);
  const auto size = reader.big_endian(4);
  const auto type = reader.take(4);
  if (!size || !type || *size < 8) return {};
  if (as_text(*type) != "mp4a") return as_text(*type);
  ByteReader entry(reader.take_up_to(*size - 8));
  entry.skip(8);
  const std::uint64_t version = entry.big_endian(2).value_or(0);
  entry.skip(version == 1 ? 34 : 18);  // QuickTime's second version has 16 bytes more
  while (const auto box = entry.big_endian(4)) {
    const auto name = entry.take(4);
    if (!name || *box < 8) break;
    const ByteView content = entry.take_up_to(*box - 8);
    if (as_text(*name) == "esds") return is_aac_esds(content) ? "aac" : "mp4a";
  }
  return "mp4a";
}

class Walk {
 public:
  bool see(std::string_view type, ByteView content);  // false: too many tracks
  [[nodiscard]] const Track* sound() const;
  [[nodiscard]] bool has(std::string_view handler) const;
  [[nodiscard]] std::optional<std::int64_t> duration_ms() const;
  [[nodiscard]] bool has_movie() const { return has_movie_; }

 private:
  void see_in_track(std::string_view type, ByteView content);
  void see_fragment(std::string_view type, ByteView content);
  void see_run(ByteView content);

  bool has_movie_ = false;
  Times movie_;
  std::vector<Track> tracks_;
  // Of the track fragment that is being read.
  std::uint64_t fragment_track_ = 0, fragment_time_ = 0, fragment_duration_ = 0;
  // Over all fragments of the sound.
  std::optional<std::uint64_t> fragments_begin_;
  std::uint64_t fragments_end_ = 0;
};

bool Walk::see(std::string_view type, ByteView content) {
  if (type == "moov") has_movie_ = true;
  if (type == "mvhd") movie_ = read_times(content);
  if (type == "trak") {
    if (tracks_.size() == kTracksMax) return false;
    tracks_.emplace_back();
  }
  if (!tracks_.empty()) see_in_track(type, content);
  see_fragment(type, content);
  return true;
}

void Walk::see_in_track(std::string_view type, ByteView content) {
  Track& track = tracks_.back();
  ByteReader reader(content);
  if (type == "tkhd") {
    reader.skip(reader.big_endian(4).value_or(0) >> 24U == 1 ? 16 : 8);
    track.id = reader.big_endian(4).value_or(0);
  } else if (type == "mdhd") {
    track.media = read_times(content);
  } else if (type == "hdlr") {
    reader.skip(8);
    if (track.handler.empty()) track.handler = as_text(reader.take_up_to(4));  // QuickTime has a second one behind it
  } else if (type == "stsd") {
    track.codec = codec_of(content);
  } else if (type == "trex") {
    reader.skip(4);
    const auto id = reader.big_endian(4);
    reader.skip(4);
    const std::uint64_t duration = reader.big_endian(4).value_or(0);
    for (Track& other : tracks_) {
      if (other.id == id) other.default_duration = duration;
    }
  }
}

void Walk::see_fragment(std::string_view type, ByteView content) {
  ByteReader reader(content);
  const Track* track = sound();
  if (type == "tfhd") {
    const std::uint64_t flags = reader.big_endian(4).value_or(0);
    fragment_track_ = reader.big_endian(4).value_or(0);
    if ((flags & 0x1U) != 0) reader.skip(8);
    if ((flags & 0x2U) != 0) reader.skip(4);
    fragment_duration_ = track != nullptr ? track->default_duration : 0;
    if ((flags & 0x8U) != 0) fragment_duration_ = reader.big_endian(4).value_or(0);
    fragment_time_ = fragments_end_;  // without a tfdt it follows the one before
  } else if (type == "tfdt") {
    const std::size_t width = reader.big_endian(4).value_or(0) >> 24U == 1 ? 8 : 4;
    fragment_time_ = std::min(reader.big_endian(width).value_or(0), kTimeMax);
  } else if (type == "trun" && track != nullptr && track->id == fragment_track_) {
    see_run(content);
  }
}

void Walk::see_run(ByteView content) {
  ByteReader reader(content);
  const std::uint64_t flags = reader.big_endian(4).value_or(0);
  const std::uint64_t count = reader.big_endian(4).value_or(0);
  if ((flags & 0x1U) != 0) reader.skip(4);
  if ((flags & 0x4U) != 0) reader.skip(4);
  std::uint64_t length = 0;
  if ((flags & 0x100U) == 0) {
    length = count * fragment_duration_;  // below 2^64: both have 32 bits
  } else {
    std::uint64_t behind = 0;
    for (const std::uint64_t flag : {0x200U, 0x400U, 0x800U}) behind += (flags & flag) != 0 ? 4 : 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto duration = reader.big_endian(4);
      if (!duration) break;  // the box is shorter than it says
      length += *duration;
      reader.skip(behind);
    }
  }
  fragments_begin_ = std::min(fragments_begin_.value_or(fragment_time_), fragment_time_);
  fragment_time_ = std::min(fragment_time_ + std::min(length, kTimeMax), kTimeMax);
  fragments_end_ = std::max(fragments_end_, fragment_time_);
}

const Track* Walk::sound() const {
  const auto found =
      std::find_if(tracks_.begin(), tracks_.end(), [](const Track& track) { return track.handler == "soun"; });
  return found == tracks_.end() ? nullptr : &*found;
}

bool Walk::has(std::string_view handler) const {
  return std::any_of(tracks_.begin(), tracks_.end(), [&](const Track& track) { return track.handler == handler; });
}

std::optional<std::int64_t> Walk::duration_ms() const {
  const Track* track = sound();
  if (track == nullptr) return std::nullopt;
  if (fragments_begin_ && fragments_end_ > *fragments_begin_) {
    return to_milliseconds(fragments_end_ - *fragments_begin_, track->media.timescale);
  }
  // mvhd's leaves out what the edit list cuts away (the encoder's delay).
  if (movie_.duration > 0) return to_milliseconds(movie_.duration, movie_.timescale);
  if (track->media.duration > 0) return to_milliseconds(track->media.duration, track->media.timescale);
  return std::nullopt;
}

}  // namespace

Result<AudioFacts> tell_mp4(ByteView file) {
  Walk walk;
  ByteReader reader(file);
  for (;;) {
    auto size = reader.big_endian(4);
    const auto type = reader.take(4);
    if (!size || !type) break;
    std::uint64_t header = 8;
    if (*size == 1) {
      size = reader.big_endian(8);
      header = 16;
    } else if (*size == 0) {
      size = header + reader.remaining();
    }
    if (!size || *size < header) break;
    const bool container = is_container(as_text(*type));
    const ByteView content = container ? ByteView{} : reader.take_up_to(*size - header);
    if (!walk.see(as_text(*type), content)) return not_speech("it is an MP4 file with too many tracks");
  }
  if (!walk.has_movie()) return not_speech("it is an MP4 file without its moov box (cut off, or a fragment)");
  if (walk.has("vide")) return not_speech("it is an MP4 file with video");
  if (walk.sound() == nullptr) return not_speech("it is an MP4 file without sound");
  if (walk.sound()->codec != "aac") return not_speech("it is an MP4 file with another codec than AAC");
  return AudioFacts{Container::kMp4, "audio/mp4", "m4a", "aac", walk.duration_ms()};
}

}  // namespace antiphon::audio
