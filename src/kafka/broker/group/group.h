// One consumer group: Kafka's classic rebalance protocol as a state machine.
//
//   Empty --join--> PreparingRebalance --all joined, or time over--> CompletingRebalance --leader's sync--> Stable
//     ^                  ^   ^------------ join, leave, expiry ----------------+------------------------------+
//     +-- last leaves ---+
//
// PreparingRebalance waits until every known member has sent JoinGroup again, at most the longest rebalance timeout.
// CompletingRebalance waits for the leader's assignment and, as long, for every member's SyncGroup. A generation's
// assignment is stored before it is told. No sockets, no threads; time is passed in, deadlines are asked for.
//
// Callbacks: a reply is called exactly once, or dropped by disconnected().
#pragma once

#include <map>
#include <string>

#include "core/random.h"
#include "kafka/broker/group/member.h"
#include "kafka/broker/group/store.h"
#include "kafka/broker/group/types.h"

namespace antiphon::kafka::broker {

struct GroupSettings {
  Milliseconds session_timeout_min{6'000};
  Milliseconds session_timeout_max{1'800'000};
  Milliseconds initial_rebalance_delay{0};
  std::size_t groups_max = 10'000;
  std::size_t members_a_group_max = 1'000;
  std::size_t member_metadata_bytes_max = 1U << 20U;
  std::size_t offset_metadata_bytes_max = 4096;
};

// What is written to the store for a group, and read at start.
struct GroupMetadata {
  std::string protocol_type;
  GenerationId generation{0};
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  std::int64_t state_timestamp_ms = -1;
  std::vector<Member> members;  // each with one protocol: the chosen one
};

class Group {
 public:
  Group(std::string id, const GroupSettings& settings, Random& random)
      : id_(std::move(id)), settings_(settings), random_(random) {}

  void join(const JoinRequest& request, JoinReply reply, Instant now);
  // Checks a SyncGroup. True: it came from the leader, its assignments are kept and must now be stored (metadata());
  // then call assignment_stored(). False: the reply is answered or waits.
  bool sync(const SyncRequest& request, SyncReply reply, Instant now);
  void assignment_stored(GenerationId generation, ErrorCode error, Instant now);
  ErrorCode heartbeat(const HeartbeatRequest& request, Instant now);
  ErrorCode leave(const LeavingMember& who, Instant now);
  // May this member (or nobody, generation -1) commit offsets now? Counts as a heartbeat.
  ErrorCode may_commit(const CommitRequest& request, Instant now);
  // The connection is gone: its replies are dropped; from now on its members' session time runs.
  void disconnected(ConnectionId connection, Instant now);
  void expire(Instant now);
  [[nodiscard]] MonoTime next_deadline() const;

  void restore(GroupMetadata metadata, Instant now);
  [[nodiscard]] GroupMetadata metadata(Instant now) const;
  // Something of metadata() changed outside of a leader's sync and should be stored (emptied; static member replaced).
  [[nodiscard]] bool take_dirty() { return std::exchange(dirty_, false); }
  // Static members that took a place over and are answered when that is stored: then call replacement_stored().
  [[nodiscard]] std::vector<std::string> replacements() const;
  void replacement_stored(const std::string& member_id, ErrorCode error, Instant now);

  [[nodiscard]] DescribedGroup describe() const;
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] GroupState state() const { return state_; }
  [[nodiscard]] GenerationId generation() const { return generation_; }
  [[nodiscard]] const std::string& protocol_type() const { return protocol_type_; }
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] bool has_pending() const { return !pending_.empty(); }
  [[nodiscard]] bool subscribes_nobody() const { return members_.empty() && pending_.empty(); }
  void mark_dead() { state_ = GroupState::kDead; }

 private:
  // group_join.cc
  void join_new(const JoinRequest& request, JoinReply reply, Instant now);
  void join_known(const JoinRequest& request, JoinReply reply, Instant now);
  void replace_static(const std::string& old_id, const JoinRequest& request, JoinReply reply, Instant now);
  void add_member(std::string member_id, const JoinRequest& request, JoinReply reply, Instant now);
  void update_member(Member& member, const JoinRequest& request, JoinReply reply);
  [[nodiscard]] bool accepts_protocols(const JoinRequest& request, std::string_view except_member) const;
  [[nodiscard]] JoinAnswer current_generation_for(const Member& member) const;
  [[nodiscard]] std::string new_member_id(const JoinRequest& request) const;

  // group_rebalance.cc
  void prepare_rebalance(Instant now);
  void maybe_complete_join(Instant now);
  void complete_join(Instant now);
  bool elect_joined_leader();
  void start_generation(Instant now);
  [[nodiscard]] std::string choose_protocol() const;
  void fail_waiting_syncs(ErrorCode error, Instant now);
  void remove_member(const std::string& member_id, ErrorCode waiting_error, Instant now);
  [[nodiscard]] Milliseconds longest_rebalance_timeout() const;

  // group.cc
  [[nodiscard]] ErrorCode check_member(std::string_view member_id, const std::optional<std::string>& instance_id,
                                       Member** member);
  [[nodiscard]] const std::string* member_of_instance(const std::string& instance_id) const;
  static void touch(Member& member, Instant now) { member.session_deadline = now.mono + member.session_timeout; }

  std::string id_;
  const GroupSettings& settings_;
  Random& random_;
  GroupState state_ = GroupState::kEmpty;
  GenerationId generation_{0};
  std::string protocol_type_;
  std::string protocol_;
  std::string leader_;
  std::map<std::string, Member, std::less<>> members_;
  std::map<std::string, MonoTime, std::less<>> pending_;         // ids given out (KIP-394), not yet used; until when
  std::map<std::string, std::string, std::less<>> instances_;    // static: instance id -> member id
  std::map<std::string, JoinAnswer, std::less<>> replacements_;  // member id -> what it is answered when it is stored
  MonoTime rebalance_deadline_ = MonoTime::max();                // of the state that waits
  MonoTime initial_join_until_ = MonoTime::min();                // PreparingRebalance from Empty does not end before,
  MonoTime initial_join_limit_ = MonoTime::min();                // and newcomers extend it no further than this
  bool assignment_pending_ = false;                              // the leader's assignment is being stored
  bool dirty_ = false;
};

}  // namespace antiphon::kafka::broker
