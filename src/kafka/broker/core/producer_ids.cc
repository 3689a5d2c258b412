#include "kafka/broker/core/producer_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/logging.h"
#include "kafka/broker/core/checked_text.h"

namespace antiphon::kafka::broker {
namespace {
constexpr std::string_view kPrefix = "next=";
}  // namespace

Result<ProducerIds> ProducerIds::open(FileSystem& files, std::string path, WallTime now) {
  ANTIPHON_TRY(exists, files.exists(path));
  if (!exists) return ProducerIds(files, std::move(path), 0);
  ANTIPHON_TRY(read, read_checked_text(files, path));
  const std::string_view text = read.text;
  std::int64_t value = -1;
  if (text.starts_with(kPrefix)) std::from_chars(text.data() + kPrefix.size(), text.data() + text.size(), value);
  if (read.whole && value >= 0 && value <= std::numeric_limits<std::int64_t>::max() - kBlock) {
    return ProducerIds(files, std::move(path), value);
  }
  if (read.problem.empty()) read.problem = fmt::format("{} does not say 'next=NUMBER'", path);
  // Never one of those that were given out: milliseconds since 1970 are more than anybody ever asked for.
  const std::int64_t anew = std::max<std::int64_t>(to_unix_ms(now), 0) / kBlock * kBlock + kBlock;
  logging::error("a file is damaged: producer ids go on from the time of day",
                 {{"problem", read.problem}, {"next", anew}});
  return ProducerIds(files, std::move(path), anew);
}

Result<ProducerId> ProducerIds::next() {
  if (next_ == end_) {
    ANTIPHON_TRY_VOID(write_checked_text(*files_, path_, fmt::format("{}{}", kPrefix, end_ + kBlock)));
    end_ += kBlock;
  }
  return ProducerId(next_++);
}

}  // namespace antiphon::kafka::broker
