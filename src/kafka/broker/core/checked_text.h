// A small text in a file of its own that says whether it is whole: "TEXT crc32c=XXXXXXXX" and a line feed.
#pragma once

#include <string>
#include <string_view>

#include "core/file_system.h"
#include "core/result.h"

namespace antiphon::kafka::broker {

constexpr std::size_t kCheckedTextBytesMax = 128;

struct CheckedText {
  std::string text;
  bool whole = true;    // false: the file is there and damaged; `text` is what stands in it
  std::string problem;  // for the log: file, position, what is wrong
};

// kNotFound, kIo. A file without a CRC, as older brokers wrote it, is taken as it is.
Result<CheckedText> read_checked_text(FileSystem& files, const std::string& path);
Result<> write_checked_text(FileSystem& files, const std::string& path, std::string_view text);

}  // namespace antiphon::kafka::broker
