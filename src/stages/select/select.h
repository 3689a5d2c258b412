// The selector: sentences from corpora in files or S3, one by one, to NAMESPACE.prompts; only as many as are wanted.
//
// It holds no state that cannot be lost: what was published is read back from the prompts topic, how far each object is
// read from NAMESPACE.corpus-state, what is open from NAMESPACE.prompt-state; the spool of a shuffled corpus is made
// again when it is gone. One selector works in a namespace (it holds partition 0 of corpus-state in the group
// NAMESPACE.select); others stand by. docs/formats/corpus.md tells how objects are read, and what the saved state
// means.
#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <string>
#include <vector>

#include "adapters/bus/connection.h"
#include "core/health.h"
#include "core/result.h"
#include "core/stop.h"

namespace antiphon::select {

constexpr int kAheadMax = 100'000;
constexpr std::size_t kCorporaMax = 64;

struct SelectSettings {
  bus::Connection kafka;  // client_id is set by run_select: NAMESPACE.select.SLOT
  std::string name_space = "voices";
  std::vector<std::string> corpus_urls;  // at least one; read in this order of preference
  std::string default_locale;            // for objects whose name tells none and whose URL has no locale=; may be empty
  int wanted = 1;                        // --takes: recordings asked for each sentence
  int ahead = 200;                       // open sentences a locale
  int partitions = 6;                    // of the topics, where they must be made; where they exist they must agree
  int replication = 0;                   // 0: 1 on one broker, 2 on two, else 3
  // This selector among those of the namespace. Given: it has the baton back at once after any restart; two processes
  // with one slot fence each other. Empty: others wait for the session timeout when it dies, and so does its successor.
  std::string slot;
  std::string spool_dir = "antiphon-data/select";  // for order=shuffled; its content may be lost at any time
  std::string rules_file;                          // TOML, speech/text/readability.h; empty: the built-in rules

  std::chrono::milliseconds relist_every{30'000};  // new and changed objects are found after so long at most
  std::chrono::milliseconds state_every{1'000};    // how far the objects are read is saved so often at most
  std::chrono::milliseconds retry_delay_min{500};  // towards a corpus that is away; doubles
  std::chrono::milliseconds retry_delay_max{30'000};
  std::chrono::milliseconds session_timeout{6'000};  // until another selector may take over from one that died

  Result<> validate() const;  // kUsage: what is wrong; parses every corpus URL
};

// Runs until `stop`. Makes the topics it needs. Ready when it works or stands by. A corpus or a Kafka that is away is a
// problem in `health`, never an end. Errors: kUsage, kConfig (a topic of another shape, rules that do not parse, a
// corpus that is not there and never was); kUnavailable: the Kafka client is beyond repair and a new start mends it.
Result<> run_select(const SelectSettings& settings, const StopToken& stop, Health& health,
                    prometheus::Registry& metrics);

}  // namespace antiphon::select
