#include <fmt/format.h>

#include "adapters/blobs/blob_store.h"
#include "core/sha256.h"
#include "events/topics.h"
#include "stages/archive/archive.h"

namespace antiphon::archive {
namespace {

constexpr std::size_t kDefaultNameDigits = 8;

Error usage(std::string message) { return make_error(ErrorKind::kUsage, std::move(message)); }

}  // namespace

Result<std::string> ArchiveSettings::effective_name() const {
  ANTIPHON_TRY(parsed, blobs::parse_store_url(url));
  std::string chosen = name;
  if (const auto it = parsed.query.find("name"); chosen.empty() && it != parsed.query.end()) chosen = it->second;
  if (chosen.empty()) return sha256_hex(as_bytes(parsed.without_query())).substr(0, kDefaultNameDigits);
  if (!events::is_target_name(chosen)) {
    return usage(fmt::format("'{}' is no name for an archive: lower-case letters, digits and hyphens", chosen));
  }
  return chosen;
}

Result<> ArchiveSettings::validate() const {
  ANTIPHON_TRY_VOID(kafka.validate());
  if (const auto topics = events::Topics::in(name_space); !topics) return topics.error();
  if (const auto chosen = effective_name(); !chosen) return chosen.error();
  if (!slot.empty() && !events::is_target_name(slot)) return usage("a slot is lower-case letters, digits and hyphens");
  if (partitions < 1 || partitions > events::kPartitionsMax) return usage("an archive wants 1 to 1000 partitions");
  if (replication < 0 || replication > 100)
    return usage("replication is 0 (by the number of brokers) or a number of replicas");
  if (parallel < 1 || parallel > kParallelMax)
    return usage(fmt::format("an archive stores 1 to {} recordings at a time", kParallelMax));
  if (in_flight_max < 1 || in_flight_bytes_max < 1 || commit_records < 1)
    return usage("an archive's bounds are at least 1");
  const std::chrono::milliseconds least{1};
  if (commit_interval < least || retry_delay_min < least || retry_delay_max < retry_delay_min ||
      progress_interval < least) {
    return usage("an archive's intervals are at least 1 ms, and the longest retry is no shorter than the first");
  }
  return {};
}

}  // namespace antiphon::archive
