// The group coordinator: all groups of the broker and their committed offsets.
//
// A plain synchronous object on one thread: no sockets, no clock; the caller passes the time, asks next_deadline() and
// calls expire() when it has come. What must survive goes to the GroupStore first and is told to clients afterwards.
// Committed offsets never expire by time; they go with their group (DeleteGroups, OffsetDelete) or their topic.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kafka/broker/group/group.h"
#include "kafka/broker/group/records.h"
#include "kafka/broker/group/types.h"

namespace antiphon::kafka::broker {

class GroupCoordinator {
 public:
  // All outlive the coordinator.
  GroupCoordinator(const GroupSettings& settings, GroupStore& store, Random& random)
      : settings_(settings), store_(store), random_(random) {}

  void join(const JoinRequest& request, JoinReply reply, Instant now);
  void sync(const SyncRequest& request, SyncReply reply, Instant now);
  ErrorCode heartbeat(const HeartbeatRequest& request, Instant now);
  // One code a member, in order.
  std::vector<ErrorCode> leave(const std::string& group_id, const std::vector<LeavingMember>& members, Instant now);

  void commit(const CommitRequest& request, CommitReply reply, Instant now);
  // Inside of a producer's transaction (KIP-98, KIP-447): stored at once, seen when it ends by a commit.
  void commit_in_transaction(const CommitRequest& request, const ProducerIdentity& producer, CommitReply reply,
                             Instant now);
  // The marker is durable: for the groups that `of` names, what the producer committed counts, or is forgotten.
  void transaction_ended(ProducerId producer, const std::function<bool(std::string_view group_id)>& of, bool commit);
  // Whether a transaction that is not over commits this offset: UNSTABLE_OFFSET_COMMIT for those who ask for stable
  // ones.
  [[nodiscard]] bool is_unstable(std::string_view group_id, const std::string& topic, PartitionId partition) const;
  // Null: nothing was committed.
  [[nodiscard]] const CommittedOffset* committed(std::string_view group_id, const std::string& topic,
                                                 PartitionId partition) const;
  using Place = std::pair<std::string, PartitionId>;
  using OffsetsOfGroup = std::map<Place, CommittedOffset>;
  [[nodiscard]] const OffsetsOfGroup* all_committed(std::string_view group_id) const;
  // Of OffsetDelete: kNone also where there was nothing. kNonEmptyGroup while the group has members, unless they are
  // consumers: the caller leaves out what these subscribe to.
  void delete_offsets(const std::string& group_id, const std::vector<Place>& which,
                      std::function<void(ErrorCode)> reply);

  [[nodiscard]] std::vector<ListedGroup> list() const;
  // State kDead and kGroupIdNotFound where there is none.
  [[nodiscard]] DescribedGroup describe(std::string_view group_id) const;
  // kGroupIdNotFound, kNonEmptyGroup, or kNone once it is durable.
  void remove_group(const std::string& group_id, std::function<void(ErrorCode)> reply);
  // Its offsets go, in memory at once; `done` is told when they cannot come back any more, or that they may.
  void topic_deleted(std::string_view topic, std::function<void(ErrorCode)> done);
  // Between the two: a topic of that name that is made now could find the offsets of the old one after a crash.
  [[nodiscard]] bool still_forgets(std::string_view topic) const { return going_.contains(topic); }
  // Once more for each topic whose offsets may still come back.
  void forget_again();
  // Also of transactions that are not over.
  [[nodiscard]] std::set<std::string> topics_with_offsets() const;

  void disconnected(ConnectionId connection, Instant now);
  [[nodiscard]] MonoTime next_deadline() const;
  void expire(Instant now);
  // Forgets empty groups without offsets.
  void tidy();

  // Start: every record of the store in its order, then loaded() once. `transaction`: whose it is a part of.
  Result<> load(ByteView key, std::optional<ByteView> value, Instant now,
                std::optional<ProducerId> transaction = std::nullopt);
  void loaded(Instant now);
  [[nodiscard]] std::size_t group_count() const { return entries_.size(); }

 private:
  // Of one place, what a deletion must reach although nobody sees it: a crash may bring it back.
  struct Unsettled {
    std::set<std::uint64_t> on_their_way;  // the orders of commits whose append is not settled
    std::uint64_t failed = 0;              // the last whose append failed: the store may have it all the same; 0: none

    void failed_at(std::uint64_t order) { failed = std::max(failed, order); }
  };
  struct Entry {
    std::unique_ptr<Group> group;
    OffsetsOfGroup offsets;
    std::map<ProducerId, OffsetsOfGroup> unstable;  // committed inside of transactions that are not over
    MonoTime armed = MonoTime::max();
    std::size_t commits_in_flight = 0;
    std::map<Place, Unsettled> unsettled;
  };

  Entry* find(std::string_view group_id);
  // Null: too many groups.
  Entry* find_or_make(const std::string& group_id);
  // After anything that may have changed the group: stores it if it asks for that, arms its deadline anew.
  void settle(Entry& entry, Instant now);
  void state_stored(const std::string& group_id, const std::vector<std::string>& replacements, ErrorCode error,
                    Instant now);
  void arm(Entry& entry, MonoTime at);
  [[nodiscard]] ErrorCode check_commit(const CommitRequest& request, Instant now);
  // A commit that was checked: its records, and what they say. Codes are changed where an offset cannot be taken.
  struct Accepted {
    std::vector<GroupRecord> records;
    std::vector<std::pair<Place, CommittedOffset>> offsets;
  };
  void forget_unstable(Entry& entry, const std::string& group_id, ProducerId producer,
                       const std::vector<std::pair<Place, CommittedOffset>>& offsets);
  // The append of a commit is over. True: it counts; it was stored, and nothing deleted it meanwhile.
  static bool settle_commit(Entry& entry, const Place& where, std::uint64_t order, bool stored);
  // Whatever was committed there, seen or not. False: there was nothing that a start could bring back.
  static bool forget(Entry& entry, const Place& where);
  static std::set<Place> places_of(const Entry& entry);
  void append_tombstones(const std::string& group_id, std::vector<Place> places, std::function<void(ErrorCode)> done);
  Accepted accept(const CommitRequest& request, std::vector<ErrorCode>& codes, Instant now);

  const GroupSettings& settings_;
  GroupStore& store_;
  Random& random_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::set<std::pair<MonoTime, std::string>> deadlines_;
  std::map<std::string, GroupMetadata, std::less<>> loading_;
  std::map<ProducerId, std::set<std::string>> unstable_groups_;         // with unstable offsets of that producer
  std::uint64_t next_order_ = 1;                                        // of commits
  std::map<std::string, std::size_t, std::less<>> going_;               // deleted topics -> deletions not answered yet
  std::set<std::pair<ConnectionId, std::string>> waiting_connections_;  // who may have a reply waiting in which group
};

}  // namespace antiphon::kafka::broker
