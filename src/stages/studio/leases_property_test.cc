// Promise 4 under anything that can happen: random requests, uploads that come late or never, leases that run out,
// acknowledgements that are slow, a crash at any moment and a new instance that knows only what the topics hold. The
// judge keeps books of its own.
#include <gtest/gtest.h>

#include "core/bytes.h"
#include "core/sha256.h"
#include "core/uuid.h"
#include "stages/studio/leases.h"

namespace antiphon::studio {
namespace {

using events::LeaseStanding;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int32_t kPartitions = 3;
constexpr std::uint64_t kPrompts = 24;
constexpr std::uint64_t kSpeakers = 9;
const std::string kTopic = "voices.recordings";

struct Topics {
  std::vector<events::Prompt> prompts;
  std::vector<std::vector<events::PromptState>> states{kPartitions};
  std::vector<std::vector<events::Recording>> recordings{kPartitions};
};

// What a person did with a lease, whatever the studio thinks.
struct LeaseFate {
  PromptId prompt;
  Id128 speaker;
  WallTime expires_at;
  bool written = false;  // stood in prompt-state before a crash
  bool ended = false;    // used in time, or given back
  bool ran_out_or_lost = false;
};

struct Upload {
  TakeRequest request;
  std::uint64_t number = 0;
  events::Recording recording;
  PartitionId partition;
  std::string lease;
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    for (std::uint64_t n = 1; n <= kPrompts; ++n) {
      events::Prompt prompt;
      prompt.id = PromptId(prompt_of_id({n * 77, random_.next()}));
      prompt.text = "sentence";
      prompt.locale = n % 3 == 0 ? "am" : "sw";
      prompt.corpus_id = "test";
      prompt.sequence = n;
      prompt.wanted = 1 + static_cast<int>(n % 3);
      prompt.time = now_ + milliseconds(n);
      topics_.prompts.push_back(prompt);
    }
    start();
  }

  void step() {
    now_ += milliseconds(random_.below(20'000));
    mark_lapsed();
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        return grant();
      case 3:
      case 4:
        return upload();
      case 5:
        return retry();
      case 6:
      case 7:
      case 8:
        return acknowledge();
      case 9:
        return write_behind();
      case 10:
        return random_.below(3) == 0 ? skip() : write_behind();
      default:
        return random_.below(8) == 0 ? crash() : acknowledge();
    }
  }

  // Everyone who is left does what is asked until nothing is, and no lease is left.
  void finish() {
    std::uint64_t newcomer = 0;
    for (int round = 0; round < 1000; ++round) {
      while (!on_their_way_.empty()) acknowledge();
      now_ += seconds(700);
      mark_lapsed();
      leases_->expire(now_);
      bool asked = false;
      for (const char* locale : {"am", "sw"}) {
        const Id128 speaker{0x99, ++newcomer};
        const auto grant = leases_->grant({locale, speaker, std::nullopt}, now_);
        if (!grant) continue;
        asked = true;
        note(*grant, speaker);
        send(grant->lease_id.value());
      }
      if (!asked) return;
    }
    ADD_FAILURE() << "it never ends";
  }

  void judge() const {
    for (const events::Prompt& prompt : topics_.prompts) {
      std::size_t under_lease = 0, surplus_allowed = 0;
      std::set<std::string> ids;
      for (const auto& partition : topics_.recordings) {
        for (const events::Recording& recording : partition) {
          if (recording.prompt_id != prompt.id) continue;
          EXPECT_TRUE(ids.insert(recording.id.value()).second) << "a take stands twice in the topic";
          if (recording.standing != LeaseStanding::kNone) ++under_lease;
        }
      }
      for (const auto& [id, fate] : leases_known_) {
        if (fate.prompt == prompt.id && fate.ran_out_or_lost) ++surplus_allowed;
      }
      EXPECT_LE(under_lease, static_cast<std::size_t>(prompt.wanted) + surplus_allowed) << prompt.id.value();
      if (parked_.count(prompt.id.value()) == 0) {
        EXPECT_GE(under_lease, static_cast<std::size_t>(prompt.wanted)) << prompt.id.value();
      }
    }
  }
  [[nodiscard]] std::size_t crashes() const { return crashes_; }
  [[nodiscard]] std::size_t takes() const { return receipts_.size(); }

 private:
  void start() {
    leases_ = std::make_unique<Leases>(kPartitions, LeaseRules{}, kTopic, random_);
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const PartitionId partition(p);
      leases_->own(partition);
      leases_->open(partition);
      for (const auto& state : topics_.states[static_cast<std::size_t>(p)]) leases_->restore(partition, state);
    }
    for (const auto& prompt : topics_.prompts) leases_->add(leases_->partition_of(prompt.id), prompt);
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const auto& log = topics_.recordings[static_cast<std::size_t>(p)];
      for (auto at = static_cast<std::size_t>(leases_->next_offset(PartitionId(p)).value()); at < log.size(); ++at) {
        leases_->count_read_back(PartitionId(p), log[at], Offset(static_cast<std::int64_t>(at)));
      }
    }
    for (const auto& [request, offset] : receipts_) {
      const auto decision = leases_->begin_take(request, now_);
      ASSERT_TRUE(std::holds_alternative<AlreadyHere>(decision)) << "a receipt was forgotten";
      EXPECT_EQ(std::get<AlreadyHere>(decision).receipt.offset, offset);
    }
  }

  void note(const Grant& grant, const Id128& speaker) {
    const auto [it, added] =
        leases_known_.try_emplace(grant.lease_id.value(), LeaseFate{grant.prompt_id, speaker, grant.expires_at});
    EXPECT_EQ(it->second.prompt, grant.prompt_id);
    EXPECT_GE(grant.expires_at, now_);
    if (added) {
      EXPECT_EQ(spoken_.count({speaker, grant.prompt_id.value()}), 0U) << "a sentence twice for one speaker";
    }
  }

  void grant() {
    const Id128 speaker{0x77, random_.below(kSpeakers)};
    const auto grant = leases_->grant({random_.below(3) == 0 ? "am" : "sw", speaker, std::nullopt}, now_);
    if (grant) note(*grant, speaker);
  }

  void send(const std::string& lease) {
    const LeaseFate& fate = leases_known_.at(lease);
    Upload upload;
    upload.lease = lease;
    upload.request.recording = {0x0190000000007000ULL, 0x8000000000000000ULL | ++recordings_};
    upload.request.prompt_id = fate.prompt;
    upload.request.speaker = fate.speaker;
    upload.request.lease = id_of_uuid(lease);
    upload.request.sha256 = sha256(as_bytes(std::to_string(recordings_)));
    const auto decision = leases_->begin_take(upload.request, now_);
    ASSERT_TRUE(std::holds_alternative<ToBeSent>(decision));
    const auto& sending = std::get<ToBeSent>(decision);
    if (sending.standing == LeaseStanding::kHeld) leases_known_.at(lease).ended = true;
    upload.number = sending.number;
    upload.partition = sending.partition;
    upload.recording.id = RecordingId(uuid_of_id(upload.request.recording));
    upload.recording.prompt_id = fate.prompt;
    upload.recording.speaker_id = SpeakerId(uuid_of_id(fate.speaker));
    upload.recording.locale = sending.locale;
    upload.recording.sha256 = to_hex(upload.request.sha256);
    upload.recording.standing = sending.standing;
    on_their_way_.push_back(std::move(upload));
  }

  std::string any_lease() {
    if (leases_known_.empty()) return {};
    auto it = leases_known_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_.below(leases_known_.size())));
    return it->first;
  }

  void upload() {
    const std::string lease = any_lease();
    if (!lease.empty() && given_back_.count(lease) == 0 && (sent_.insert(lease).second || random_.below(10) == 0))
      send(lease);
  }

  void retry() {
    if (on_their_way_.empty()) return;
    const Upload& upload = on_their_way_[random_.below(on_their_way_.size())];
    EXPECT_TRUE(std::holds_alternative<OnItsWay>(leases_->begin_take(upload.request, now_)));
  }

  Offset append(const Upload& upload) {
    auto& log = topics_.recordings[static_cast<std::size_t>(upload.partition.value())];
    log.push_back(upload.recording);
    spoken_.insert({upload.request.speaker, upload.request.prompt_id.value()});
    return Offset(static_cast<std::int64_t>(log.size()) - 1);
  }

  void acknowledge() {
    if (on_their_way_.empty()) return;
    const Upload upload = on_their_way_.front();
    on_their_way_.erase(on_their_way_.begin());
    if (random_.below(20) == 0) {  // surely not written
      leases_->abandon_take(upload.number, now_);
      if (upload.recording.standing == LeaseStanding::kHeld) leases_known_.at(upload.lease).ended = false;
      mark_lapsed();
      return;
    }
    const Offset offset = append(upload);
    leases_->finish_take(upload.number, offset);
    receipts_.emplace_back(upload.request, offset);
  }

  void skip() {
    const std::string lease = any_lease();
    if (lease.empty() || sent_.count(lease) != 0 || leases_known_.at(lease).expires_at < now_) return;
    LeaseFate& fate = leases_known_.at(lease);
    if (!std::holds_alternative<Skipped>(leases_->skip({*id_of_uuid(lease), std::nullopt, std::nullopt}))) return;
    fate.ended = true;
    given_back_.insert(lease);
    if (++skips_[fate.prompt.value()] >= 3) parked_.insert(fate.prompt.value());
  }

  void write_behind() {
    std::size_t budget = 1 + random_.below(20);
    while (budget-- > 0) {
      const auto change = leases_->next_change(now_);
      if (!change) return;
      if (random_.below(15) == 0) {  // the transaction was refused
        leases_->changed_again(*change);
        return;
      }
      leases_->written(*change);
      topics_.states[static_cast<std::size_t>(change->partition.value())].push_back(change->state);
      for (const auto& lease : change->state.leases) leases_known_.at(lease.id.value()).written = true;
    }
  }

  void mark_lapsed() {
    for (auto& [id, fate] : leases_known_) {
      if (!fate.ended && fate.expires_at < now_) fate.ran_out_or_lost = true;
    }
  }

  // What was on its way to recordings landed, or it did not; the memory is gone.
  void crash() {
    ++crashes_;
    for (const Upload& upload : on_their_way_) {
      if (random_.below(3) != 0) {
        append(upload);
      } else if (upload.recording.standing == LeaseStanding::kHeld) {
        leases_known_.at(upload.lease).ended = false;  // its take never happened
      }
    }
    on_their_way_.clear();
    for (auto& [id, fate] : leases_known_) {
      if (!fate.written) fate.ran_out_or_lost = true;
    }
    if (random_.below(2) == 0) {  // compaction: the last state of each sentence stays
      for (auto& log : topics_.states) {
        std::vector<events::PromptState> kept;
        for (std::size_t i = 0; i < log.size(); ++i) {
          const auto newer = std::find_if(log.begin() + static_cast<std::ptrdiff_t>(i) + 1, log.end(),
                                          [&](const auto& state) { return state.prompt_id == log[i].prompt_id; });
          if (newer == log.end()) kept.push_back(log[i]);
        }
        log = kept;
      }
    }
    start();
  }

  SeededRandom random_;
  WallTime now_ = from_unix_ms(1'790'000'000'000);
  Topics topics_;
  std::unique_ptr<Leases> leases_;
  std::map<std::string, LeaseFate> leases_known_;
  std::vector<Upload> on_their_way_;
  std::vector<std::pair<TakeRequest, Offset>> receipts_;
  std::set<std::string> sent_, given_back_, parked_;
  std::map<std::string, int> skips_;
  std::set<std::pair<Id128, std::string>> spoken_;
  std::uint64_t recordings_ = 0;
  std::size_t crashes_ = 0;
};

class LeasesProperty : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(LeasesProperty, NeverFewerTakesInTheEndAndNeverMoreThanWantedAndLost) {
  std::size_t crashes = 0, takes = 0;
  for (std::uint64_t run = 0; run < 20; ++run) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() << " run " << run);
    World world(GetParam() * 1000 + run);
    for (int step = 0; step < 800 && !testing::Test::HasFailure(); ++step) world.step();
    world.finish();
    world.judge();
    crashes += world.crashes();
    takes += world.takes();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(crashes, 20U) << "a run without crashes proves little";
  EXPECT_GT(takes, 500U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LeasesProperty, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace antiphon::studio
