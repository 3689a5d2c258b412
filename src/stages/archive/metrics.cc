#include "stages/archive/metrics.h"

namespace antiphon::archive {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 60, 600};

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help,
                             const std::string& archive) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({{"archive", archive}});
}
prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help,
                         const std::string& archive) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({{"archive", archive}});
}
prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const std::string& archive) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({{"archive", archive}}, kSeconds);
}

}  // namespace

Metrics::Metrics(prometheus::Registry& registry, const std::string& name)
    : stored(counter(registry, "antiphon_archive_stored_total", "recordings stored with their sidecars", name)),
      stored_bytes(counter(registry, "antiphon_archive_stored_bytes_total", "bytes of audio stored", name)),
      redelivered(
          counter(registry, "antiphon_archive_redelivered_total", "recordings that were in the store already", name)),
      erased(counter(registry, "antiphon_archive_erased_total", "erasures carried out", name)),
      retries(
          counter(registry, "antiphon_archive_retries_total", "attempts repeated because the store was away", name)),
      lost(
          counter(registry, "antiphon_archive_lost_total", "events that Kafka no longer had when they were due", name)),
      in_flight(gauge(registry, "antiphon_archive_in_flight", "events read and not yet finished", name)),
      lag_events(gauge(registry, "antiphon_archive_lag_events", "events in the log and not yet committed", name)),
      lag_seconds(
          gauge(registry, "antiphon_archive_lag_seconds", "age of the oldest event that is not finished", name)),
      store_seconds(histogram(registry, "antiphon_archive_store_seconds", "time to store one recording", name)),
      arrival_seconds(histogram(registry, "antiphon_archive_arrival_seconds",
                                "from an event's time in Kafka until it is stored", name)),
      name_(name),
      dead_letters_(prometheus::BuildCounter()
                        .Name("antiphon_archive_dead_letters_total")
                        .Help("events that cannot be used, by reason")
                        .Register(registry)) {}

void Metrics::dead_letter(const std::string& reason) {
  const bool room = reasons_.size() < kReasonsMax || reasons_.contains(reason);
  if (room) reasons_.insert(reason);
  dead_letters_.Add({{"archive", name_}, {"reason", room ? reason : "other"}}).Increment();
}

void Metrics::observe(prometheus::Histogram& histogram, std::chrono::nanoseconds took) {
  histogram.Observe(std::chrono::duration<double>(took).count());
}

}  // namespace antiphon::archive
