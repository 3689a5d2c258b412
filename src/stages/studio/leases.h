// Leases over the partitions that this studio owns: which sentence goes to whom, what becomes of a take. A plain
// object: no socket, thread or clock. With several studios each owns some, and a partition's state moves as a whole:
//
//   own() --> its state is read --> open() --> sentences are given, takes taken --> shut() --> what changed is written
//   --> disown()
//
// A page (known by its speaker and language) holds leases_per_page_max leases at most; asking for more gives again the
// one it was given longest ago. Nobody is given a sentence twice. The same request gets the same lease for as long as
// that lives.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/random.h"
#include "stages/studio/partition_leases.h"

namespace antiphon::studio {

// Looking for a sentence that a speaker has not met ends after so many: they have met nearly all there are.
constexpr std::size_t kSentencesLookedAtMax = 20'000;

struct GrantRequest {
  std::string locale;
  std::optional<Id128> speaker;
  std::optional<Id128> request;
};

struct Grant {
  PromptId prompt_id;
  std::string text;
  std::string locale;
  LeaseId lease_id;
  WallTime expires_at;
};

struct TakeRequest {
  Id128 recording;
  PromptId prompt_id;
  Id128 speaker;
  std::optional<Id128> lease;
  std::optional<events::Turn> turn;
  Sha256Bytes sha256{};
};

// What becomes of a take.
struct NotOurs {};        // its partition is not open here
struct UnknownPrompt {};  // not in what was read so far
struct AlreadyHere {      // the same take again: its first receipt
  events::Receipt receipt;
};
struct OtherBytes {};     // the id stands for another sound
struct OtherSentence {};  // the id stands for a voice that read another sentence
struct OnItsWay {         // the same take again, and Kafka has not answered yet
  std::uint64_t number = 0;
};
struct ToBeSent {
  std::uint64_t number = 0;  // good for one finish() or abandon()
  PartitionId partition;
  events::LeaseStanding standing = events::LeaseStanding::kNone;
  std::string text;
  std::string locale;
};
using TakeDecision = std::variant<NotOurs, UnknownPrompt, AlreadyHere, OtherBytes, OtherSentence, OnItsWay, ToBeSent>;

// A sentence's state for prompt-state, as it was in one ownership of its partition.
struct StateChange {
  PartitionId partition;
  std::uint64_t ownership = 0;
  events::PromptState state;
};

// A sentence that its speaker does not want to read. Its lease says which and whose it is; sentence and speaker, where
// they are named, say it of a lease that is not known here: it ran out, or a former owner did not live to write it.
struct SkipRequest {
  Id128 lease;
  std::optional<PromptId> prompt_id;
  std::optional<Id128> speaker;
};

// What becomes of a skip, beside NotOurs and UnknownPrompt.
struct NothingToSkip {};  // nobody is known whom it could be remembered of
struct Skipped {          // here, and in prompt-state once the sentence's next state is written in this ownership
  PartitionId partition;
  std::uint64_t ownership = 0;
  Id128 prompt;
  Id128 speaker;
};
using SkipDecision = std::variant<NotOurs, UnknownPrompt, NothingToSkip, Skipped>;

struct LocaleCount {
  std::string locale;
  std::size_t open = 0;
};

class Leases {
 public:
  // `partitions` of the topics in all. `random` makes lease ids and must outlive this.
  Leases(std::int32_t partitions, LeaseRules rules, std::string recordings_topic, Random& random);

  // Nothing is known of it yet; it is not open.
  void own(PartitionId partition);
  void open(PartitionId partition);
  void shut(PartitionId partition);
  // Its state is forgotten here. Takes of it on their way become orphans: finish_take() still gives their receipts,
  // abandon_take() changes nothing, and should the partition be owned again, a retry of one is OnItsWay. No state here
  // counts an orphan: who owns the partition next reads it back from recordings.
  void disown(PartitionId partition);
  [[nodiscard]] bool owns(PartitionId partition) const { return owned_.contains(partition); }
  [[nodiscard]] bool is_open(PartitionId partition) const;
  [[nodiscard]] std::set<PartitionId> open_partitions() const;
  // Neither open nor shut here: another studio's, or nobody's yet. What is owned of it is a copy.
  [[nodiscard]] std::set<PartitionId> elsewhere() const;
  // Each own() of a partition has a number of its own; nothing when it is not owned.
  [[nodiscard]] std::optional<std::uint64_t> ownership(PartitionId partition) const;
  [[nodiscard]] PartitionId partition_of(const PromptId& prompt) const;
  // Which partition a lease is of: lease ids say so themselves. Nothing for an id that none of ours can be.
  [[nodiscard]] std::optional<PartitionId> partition_of_lease(const Id128& lease) const;

  // What the topics say; of a partition that is not owned (a feed may lag behind disown()) nothing is kept. Before
  // open(): states and prompts in any order, then what recordings hold from next_offset() on. Prompts go on coming.
  void restore(PartitionId partition, const events::PromptState& state);
  void add(PartitionId partition, const events::Prompt& prompt);
  void count_read_back(PartitionId partition, const events::Recording& recording, Offset offset);
  void advance_next_offset(PartitionId partition, Offset next);
  [[nodiscard]] Offset next_offset(PartitionId partition) const;  // it must be owned
  // See PartitionLeases::gap(), of those that are open.
  [[nodiscard]] std::map<PartitionId, Gap> gaps() const;

  std::optional<Grant> grant(const GrantRequest& request, WallTime now);
  // False when no such lease is held: then there is nothing to do.
  bool give_back(const Id128& lease);
  // The speaker's leases of the sentence end, and nobody gives it to them again.
  SkipDecision skip(const SkipRequest& request);
  TakeDecision begin_take(const TakeRequest& request, WallTime now);
  // The receipt that everyone who asked for this take is told.
  events::Receipt finish_take(std::uint64_t number, Offset offset);
  void abandon_take(std::uint64_t number, WallTime now);
  void expire(WallTime now);

  // Write-behind, see partition_leases.h: of what is open, or shut and not yet disowned. What came of a change whose
  // ownership is over is nothing to anybody here.
  std::optional<StateChange> next_change(WallTime now);
  void written(const StateChange& change);
  void changed_again(const StateChange& change);
  [[nodiscard]] bool has_changes() const;
  [[nodiscard]] bool has_changes(PartitionId partition) const;

  // Every locale that has a sentence, open or not, in the order of their tags.
  [[nodiscard]] std::vector<LocaleCount> locales() const;
  [[nodiscard]] std::size_t leases_held() const;       // copies are not counted
  [[nodiscard]] std::size_t sentences_known() const;   // neither here
  [[nodiscard]] std::size_t sentences_copied() const;  // of what is elsewhere
  [[nodiscard]] std::size_t takes_on_their_way() const { return sending_.size(); }
  [[nodiscard]] std::size_t takes_on_their_way(PartitionId partition) const;

 private:
  struct Sending {
    PartitionId partition;
    std::uint64_t ticket = 0;
    Id128 prompt;
    CountedTake take;
    bool orphaned = false;  // its ticket was of an ownership that is over
  };
  struct Choice {
    PartitionLeases* partition = nullptr;
    Sentence* sentence = nullptr;
  };
  enum class Stage : std::uint8_t { kLoading, kOpen, kShut };
  struct Owned {
    PartitionLeases table;
    std::uint64_t ownership = 0;
    Stage stage = Stage::kLoading;
  };
  void remember_takes(const Sentence& sentence);
  [[nodiscard]] PartitionLeases& at(PartitionId partition) { return owned_.at(partition).table; }
  [[nodiscard]] std::size_t sentences(bool elsewhere) const;
  Owned* owned_in(const StateChange& change);
  PartitionLeases* partition_holding(const Id128& lease);
  void give_back_all(PartitionLeases& table, const Sentence& sentence, const Id128& speaker);
  Sending end_sending(std::uint64_t number);
  std::optional<Grant> again(const Id128& lease, const GrantRequest& request, std::uint32_t locale, bool same_request);
  Choice choose(const GrantRequest& request, std::uint32_t locale);
  Id128 make_lease_id(PartitionId partition);
  Grant grant_of(const Sentence& sentence, const HeldLease& lease) const;
  void remember(const HeldLease& lease);
  void forget(const HeldLease& lease);
  events::Receipt receipt_of(PartitionId partition, const CountedTake& take) const;

  std::int32_t partitions_;
  LeaseRules rules_;
  std::string recordings_topic_;
  Random& random_;
  LocaleTable locales_;
  std::map<PartitionId, Owned> owned_;
  std::uint64_t ownerships_ = 0;
  using Page = std::pair<Id128, std::uint32_t>;            // speaker, locale
  std::map<Page, std::deque<Id128>> by_page_;              // its leases, the one given longest ago first
  std::unordered_map<Id128, Id128> by_request_;            // request -> lease
  std::unordered_map<std::uint64_t, Sending> sending_;     // by number
  std::unordered_map<Id128, std::uint64_t> by_recording_;  // takes on their way -> number
  // Takes that arrived -> their sentence: a recording id stands once, whatever sentence a later request names.
  std::unordered_map<Id128, Id128> sentence_of_;
  std::uint64_t next_number_ = 1;
};

}  // namespace antiphon::studio
