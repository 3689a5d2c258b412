// Reads batches one after the other from a segment file and checks each, with a buffer of bounded size.
#pragma once

#include <cstdint>
#include <string>

#include "core/file_system.h"
#include "kafka/log/batch.h"

namespace antiphon::kafka::log {

class Scanner {
 public:
  enum class Check : std::uint8_t { kHeader, kCrc };
  static constexpr std::size_t kBufferBytes = 256 << 10;

  // Looks at [position, end) of the file, which outlives the scanner.
  Scanner(const File& file, std::uint64_t position, std::uint64_t end, Check check);

  // The next batch; nullptr at the end (problem() empty) or where no good batch stands (problem() says why).
  Result<const BatchHeader*> next();
  [[nodiscard]] std::uint64_t batch_position() const { return batch_position_; }  // of what next() gave
  [[nodiscard]] std::uint64_t position() const { return position_; }              // behind it; where the problem is
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // After something was written at position(): forget what was read, look again.
  void retry(std::uint64_t position, std::uint64_t end);

 private:
  Result<ByteView> bytes_at(std::uint64_t position, std::size_t size);  // fewer only at the end

  const File& file_;
  std::uint64_t position_;
  std::uint64_t end_;
  Check check_;
  std::uint64_t batch_position_ = 0;
  BatchHeader header_;
  std::string problem_;
  Bytes buffer_;
  std::uint64_t buffer_position_ = 0;
  std::size_t buffer_size_ = 0;
};

}  // namespace antiphon::kafka::log
