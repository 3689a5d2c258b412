// The batches of one sealed segment, one after the other, each whole and verified. What is not as it should be is
// damage: kCorrupt, with file, byte and offset; nothing of such a partition is cleaned.
#pragma once

#include <memory>
#include <string>

#include "core/file_system.h"
#include "kafka/log/scanner.h"

namespace antiphon::kafka::log {

constexpr std::uint64_t kCleanedBatchBytesMax = 128ULL << 20;  // a larger batch is not looked into: kLimit

struct SourceSegment {
  Offset base{0};
  Offset end{0};  // the next one's base
  std::uint64_t bytes = 0;
};

class SourceReader {
 public:
  static Result<std::unique_ptr<SourceReader>> open(FileSystem& files, const std::string& directory,
                                                    const SourceSegment& segment);

  // False: that was the last.
  Result<bool> next();
  [[nodiscard]] const BatchHeader& header() const { return header_; }
  [[nodiscard]] ByteView bytes() const { return ByteView(bytes_).first(static_cast<std::size_t>(header_.size_bytes)); }
  // For what is found inside the batch.
  [[nodiscard]] Error damaged(std::string_view why) const;

 private:
  SourceReader(std::unique_ptr<File> file, std::string path, const SourceSegment& segment);

  std::unique_ptr<File> file_;
  std::string path_;
  SourceSegment segment_;
  Scanner scanner_;
  Offset next_;
  BatchHeader header_;
  Bytes bytes_;
  std::uint64_t position_ = 0;  // of the batch, or of the damage
};

}  // namespace antiphon::kafka::log
