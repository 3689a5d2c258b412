// The archive: every recording of a namespace into a folder or a bucket, as an ordinary consumer with a group of its
// own.
//
// Each recording becomes LOCALE/PROMPT_ID/RECORDING_ID.EXT and then its sidecar .json (docs/formats/archive.md). An
// offset is committed only when everything below it is confirmed by the store, or stands acknowledged in the dead
// letter topic. A store that is away is waited for; an event that cannot be used goes to dlq.TOPIC.archive.NAME and the
// next is handled at once.
#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "adapters/bus/connection.h"
#include "core/health.h"
#include "core/result.h"
#include "core/stop.h"

namespace antiphon::archive {

constexpr int kParallelMax = 256;

struct ArchiveSettings {
  bus::Connection kafka;
  std::string name_space = "voices";
  std::string
      url;  // file:///folder or s3://bucket/prefix?endpoint=...&region=...; its name= stands in for an empty `name`
  std::string name;  // empty: the URL's name=, else the first 8 hex digits of SHA-256 of the URL without query
  // This process among those of one name. Given: it is a static member of the group and has its partitions back at once
  // after any restart; two processes with one slot fence each other. Empty: as many processes as you like, the dead are
  // missed after 6 s.
  std::string slot;
  int partitions = 6;   // of the recordings topic, where it must be made; where it exists they must agree
  int replication = 0;  // 0: 1 on one broker, 2 on two, else 3

  int parallel = 16;                               // recordings stored at the same time, 1 .. kParallelMax
  std::size_t in_flight_max = 128;                 // read and not yet finished; more are left in Kafka
  std::size_t in_flight_bytes_max = 64U << 20;     // the same in bytes of values
  std::chrono::milliseconds commit_interval{500};  // an offset waits at most this long for its commit
  std::size_t commit_records = 500;                // ... or until so many are finished
  std::chrono::milliseconds retry_delay_min{100};  // back-off towards a store that is away; doubles, with jitter
  std::chrono::milliseconds retry_delay_max{5'000};
  std::chrono::milliseconds progress_interval{5'000};  // of the line that tells how far behind, and of the lag metrics

  Result<> validate() const;  // kUsage: what is wrong
  // `name` where given, else the URL's, else the default. kUsage: the URL or the name is none.
  [[nodiscard]] Result<std::string> effective_name() const;
};

// Runs until `stop`. Makes the topics it needs, opens and probes the store, then consumes. Ready as soon as it
// consumes; a store or a Kafka that is away is a problem in `health`, never an end. It ends with an error only for what
// a person must mend: a wrong URL, refused keys or a missing bucket at the start, a topic of another shape.
Result<> run_archive(const ArchiveSettings& settings, const StopToken& stop, Health& health,
                     prometheus::Registry& metrics);

}  // namespace antiphon::archive
