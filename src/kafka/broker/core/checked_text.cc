#include "kafka/broker/core/checked_text.h"

#include <fmt/format.h>

#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::broker {
namespace {

constexpr std::string_view kCrcName = " crc32c=";

std::string crc_text(std::string_view text) { return fmt::format("{:08x}", wire::crc32c(as_bytes(text))); }

bool printable(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return !text.empty();
}

}  // namespace

Result<CheckedText> read_checked_text(FileSystem& files, const std::string& path) {
  ANTIPHON_TRY(bytes, read_file(files, path, kCheckedTextBytesMax));
  std::string all(as_text(bytes));
  const bool has_end = !all.empty() && all.back() == '\n';
  if (has_end) all.pop_back();
  CheckedText result;
  const auto at = all.find(kCrcName);
  result.text = all.substr(0, at);
  if (at != std::string::npos) {
    const std::string stored = all.substr(at + kCrcName.size());
    result.whole = has_end && stored == crc_text(result.text);
    if (!result.whole) {
      result.problem = fmt::format("{} at byte 0: its CRC-32C is {}, its text '{}' has {}", path, stored, result.text,
                                   crc_text(result.text));
    }
    return result;
  }
  // No CRC: an older broker's, one word; anything else is damage.
  result.whole = printable(all) && all.find("crc") == std::string::npos;
  if (!result.whole) result.problem = fmt::format("{} at byte 0: not a text of this broker's", path);
  return result;
}

Result<> write_checked_text(FileSystem& files, const std::string& path, std::string_view text) {
  return write_file_atomically(files, path, as_bytes(fmt::format("{}{}{}\n", text, kCrcName, crc_text(text))));
}

}  // namespace antiphon::kafka::broker
