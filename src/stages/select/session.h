// One hold of the baton: recovers, then publishes until it is told to stop, the baton is lost or something is beyond
// repair.
//
// Every hold begins with nothing in memory: what a former hold knew may be outdated. Its own threads end before it
// ends.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapters/blobs/blob_store.h"
#include "adapters/bus/baton.h"
#include "adapters/bus/consumer.h"
#include "adapters/bus/producer.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "core/health.h"
#include "core/random.h"
#include "core/stop.h"
#include "events/topics.h"
#include "speech/text/readability.h"
#include "stages/select/corpus_worker.h"
#include "stages/select/desk.h"
#include "stages/select/metrics.h"
#include "stages/select/recovery.h"
#include "stages/select/select.h"
#include "stages/select/state_keeper.h"

namespace antiphon::select {

// What stays the same over all holds.
struct Workplace {
  const SelectSettings& settings;
  bus::Connection connection;
  events::Topics topics;
  std::vector<CorpusUrl> corpora;
  std::vector<std::string> corpus_ids;
  std::vector<std::unique_ptr<blobs::BlobStore>> stores;
  text::Readability rules;
  std::optional<text::Locale> default_locale;
  FileSystem& file_system;
  const Clock& clock;
  Random& random;
  Health& health;
  Metrics& metrics;
  StopToken stop;
};

class Session {
 public:
  // Baton and workplace must outlive it.
  Session(Workplace& place, bus::Baton& baton);
  ~Session();

  // Good: stopped, or the baton is lost. kUnavailable: Kafka did not answer, or the producer is beyond repair.
  Result<> run();
  // The producer failed for good: a new process is the safest.
  [[nodiscard]] bool producer_failed() const { return producer_ && producer_->fatal(); }
  // For the baton's thread.
  void baton_changed();

 private:
  enum class Turn : std::uint8_t { kGoOn, kEnd };
  Result<> start();
  void start_workers();
  std::unique_ptr<CorpusReader> make_reader(std::size_t index);
  void follow_prompt_state();
  Result<Turn> publish_what_is_wanted();
  Result<> send(Publication publication);
  Result<> save(bool all);
  void wait_for_news();
  // Once every corpus was looked at, so that a wrong one ends the start and not the service; or after kReadyAnyway.
  void ready_when_looked_at();
  void finish();

  Workplace& place_;
  bus::Baton& baton_;
  std::uint64_t losses_;  // of the baton, when this hold began
  Desk desk_;
  std::unique_ptr<bus::Producer> producer_;
  std::unique_ptr<bus::PartitionReader> state_reader_;
  std::unique_ptr<StateKeeper> keeper_;
  std::vector<std::unique_ptr<CorpusWorker>> workers_;
  std::thread follower_;
  MonoTime next_metrics_{};
  MonoTime began_{};
  bool ready_ = false;
};

}  // namespace antiphon::select
