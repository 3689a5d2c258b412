#include "kafka/broker/core/producer_ids.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace antiphon::kafka::broker {
namespace {
constexpr std::size_t kFileBytesMax = 64;
constexpr std::string_view kPrefix = "next=";
}  // namespace

Result<ProducerIds> ProducerIds::open(FileSystem& files, std::string path) {
  ANTIPHON_TRY(exists, files.exists(path));
  if (!exists) return ProducerIds(files, std::move(path), 0);
  ANTIPHON_TRY(bytes, read_file(files, path, kFileBytesMax));
  std::string_view text = as_text(bytes);
  std::int64_t value = -1;
  if (text.starts_with(kPrefix)) std::from_chars(text.data() + kPrefix.size(), text.data() + text.size(), value);
  if (value < 0 || value > std::numeric_limits<std::int64_t>::max() - kBlock) {
    return make_error(ErrorKind::kCorrupt, fmt::format("{} does not say 'next=NUMBER'", path));
  }
  return ProducerIds(files, std::move(path), value);
}

Result<ProducerId> ProducerIds::next() {
  if (next_ == end_) {
    const std::string text = fmt::format("{}{}\n", kPrefix, end_ + kBlock);
    ANTIPHON_TRY_VOID(write_file_atomically(*files_, path_, as_bytes(text)));
    end_ += kBlock;
  }
  return ProducerId(next_++);
}

}  // namespace antiphon::kafka::broker
