// The selector's planner after a start: every prompt of the topic found, every state applied.
#include "measurements.h"
#include "memory.h"
#include "stages/select/planner.h"
#include "voices.h"

namespace antiphon::bench {
namespace {

constexpr std::int32_t kPartitions = 6;
constexpr std::uint64_t kBatch = 1'000;
constexpr std::uint32_t kTextBytes = 80;

}  // namespace

nlohmann::json measure_selector(std::uint64_t count) {
  const Voices voices(kPartitions, 1, kTextBytes);
  std::vector<std::pair<events::Prompt, events::PromptState>> made(std::min(kBatch, count));
  const auto make = [&](std::uint64_t from) {
    made.resize(std::min(kBatch, count - from));
    for (std::uint64_t i = 0; i < made.size(); ++i) {
      made[i].first = voices.prompt(from + i);
      made[i].second = voices.complete(made[i].first);
    }
  };
  select::Planner planner({{"sizing"}, 1, 200});
  events::CorpusState saved;  // all but the last of what was published is settled
  saved.corpus_id = "sizing";
  saved.next_sequence = count;
  planner.found_state(saved);
  make(0);
  Measured measured;
  for (std::uint64_t done = 0; done < count; done += kBatch) {
    make(done);
    measured.timed([&] {
      for (const auto& [prompt, state] : made) {
        planner.found_prompt(prompt);
        planner.apply(state);
      }
    });
  }
  nlohmann::json told = measured.told();
  told["sentences"] = planner.table().size();
  return told;
}

}  // namespace antiphon::bench
