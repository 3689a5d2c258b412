#include "stages/select/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace antiphon::select {
namespace {

prometheus::Family<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

Metrics::Metrics(prometheus::Registry& registry, std::vector<std::string> corpus_ids)
    : corpus_ids_(std::move(corpus_ids)),
      published_(counter(registry, "antiphon_select_published_total", "Sentences acknowledged by Kafka")),
      left_out_(counter(registry, "antiphon_select_left_out_total",
                        "Sentences that nobody can read aloud, since the corpus was first read")),
      objects_changed_(
          counter(registry, "antiphon_select_objects_changed_total", "Objects read again because they changed")),
      open_(gauge(registry, "antiphon_select_open", "Sentences neither leased, parked nor complete")),
      state_(gauge(registry, "antiphon_select_corpus_state", "1 for the state that the corpus is in")),
      objects_(gauge(registry, "antiphon_select_corpus_objects", "Objects of the corpus")),
      under_way_(gauge(registry, "antiphon_select_under_way", "Prompts sent and not yet acknowledged").Add({})),
      working_(gauge(registry, "antiphon_select_working", "1: this process publishes, 0: it stands by").Add({})),
      prompts_(gauge(registry, "antiphon_select_prompts", "Sentences ever published in the namespace").Add({})),
      unreadable_(counter(registry, "antiphon_select_unreadable_records_total", "Records that are not of the contract")
                      .Add({})) {
  new_desk();
}

void Metrics::new_desk() {
  published_before_.assign(corpus_ids_.size(), 0);
  changed_before_.assign(corpus_ids_.size(), 0);
}

void Metrics::set_working(bool working) { working_.Set(working ? 1 : 0); }
void Metrics::count_unreadable(std::uint64_t records) { unreadable_.Increment(static_cast<double>(records)); }

void Metrics::update(const Desk& desk) {
  for (std::size_t i = 0; i < corpus_ids_.size(); ++i) {
    const std::string& id = corpus_ids_[i];
    const CorpusProgress& progress = desk.planner.progress(i);
    const CorpusStanding& standing = *desk.corpora[i];
    published_.Add({{"corpus", id}}).Increment(static_cast<double>(progress.published() - published_before_[i]));
    published_before_[i] = progress.published();
    objects_changed_.Add({{"corpus", id}})
        .Increment(static_cast<double>(standing.objects_changed - changed_before_[i]));
    changed_before_[i] = standing.objects_changed;
    objects_.Add({{"corpus", id}}).Set(static_cast<double>(standing.objects));
    for (const auto& [reason, count] : progress.left_out()) {
      auto& family = left_out_.Add({{"corpus", id}, {"reason", reason}});
      family.Increment(std::max(0.0, static_cast<double>(count) - family.Value()));
    }
    const auto now = standing.trouble.empty() ? desk.planner.condition(i) : events::CorpusCondition::kOffline;
    for (const auto condition : {events::CorpusCondition::kReading, events::CorpusCondition::kWaiting,
                                 events::CorpusCondition::kOffline, events::CorpusCondition::kDone}) {
      state_.Add({{"corpus", id}, {"state", std::string(events::to_string(condition))}}).Set(condition == now ? 1 : 0);
    }
  }
  for (const auto& [locale, count] : desk.planner.table().open_by_locale()) {
    open_.Add({{"locale", locale}}).Set(static_cast<double>(count));
  }
  under_way_.Set(static_cast<double>(desk.planner.under_way()));
  prompts_.Set(static_cast<double>(desk.planner.table().size()));
}

}  // namespace antiphon::select
