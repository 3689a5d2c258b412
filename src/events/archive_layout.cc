#include "events/archive_layout.h"

#include <algorithm>

#include "events/json_reader.h"
#include "events/shapes.h"

namespace antiphon::events {
namespace {

constexpr std::size_t kExtensionCharsMax = 8;
constexpr int kSidecarIndent = 2;

bool is_extension(std::string_view text) {
  return !text.empty() && text.size() <= kExtensionCharsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

Result<std::string> prefix_of(const std::string& locale, const PromptId& prompt, const RecordingId& recording) {
  if (!is_locale_shape(locale) || !is_prompt_id(prompt.value()) || !is_recording_id(recording.value())) {
    return make_error(ErrorKind::kInvalidInput,
                      "locale, prompt id or recording id is not fit for a name in an archive");
  }
  return locale + "/" + prompt.value() + "/" + recording.value() + ".";
}

}  // namespace

Result<std::string> archive_prefix(const Recording& recording) {
  return prefix_of(recording.locale, recording.prompt_id, recording.id);
}

Result<std::string> archive_prefix(const Erasure& erasure) {
  return prefix_of(erasure.locale, erasure.prompt_id, erasure.id);
}

Result<std::string> archive_name(const Recording& recording, std::string_view extension) {
  ANTIPHON_TRY(prefix, archive_prefix(recording));
  if (!is_extension(extension) || extension == "json") {
    return make_error(ErrorKind::kInvalidInput, "an extension is 1 to 8 of a-z 0-9, and not json");
  }
  return prefix.append(extension);
}

std::string sidecar_name(std::string_view archive_name) {
  const std::size_t dot = archive_name.rfind('.');
  return std::string(archive_name.substr(0, dot)).append(".json");
}

std::string sidecar_json(const RecordHeaders& headers) {
  nlohmann::json json = nlohmann::json::object();  // a std::map: names in byte order
  for (const RecordHeader& header : headers) {
    if (json.contains(header.name)) continue;
    json[header.name] = header.value ? nlohmann::json(*header.value) : nlohmann::json(nullptr);
  }
  return dump_json(json, kSidecarIndent) + "\n";
}

}  // namespace antiphon::events
