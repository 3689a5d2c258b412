// The studio's leases, restored as its start does it: states and prompts, then recordings behind them.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/random.h"
#include "events/codec.h"
#include "measurements.h"
#include "memory.h"
#include "stages/studio/leases.h"
#include "voices.h"

namespace antiphon::bench {
namespace {

constexpr std::int32_t kPartitions = 6;
constexpr std::uint64_t kBatch = 1'000;  // sentences that are made before they are read: little beside what is measured
constexpr std::uint64_t kSeed = 20261126;

// What a measurement cannot go on without.
template <class T>
const T& must(const events::Reading<T>& read) {
  if (!read) {
    std::fprintf(stderr, "bench_sizing: a record of its own cannot be read: %s: %s\n", read.error().label.c_str(),
                 read.error().detail.c_str());
    std::exit(70);
  }
  return *read;
}

class Studio {
 public:
  explicit Studio(const StudioPlan& plan)
      : plan_(plan), voices_(kPartitions, plan.takes, plan.text_bytes), random_(kSeed) {
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      leases_.own(PartitionId(p));
      leases_.open(PartitionId(p));
    }
    sentences_ = plan.kind == StudioKind::kOpen ? plan.count : plan.count / plan.takes;
  }

  nlohmann::json run() {
    make(0);  // buffers take their room before memory is counted
    Measured measured;
    for (std::uint64_t done = 0; done < sentences_; done += kBatch) {
      make(done);
      measured.timed([this] { restore(); });
    }
    nlohmann::json told = measured.told();
    told["sentences"] = leases_.sentences_known();
    told["sizeof_sentence"] = sizeof(studio::Sentence);
    told["sizeof_take"] = sizeof(studio::CountedTake);
    return told;
  }

 private:
  struct Made {
    PartitionId partition;
    events::Prompt prompt;
    events::PromptState state;
    OutgoingRecord prompt_record, state_record;
    std::vector<OutgoingRecord> recordings;
  };

  void make(std::uint64_t from) {
    made_.resize(std::min(kBatch, sentences_ - from));
    for (std::uint64_t i = 0; i < made_.size(); ++i) make_one(made_[i], plan_.first + from + i);
  }

  void make_one(Made& made, std::uint64_t sentence) {
    made.prompt = voices_.prompt(sentence);
    made.partition = voices_.partition(made.prompt);
    if (plan_.decode) made.prompt_record = events::build_prompt(topics_, made.prompt);
    made.recordings.clear();
    if (plan_.kind == StudioKind::kCounted) {
      made.state = voices_.complete(made.prompt);
      if (plan_.decode) made.state_record = *events::build_prompt_state(topics_, made.state);
    }
    for (std::uint64_t take = 0; plan_.kind == StudioKind::kReadBack && take < plan_.takes; ++take) {
      made.recordings.push_back(
          events::build_recording(topics_, voices_.recording(made.prompt, take), "no sound", kPartitions));
    }
  }

  void restore() {
    for (const Made& made : made_) {
      if (plan_.kind == StudioKind::kCounted) restore_state(made);
      add_prompt(made);
      for (const OutgoingRecord& record : made.recordings) count(made.partition, record);
    }
  }

  void restore_state(const Made& made) {
    if (!plan_.decode) return leases_.restore(made.partition, made.state);
    const auto read = events::read_prompt_state(as_consumed(made.state_record, made.partition, Offset(0)));
    leases_.restore(made.partition, std::get<events::PromptState>(must(read)));
  }

  void add_prompt(const Made& made) {
    if (!plan_.decode) return leases_.add(made.partition, made.prompt);
    leases_.add(made.partition, must(events::read_prompt(as_consumed(made.prompt_record, made.partition, Offset(0)))));
  }

  void count(PartitionId partition, const OutgoingRecord& record) {
    const Offset offset = leases_.next_offset(partition);
    const auto read = events::read_recording(as_consumed(record, partition, offset));
    leases_.count_read_back(partition, std::get<events::Recording>(must(read)), offset);
  }

  StudioPlan plan_;
  Voices voices_;
  SeededRandom random_;
  events::Topics topics_;
  std::uint64_t sentences_ = 0;
  std::vector<Made> made_;
  studio::Leases leases_{kPartitions, {}, "voices.recordings", random_};
};

}  // namespace

nlohmann::json measure_studio(const StudioPlan& plan) { return Studio(plan).run(); }

}  // namespace antiphon::bench
