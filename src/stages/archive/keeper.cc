#include "stages/archive/keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/sha256.h"
#include "events/archive_layout.h"
#include "events/topics.h"

namespace antiphon::archive {
namespace {

constexpr std::uint64_t kSidecarBytesMax = events::kMessageBytesMax;  // of a foreign one that we compare
constexpr std::string_view kSidecarSuffix = ".json";

Outcome name_taken(std::string detail) { return Refused{"name-taken", std::move(detail)}; }

// What an error of the store means for a record: a name that cannot be had is the record's fault, all else the store's.
Outcome outcome_of(Error error) {
  if (error.kind == ErrorKind::kConflict) return name_taken("something that is no object stands at its name");
  if (error.kind == ErrorKind::kInvalidInput) return Refused{"unusable-name", std::move(error.message)};
  return StoreAway{std::move(error)};
}

}  // namespace

std::string_view extension_of(std::string_view content_type) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"audio/webm", "webm"}, {"audio/ogg", "ogg"},   {"audio/mp4", "m4a"},  {"audio/wav", "wav"},
      {"audio/x-wav", "wav"}, {"audio/flac", "flac"}, {"audio/mpeg", "mp3"},
  };
  const auto type = content_type.substr(0, content_type.find_first_of("; "));
  for (const auto& [known, extension] : kTypes) {
    if (type == known) return extension;
  }
  return "bin";
}

Outcome Keeper::keep(const IncomingRecord& record) {
  const auto event = events::read_recording(record);
  if (!event) {
    const auto key = record.key ? as_text(*record.key) : std::string_view{};
    if (!record.value && events::is_recording_id(key)) return erase("", key);
    return Refused(event.error());
  }
  if (const auto* recording = std::get_if<events::Recording>(&*event)) return keep_recording(*recording, record);
  const auto& erasure = std::get<events::Erasure>(*event);
  auto prefix = events::archive_prefix(erasure);
  if (!prefix) return outcome_of(std::move(prefix).error());
  return erase(*prefix, erasure.id.value());
}

Outcome Keeper::keep_recording(const events::Recording& recording, const IncomingRecord& record) {
  const ByteView audio = record.value.value_or(ByteView{});
  if (const auto checked = events::check_audio(recording, audio); !checked) return Refused(checked.error());
  auto name = events::archive_name(recording, extension_of(recording.content_type));
  if (!name) return outcome_of(std::move(name).error());

  const std::string text = events::sidecar_json(record.headers);
  const blobs::Put object{*name, audio, {recording.content_type, {{"sha256", recording.sha256}}, true}};
  const blobs::Put mark{events::sidecar_name(*name), as_bytes(text), {"application/json", {}, true}};
  auto both = store_.put_in_order(std::array{object, mark});
  if (both) return Stored{audio.size()};
  if (both.error().kind != ErrorKind::kAlreadyExists) return outcome_of(std::move(both).error());
  // One of the names is taken: by an earlier attempt, by its repeat, or by something else.
  auto there = store_.head(object.name);
  if (there) {
    Outcome compared = compare(object.name, *there, recording, audio.size());
    if (!std::holds_alternative<AlreadyThere>(compared)) return compared;
  } else {
    if (there.error().kind != ErrorKind::kNotFound) return outcome_of(std::move(there).error());
    auto put = store_.put(object.name, object.data, object.options);
    if (!put) return outcome_of(std::move(put).error());
  }
  Outcome sidecar = keep_sidecar(recording, mark);
  // The object was there, its sidecar not: an earlier attempt ended between the two. It is stored only now.
  if (std::holds_alternative<Stored>(sidecar)) return Stored{audio.size()};
  return sidecar;
}

Outcome Keeper::compare(const std::string& name, const blobs::BlobMetadata& there, const events::Recording& recording,
                        std::uint64_t size) {
  if (there.info.size != size) {
    return name_taken(fmt::format("an object of {} bytes has its name, the recording has {}", there.info.size, size));
  }
  const auto told = there.user.find("sha256");
  if (told != there.user.end() && told->second == recording.sha256) return AlreadyThere{};
  auto data = store_.read(name, size);  // kNotFound too: removed meanwhile, so again
  if (!data && data.error().kind == ErrorKind::kLimit) return name_taken("a larger object has its name");
  if (!data) return outcome_of(std::move(data).error());
  if (sha256_hex(*data) == recording.sha256) return AlreadyThere{};
  return name_taken(fmt::format("other {} bytes have its name", size));
}

Outcome Keeper::keep_sidecar(const events::Recording& recording, const blobs::Put& mark) {
  auto put = store_.put(mark.name, mark.data, mark.options);
  if (put) return Stored{};
  if (put.error().kind != ErrorKind::kAlreadyExists) return outcome_of(std::move(put).error());
  auto data = store_.read(mark.name, kSidecarBytesMax);
  if (!data && data.error().kind == ErrorKind::kLimit) return name_taken("a larger object has its sidecar's name");
  if (!data) return outcome_of(std::move(data).error());
  // A recording that stands twice in the topic (a send that was still on the wire of a dead process) may carry another
  // time or trace; the first sidecar stays. It is this recording's if it names the same audio.
  const std::string same_audio = fmt::format("\"ce_sha256\": \"{}\"", recording.sha256);
  if (as_text(*data).find(same_audio) != std::string_view::npos) return AlreadyThere{};
  return name_taken("other bytes have its sidecar's name");
}

Outcome Keeper::erase(const std::string& prefix, std::string_view recording_id) {
  const std::string stem = fmt::format("/{}.", recording_id);
  std::vector<std::string> names;  // of one recording: its object and its sidecar
  auto listed = store_.list(prefix, [&](const blobs::BlobInfo& info) {
    const auto slash = info.name.rfind('/');
    if (slash != std::string::npos && std::string_view(info.name).substr(slash).starts_with(stem))
      names.push_back(info.name);
    return true;
  });
  if (!listed) return StoreAway{std::move(listed).error()};
  std::stable_partition(names.begin(), names.end(), [](const auto& name) { return name.ends_with(kSidecarSuffix); });
  for (const auto& name : names) {
    auto removed = store_.remove(name);
    if (!removed) return StoreAway{std::move(removed).error()};
  }
  return Erased{static_cast<int>(names.size())};
}

}  // namespace antiphon::archive
