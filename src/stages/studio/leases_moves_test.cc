// Promise 4 while partitions move between instances: in order, by a kill, and from a zombie that goes on for a while
// with what is another's by now: Kafka refuses what it writes to prompt-state, and takes its voices. The judge keeps
// books of its own: every take that was acknowledged is known to the last owner, takes under a lease surpass the wanted
// by no more than the leases that ran out or were lost, as prompt-state tells it and as the books do, and no owner
// gives a sentence to a speaker whose skip of it was written, and so answered.
#include <gtest/gtest.h>

#include <set>

#include "core/bytes.h"
#include "core/sha256.h"
#include "stages/studio/leases.h"

namespace antiphon::studio {
namespace {

using events::LeaseStanding;
using std::chrono::milliseconds;

constexpr std::int32_t kPartitions = 4;
constexpr std::size_t kInstances = 3;
constexpr std::uint64_t kPrompts = 20;
constexpr std::uint64_t kSpeakers = 12;
const std::string kTopic = "voices.recordings";

struct Fate {  // of a lease
  PromptId prompt;
  Id128 speaker;
  WallTime expires_at;
  bool written = false;
  bool sent = false;
  bool skipped = false;
  bool used = false;  // its take landed in time in the ownership it began in; else the lease may run out meanwhile
  bool ran_out_or_lost = false;
};

struct OnItsWay {
  TakeRequest request;
  std::uint64_t number = 0;
  events::Recording recording;
  PartitionId partition;
  std::uint64_t ownership = 0;  // the books' count of them, 0: begun at a zombie
};

struct Instance {
  // No sentence is parked: a few speakers would soon have parked all.
  explicit Instance(Random& random) : leases(kPartitions, {.skips_until_parked = kSpeakers + 1}, kTopic, random) {}
  Leases leases;
  std::vector<Skipped> skips_on_their_way;
  std::vector<OnItsWay> on_their_way;
  // Of partitions elsewhere: in which ownership of the copy, and how far the states are in it.
  std::map<PartitionId, std::pair<std::uint64_t, std::size_t>> copied;
};

class Studios {
 public:
  explicit Studios(std::uint64_t seed) : random_(seed) {
    for (std::uint64_t n = 1; n <= kPrompts; ++n) {
      events::Prompt prompt;
      prompt.id = PromptId(prompt_of_id({n * 77, random_.next()}));
      prompt.text = "sentence";
      prompt.locale = "sw";
      prompt.sequence = n;
      prompt.wanted = 1 + static_cast<int>(n % 3);
      prompt.time = now_ + milliseconds(n);
      prompts_.push_back(prompt);
    }
    for (std::size_t i = 0; i < kInstances; ++i) instances_.push_back(std::make_unique<Instance>(random_));
    for (std::int32_t p = 0; p < kPartitions; ++p) give(PartitionId(p), random_.below(kInstances));
  }

  void step() {
    now_ += milliseconds(random_.below(15'000));
    mark_lapsed();
    Instance& someone = *instances_[random_.below(kInstances)];
    switch (random_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return grant(someone);
      case 4:
      case 5:
      case 6:
        return upload(someone);
      case 7:
      case 8:
      case 9:
        return acknowledge(someone);
      case 10:
      case 11:
        return write_behind(someone);
      case 12:
        return random_.below(4) == 0 ? move() : acknowledge(someone);
      case 13:
        return keep_warm(someone);
      case 14:
        return skip(someone);
      default:
        return random_.below(3) == 0 ? wake(someone) : read_gaps(someone);
    }
  }

  // The zombies wake, everything on its way lands, gaps are read; then the owners answer for what stands in the topic.
  void judge() {
    for (const auto& instance : instances_) {
      while (!instance->on_their_way.empty()) acknowledge(*instance);
    }
    for (const auto& instance : instances_) {
      wake(*instance);
      look_behind(*instance);
      while (instance->leases.has_changes()) write_behind(*instance);
    }
    std::map<std::string, events::PromptState> states;
    for (const auto& state : state_log_) states[state.prompt_id.value()] = state;
    for (const events::Prompt& prompt : prompts_) judge(prompt, states);
    for (const TakeRequest& arrived : arrived_) {
      Leases& owner = instances_[owner_.at(partition_of(arrived.prompt_id))]->leases;
      EXPECT_TRUE(std::holds_alternative<AlreadyHere>(owner.begin_take(arrived, now_))) << "a take was forgotten";
    }
    for (const auto& [prompt, speaker] : skips_told_) {
      const auto& by = states.at(prompt).skipped_by;
      EXPECT_NE(std::find(by.begin(), by.end(), SpeakerId(uuid_of_id(speaker))), by.end()) << "a skip was forgotten";
    }
  }

  [[nodiscard]] std::size_t moves() const { return moves_; }
  [[nodiscard]] std::size_t gaps() const { return gaps_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }
  [[nodiscard]] std::size_t warm_moves() const { return warm_moves_; }
  [[nodiscard]] std::size_t skips_told() const { return skips_told_.size(); }
  [[nodiscard]] std::size_t skips_of_lost_leases() const { return skips_of_lost_leases_; }

 private:
  [[nodiscard]] PartitionId partition_of(const PromptId& prompt) const {
    return instances_.front()->leases.partition_of(prompt);
  }

  void judge(const events::Prompt& prompt, const std::map<std::string, events::PromptState>& states) const {
    std::size_t under_lease = 0;
    for (const auto& [offset, recording] : recordings_) {
      if (recording.prompt_id == prompt.id && recording.standing != LeaseStanding::kNone) ++under_lease;
    }
    std::size_t surplus_allowed = 0;
    for (const auto& [id, fate] : fates_) {
      if (fate.prompt == prompt.id && fate.ran_out_or_lost) ++surplus_allowed;
    }
    EXPECT_LE(under_lease, static_cast<std::size_t>(prompt.wanted) + surplus_allowed) << "by the books";
    const auto state = states.find(prompt.id.value());
    if (under_lease == 0) return;
    ASSERT_NE(state, states.end());
    EXPECT_EQ(state->second.counted_takes(), under_lease);
    EXPECT_LE(under_lease, static_cast<std::size_t>(prompt.wanted) + state->second.leases_lapsed)
        << "by what prompt-state says";
  }

  // The new owner reads what the topics hold.
  void give(PartitionId partition, std::size_t to) {
    owner_[partition] = to;
    ownership_[partition] = ++ownerships_;
    Leases& leases = instances_[to]->leases;
    leases.own(partition);
    if (copied_so_far(*instances_[to], partition) > 0) ++warm_moves_;
    copy_states(*instances_[to], partition, state_log_.size());
    for (const auto& prompt : prompts_) {
      if (partition_of(prompt.id) == partition) leases.add(partition, prompt);
    }
    for (const auto& [place, recording] : recordings_) {
      if (place.first == partition && place.second >= leases.next_offset(partition))
        leases.count_read_back(partition, recording, place.second);
    }
    leases.advance_next_offset(partition, ends_[partition]);
    leases.open(partition);
  }

  static std::size_t copied_so_far(const Instance& instance, PartitionId partition) {
    const auto copy = instance.copied.find(partition);
    const bool known = copy != instance.copied.end() && copy->second.first == instance.leases.ownership(partition);
    return known ? copy->second.second : 0;
  }
  void copy_states(Instance& instance, PartitionId partition, std::size_t end) {
    for (std::size_t at = copied_so_far(instance, partition); at < end; ++at) {
      const auto& state = state_log_[at];
      if (partition_of(state.prompt_id) == partition) instance.leases.restore(partition, state);
    }
    instance.copied[partition] = {*instance.leases.ownership(partition), end};
  }

  void keep_warm(Instance& instance) {
    for (const PartitionId partition : instance.leases.elsewhere()) {
      instance.leases.own(partition);
      const std::size_t known = copied_so_far(instance, partition);
      copy_states(instance, partition, known + random_.below(state_log_.size() - known + 1));
    }
  }

  void move() {
    ++moves_;
    const PartitionId partition(static_cast<std::int32_t>(random_.below(kPartitions)));
    const std::size_t from = owner_.at(partition);
    Instance& old = *instances_[from];
    switch (random_.below(3)) {
      case 0:  // in order
        old.leases.shut(partition);
        if (random_.below(4) != 0) {
          for (int tries = 0; tries < 20 && old.leases.has_changes(partition); ++tries) write_behind(old);
        }
        old.leases.disown(partition);
        break;
      case 1:  // killed: what it sent may land or not, now
        for (const OnItsWay& take : old.on_their_way) {
          if (random_.below(2) == 0) append(take);
        }
        instances_[from] = std::make_unique<Instance>(random_);
        for (const auto& [lost, owner] : std::map(owner_)) {
          if (owner == from && lost != partition) change_owner(lost, from);
        }
        break;
      default:  // a zombie from now on: it still has the partition open
        break;
    }
    change_owner(partition, (from + 1 + random_.below(kInstances - 1)) % kInstances);
  }

  // What the former owner granted and did not write is lost with it. Who gets the partition may be its zombie.
  void change_owner(PartitionId partition, std::size_t to) {
    for (auto& [id, fate] : fates_) {
      if (partition_of(fate.prompt) == partition && !fate.written) fate.ran_out_or_lost = true;
    }
    if (!instances_[to]->leases.elsewhere().contains(partition)) instances_[to]->leases.disown(partition);
    give(partition, to);
  }

  // A zombie learns from its group what it has lost.
  void wake(Instance& instance) {
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const bool copy = instance.leases.elsewhere().contains(PartitionId(p));
      if (!copy && instances_[owner_.at(PartitionId(p))].get() != &instance) instance.leases.disown(PartitionId(p));
    }
  }

  void grant(Instance& instance) {
    const Id128 speaker{0x77, random_.below(kSpeakers)};
    const auto grant = instance.leases.grant({"sw", speaker, std::nullopt}, now_);
    if (!grant) return;
    const PartitionId partition = partition_of(grant->prompt_id);
    const bool zombie = instances_[owner_.at(partition)].get() != &instance;
    const bool was_skipped = skips_told_.contains({grant->prompt_id.value(), speaker});
    EXPECT_FALSE(was_skipped && !zombie) << "given again what was skipped";
    const auto [it, added] =
        fates_.try_emplace(grant->lease_id.value(), Fate{grant->prompt_id, speaker, grant->expires_at});
    if (added && zombie) it->second.ran_out_or_lost = true;  // no state will ever tell of it
  }

  void upload(Instance& instance) {
    if (fates_.empty()) return;
    auto it = fates_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_.below(fates_.size())));
    Fate& fate = it->second;
    if (fate.sent || fate.skipped) return;
    OnItsWay take;
    take.request.recording = {0x0190000000007000ULL, 0x8000000000000000ULL | ++takes_};
    take.request.prompt_id = fate.prompt;
    take.request.speaker = fate.speaker;
    take.request.lease = id_of_uuid(it->first);
    take.request.sha256 = sha256(as_bytes(std::to_string(takes_)));
    const auto decision = instance.leases.begin_take(take.request, now_);
    const auto* sending = std::get_if<ToBeSent>(&decision);
    if (sending == nullptr) return;  // not open here
    fate.sent = true;
    take.number = sending->number;
    take.partition = sending->partition;
    const bool zombie = instances_[owner_.at(take.partition)].get() != &instance;
    take.ownership = zombie ? 0 : ownership_.at(take.partition);
    take.recording.id = RecordingId(uuid_of_id(take.request.recording));
    take.recording.prompt_id = fate.prompt;
    take.recording.speaker_id = SpeakerId(uuid_of_id(fate.speaker));
    take.recording.locale = "sw";
    take.recording.sha256 = to_hex(take.request.sha256);
    take.recording.standing = sending->standing;
    instance.on_their_way.push_back(std::move(take));
  }

  // Of the owner or a zombie, for the first time or again: whoever is not told that it is done repeats it somewhere.
  void skip(Instance& instance) {
    if (fates_.empty()) return;
    auto it = fates_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_.below(fates_.size())));
    const Fate& chosen = it->second;
    if (chosen.sent) return;
    const bool lost = !chosen.written && chosen.ran_out_or_lost;
    const auto decision = instance.leases.skip({*id_of_uuid(it->first), chosen.prompt, chosen.speaker});
    const auto* skipped = std::get_if<Skipped>(&decision);
    if (skipped == nullptr) return;  // not open here
    if (lost) ++skips_of_lost_leases_;
    instance.skips_on_their_way.push_back(*skipped);
    for (auto& [id, fate] : fates_) {
      if (fate.prompt == chosen.prompt && fate.speaker == chosen.speaker) fate.skipped = true;
    }
  }

  void answer_skips(Instance& instance, const StateChange& written) {
    const auto& by = written.state.skipped_by;
    std::erase_if(instance.skips_on_their_way, [&](const Skipped& skip) {
      const bool stands = written.ownership == skip.ownership &&
                          written.state.prompt_id.value() == prompt_of_id(skip.prompt) &&
                          std::find(by.begin(), by.end(), SpeakerId(uuid_of_id(skip.speaker))) != by.end();
      if (stands) skips_told_.emplace(written.state.prompt_id.value(), skip.speaker);
      return stands;
    });
  }

  Offset append(const OnItsWay& take) {
    const Offset offset = ends_[take.partition];
    ends_[take.partition] = offset + 1;
    recordings_[{take.partition, offset}] = take.recording;
    arrived_.push_back(take.request);
    Fate& fate = fates_.at(uuid_of_id(*take.request.lease));
    const bool still = take.ownership == ownership_.at(take.partition);
    fate.used = still && take.recording.standing == LeaseStanding::kHeld && fate.expires_at >= now_;
    return offset;
  }

  void acknowledge(Instance& instance) {
    if (instance.on_their_way.empty()) return;
    const OnItsWay take = instance.on_their_way.front();
    instance.on_their_way.erase(instance.on_their_way.begin());
    instance.leases.finish_take(take.number, append(take));
  }

  // Kafka takes what the owner writes, and refuses a zombie's.
  void write_behind(Instance& instance) {
    for (int budget = 6; budget > 0; --budget) {
      const auto change = instance.leases.next_change(now_);
      if (!change) return;
      if (instances_[owner_.at(change->partition)].get() != &instance) {
        ++refused_;
        instance.leases.changed_again(*change);
        return;
      }
      instance.leases.written(*change);
      answer_skips(instance, *change);
      state_log_.push_back(change->state);
      for (const auto& lease : change->state.leases) {
        const auto fate = fates_.find(lease.id.value());
        if (fate != fates_.end()) fate->second.written = true;
      }
    }
  }

  void read_back(Leases& leases, PartitionId partition, Gap gap) {
    for (Offset at = gap.start; at < gap.end; at = at + 1) {
      leases.count_read_back(partition, recordings_.at({partition, at}), at);
    }
    leases.advance_next_offset(partition, gap.end);
  }

  void read_gaps(Instance& instance) {
    for (const auto& [partition, gap] : instance.leases.gaps()) {
      ++gaps_;
      read_back(instance.leases, partition, gap);
    }
  }

  void look_behind(Instance& instance) {
    read_gaps(instance);
    for (const PartitionId partition : instance.leases.open_partitions()) {
      const Offset next = instance.leases.next_offset(partition);
      if (next < ends_[partition]) read_back(instance.leases, partition, {next, ends_[partition]});
    }
  }

  void mark_lapsed() {
    for (auto& [id, fate] : fates_) {
      if (!fate.used && fate.expires_at < now_) fate.ran_out_or_lost = true;
    }
  }

  SeededRandom random_;
  WallTime now_ = from_unix_ms(1'790'000'000'000);
  std::vector<events::Prompt> prompts_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::map<PartitionId, std::size_t> owner_;  // as the group has it
  std::map<PartitionId, std::uint64_t> ownership_;
  std::vector<events::PromptState> state_log_;
  std::map<std::pair<PartitionId, Offset>, events::Recording> recordings_;
  std::map<PartitionId, Offset> ends_;
  std::map<std::string, Fate> fates_;
  std::vector<TakeRequest> arrived_;
  std::set<std::pair<std::string, Id128>> skips_told_;  // prompt, speaker
  std::size_t skips_of_lost_leases_ = 0;
  std::uint64_t ownerships_ = 0, takes_ = 0;
  std::size_t moves_ = 0, gaps_ = 0, refused_ = 0, warm_moves_ = 0;
};

class LeasesMoves : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(LeasesMoves, NoTakeAndNoSkipIsForgottenAndNoMoreThanWhatRanOutOrWasLostIsTooMuch) {
  std::size_t moves = 0, gaps = 0, refused = 0, warm = 0, skips = 0, skips_of_lost_leases = 0;
  for (std::uint64_t run = 0; run < 25; ++run) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() << " run " << run);
    Studios studios(GetParam() * 1000 + run);
    for (int step = 0; step < 900; ++step) studios.step();
    studios.judge();
    moves += studios.moves();
    gaps += studios.gaps();
    refused += studios.refused();
    warm += studios.warm_moves();
    skips += studios.skips_told();
    skips_of_lost_leases += studios.skips_of_lost_leases();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(moves, 200U);
  EXPECT_GT(gaps, 20U) << "no zombie's voice stood between an owner's";
  EXPECT_GT(refused, 20U);
  EXPECT_GT(warm, 50U) << "too few moves to one who had a copy";
  EXPECT_GT(skips, 50U);
  EXPECT_GT(skips_of_lost_leases, 5U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LeasesMoves, testing::Range<std::uint64_t>(1, 7));

}  // namespace
}  // namespace antiphon::studio
