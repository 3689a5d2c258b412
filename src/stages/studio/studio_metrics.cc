#include "stages/studio/studio_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace antiphon::studio {
namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

StudioMetrics::StudioMetrics(prometheus::Registry& registry)
    : takes_(prometheus::BuildCounter()
                 .Name("studio_takes_total")
                 .Help("Takes acknowledged by Kafka, by their right.")
                 .Register(registry)),
      unusable_(prometheus::BuildCounter()
                    .Name("studio_records_unusable_total")
                    .Help("Records that could not be read.")
                    .Register(registry)),
      forwarded_(prometheus::BuildCounter()
                     .Name("studio_forwarded_total")
                     .Help("Requests passed to the studio that owns a partition, by outcome.")
                     .Register(registry)),
      open_(prometheus::BuildGauge()
                .Name("studio_open_prompts")
                .Help("Sentences that may be given out.")
                .Register(registry)),
      in_flight_bytes_(gauge(registry, "studio_in_flight_bytes", "Audio on its way to Kafka.")),
      leases_(gauge(registry, "studio_leases", "Leases held now.")),
      sentences_(gauge(registry, "studio_prompts", "Sentences known, of the partitions that are this studio's.")),
      copied_(gauge(registry, "studio_copied_partitions",
                    "Partitions of other studios that are kept warm, whole; 0 while that cannot be looked after.")),
      copied_sentences_(gauge(registry, "studio_copied_prompts", "Sentences known of partitions of other studios.")) {
  for (const auto standing :
       {events::LeaseStanding::kHeld, events::LeaseStanding::kLate, events::LeaseStanding::kNone}) {
    takes_by_standing_[static_cast<std::size_t>(standing)] = &takes_.Add({{"lease", std::string(to_string(standing))}});
  }
}

void StudioMetrics::count_take(events::LeaseStanding standing) {
  takes_by_standing_[static_cast<std::size_t>(standing)]->Increment();
}
void StudioMetrics::set_in_flight_bytes(std::size_t bytes) { in_flight_bytes_.Set(static_cast<double>(bytes)); }
void StudioMetrics::count_unusable(const std::string& topic) { unusable_.Add({{"topic", topic}}).Increment(); }
void StudioMetrics::count_forwarded(const std::string& outcome) { forwarded_.Add({{"outcome", outcome}}).Increment(); }

void StudioMetrics::set_copied_partitions(std::size_t partitions) { copied_.Set(static_cast<double>(partitions)); }

void StudioMetrics::set_tables(const Leases& leases) {
  for (const LocaleCount& count : leases.locales())
    open_.Add({{"locale", count.locale}}).Set(static_cast<double>(count.open));
  leases_.Set(static_cast<double>(leases.leases_held()));
  sentences_.Set(static_cast<double>(leases.sentences_known()));
  copied_sentences_.Set(static_cast<double>(leases.sentences_copied()));
}

}  // namespace antiphon::studio
