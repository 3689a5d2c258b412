// The sentences of one partition: who holds which, what has arrived, what must be written to prompt-state. A plain
// object: no socket, thread or clock; time is passed in. It moves as a whole when another studio takes the partition
// over.
//
// Held at all times, for every sentence:
//   takes under a lease + leases <= wanted + lapsed,   late takes <= lapsed
// so takes under a lease never exceed wanted + leases that ran out or were lost (promise 4). With one studio alone the
// first is even: <= wanted + late takes.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/types.h"
#include "events/event.h"
#include "events/prompt_state.h"
#include "stages/studio/sentence.h"

namespace antiphon::studio {

struct LeaseRules {
  std::chrono::milliseconds duration{std::chrono::minutes{10}};
  std::size_t skips_until_parked = 3;
  std::size_t leases_per_page_max = 2;
};

// Tags to small numbers and back; a few hundred at most.
class LocaleTable {
 public:
  std::uint32_t intern(const std::string& tag);
  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& tag) const;
  [[nodiscard]] const std::string& tag(std::uint32_t locale) const { return tags_[locale]; }
  [[nodiscard]] std::size_t size() const { return tags_.size(); }

 private:
  std::vector<std::string> tags_;
  std::map<std::string, std::uint32_t, std::less<>> by_tag_;
};

// The place of a sentence in the order of giving out.
struct OpenKey {
  std::int64_t order_ms = 0;
  std::uint64_t sequence = 0;
  Id128 id;
  friend auto operator<=>(const OpenKey&, const OpenKey&) = default;
};

// Offsets of recordings: [start, end).
struct Gap {
  Offset start;
  Offset end;
};

class PartitionLeases {
 public:
  PartitionLeases(PartitionId id, const LeaseRules& rules, LocaleTable& locales)
      : id_(id), rules_(rules), locales_(locales) {}

  // What the topics say. A state replaces what was known of its sentence; a prompt that is known stays as it is.
  void restore(const events::PromptState& state);
  void add(const events::Prompt& prompt);
  // A take read back from recordings: counted once, at the offset it was seen at first. One of ours that is on its way
  // is left to its answer.
  void count_read_back(const events::Recording& recording, Offset offset);
  // recordings is counted up to here.
  void advance_next_offset(Offset next);
  // What stands in recordings before a take that was acknowledged here and came from elsewhere: a predecessor that did
  // not know yet that it is one. To be read back, then advance_next_offset() to its end.
  [[nodiscard]] std::optional<Gap> gap() const;

  [[nodiscard]] Sentence* find(const Id128& prompt);
  [[nodiscard]] Sentence* find_by_lease(const Id128& lease);
  [[nodiscard]] const std::set<OpenKey>* open_in(std::uint32_t locale) const;
  [[nodiscard]] const std::unordered_map<Id128, Sentence>& sentences() const { return sentences_; }
  [[nodiscard]] std::size_t leases() const { return by_lease_.size(); }

  // The sentence must be open().
  void grant(Sentence& sentence, HeldLease lease);
  void set_request(Sentence& sentence, const Id128& lease, std::optional<Id128> request);
  std::optional<HeldLease> give_back(const Id128& lease);
  // They do not want to read it. Its state is to be written, also where all of this was known already: whether that
  // stands in prompt-state is not known here.
  void skip(Sentence& sentence, const Id128& speaker);
  // Leases that ended by time: their expires_at lies before `now`.
  std::vector<HeldLease> expire(WallTime now);

  // A take goes to Kafka: its standing is decided, its lease used up. A ticket is good for one finish() or abandon().
  struct Begun {
    std::uint64_t ticket = 0;
    events::LeaseStanding standing = events::LeaseStanding::kNone;
    std::optional<HeldLease> used;
  };
  Begun begin_take(Sentence& sentence, CountedTake take, bool lease_may_have_been_ours);
  // Kafka has acknowledged it. False: too many takes of this sentence to remember this one.
  bool finish_take(std::uint64_t ticket, Offset offset);
  // It surely does not stand in the topic. The lease it used is held again: returned so that its page is told.
  std::optional<HeldLease> abandon_take(std::uint64_t ticket, WallTime now);

  // The next changed sentence as its record should be now, or nothing. recordings_next_offset is the one all records
  // before it in the partition account for. Call written() once it stands, in the same order, or changed_again() if it
  // does not.
  std::optional<events::PromptState> next_change(const std::string& recordings_topic, WallTime now);
  void written(const events::PromptState& state);
  void changed_again(const PromptId& prompt);
  [[nodiscard]] Offset next_offset() const { return next_offset_; }
  [[nodiscard]] std::size_t changes() const { return changed_.size(); }

 private:
  struct Sending {
    Id128 prompt;
    Id128 recording;
  };
  Sentence& entry(const Id128& prompt);
  void update(Sentence& sentence, bool changed = true);
  void index(Sentence& sentence);
  void index_leases(const Sentence& sentence);
  HeldLease take_lease(Sentence& sentence, std::size_t at);
  static bool count_lost(Sentence& sentence);  // whether it has risen
  std::optional<HeldLease> use_lease(Sentence& sentence, const CountedTake& take);
  events::PromptState state_of(const Sentence& sentence, const std::string& recordings_topic) const;

  PartitionId id_;
  LeaseRules rules_;
  LocaleTable& locales_;
  std::unordered_map<Id128, Sentence> sentences_;
  std::map<std::uint32_t, std::set<OpenKey>> open_;  // by locale
  std::unordered_map<Id128, Id128> by_lease_;        // lease -> prompt
  std::set<std::pair<WallTime, Id128>> by_expiry_;   // (expires_at, lease)
  std::deque<Id128> changed_;                        // prompts, each once, in the order they changed first
  std::set<Id128> changed_set_;
  std::unordered_map<std::uint64_t, Sending> sending_;  // by ticket
  std::uint64_t next_ticket_ = 1;
  std::set<Offset> acknowledged_;  // of our takes, above next_offset_: behind a gap
  Offset next_offset_{0};          // of recordings: everything below is counted
  Offset written_offset_{0};       // the same, as prompt-state says it
};

}  // namespace antiphon::studio
