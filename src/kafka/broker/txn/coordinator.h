// The transaction coordinator: all transactional ids of the broker (KIP-98).
//
// A plain synchronous object on one thread: no sockets, no clock; the caller passes the time, asks next_deadline() and
// calls expire() when it has come. The order of a transaction's end:
//
//   Prepare.. is stored (durable: the outcome is decided) -> a marker in each of its partitions (durable) -> the
//   offsets committed inside it are seen, EndTxn is answered -> Complete.. is stored, and counts at once: whatever is
//   stored for this id later stands behind it, so that a crash which takes it away takes those away, too, and the
//   markers are only written once more.
//
// After a start, loaded() writes the markers of all prepared transactions. A marker that cannot be written is tried
// again every retry_interval; meanwhile its id is answered CONCURRENT_TRANSACTIONS.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"
#include "kafka/broker/group/types.h"
#include "kafka/broker/txn/store.h"
#include "kafka/broker/txn/transaction.h"

namespace antiphon::kafka::broker {

struct TransactionSettings {
  Milliseconds timeout_max{900'000};        // Kafka: transaction.max.timeout.ms
  Milliseconds id_expiration{604'800'000};  // Kafka: transactional.id.expiration.ms
  Milliseconds retry_interval{1'000};       // of markers that could not be written
  std::size_t ids_max = 50'000;
  std::size_t partitions_a_transaction_max = 10'000;
};

// Since the coordinator was made.
struct TransactionCounts {
  // Ended: their markers are durable. A start that writes markers again counts these once more, a timeout as an abort.
  std::uint64_t committed = 0;
  std::uint64_t aborted = 0;  // by their producer, or by a newer instance
  std::uint64_t timed_out = 0;
  std::uint64_t fenced = 0;  // requests of a producer whose epoch is over
};

// Not over: every one of them keeps the last stable offset of its partitions where it began.
struct OpenTransactions {
  std::size_t count = 0;
  std::int64_t oldest_start_ms = -1;  // wall clock; -1: there is none
};

class TransactionCoordinator {
 public:
  // All outlive the coordinator.
  TransactionCoordinator(const TransactionSettings& settings, TransactionStore& store, MarkerWriter& markers,
                         ProducerIdSource new_id)
      : settings_(settings), store_(store), markers_(markers), new_id_(std::move(new_id)) {}

  struct InitRequest {
    std::string transactional_id;
    std::int32_t timeout_ms = 0;
    std::optional<ProducerIdentity> expected;
  };
  // Each reply is called exactly once, at once or later; it must not call the coordinator.
  using InitReply = std::function<void(ErrorCode, ProducerIdentity)>;
  using Reply = std::function<void(ErrorCode)>;
  void init(const InitRequest& request, InitReply reply, Instant now);
  void add_partitions(const std::string& transactional_id, const ProducerIdentity& who,
                      const std::set<TopicPartition>& partitions, Reply reply, Instant now);
  // Answered when the markers are durable.
  void end(const std::string& transactional_id, const ProducerIdentity& who, bool commit, Reply reply, Instant now);
  [[nodiscard]] ErrorCode verify(std::string_view transactional_id, const ProducerIdentity& who,
                                 const TopicPartition& partition);

  [[nodiscard]] MonoTime next_deadline() const;
  // Aborts what takes too long, tries markers again.
  void expire(Instant now);
  // Forgets ids that were idle for id_expiration.
  void tidy(Instant now);

  // Start: every record of the store in its order, then loaded() once.
  Result<> load(ByteView key, std::optional<ByteView> value);
  void loaded(Instant now);

  // Null: unknown.
  [[nodiscard]] const Transaction* find(std::string_view transactional_id) const;
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [id, entry] : entries_) visit(id, entry.transaction);
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const TransactionCounts& counts() const { return counts_; }
  [[nodiscard]] OpenTransactions open() const;  // looks at every id

 private:
  struct Entry {
    Transaction transaction;
    bool storing = false;               // a next state is on its way to the store
    std::set<TopicPartition> unmarked;  // of a prepared one: partitions whose marker is not durable
    std::size_t markers_in_flight = 0;
    bool told = false;           // that a marker of this end could not be written
    bool timed_out = false;      // this end is one by the clock
    std::vector<Reply> waiting;  // for the end
    MonoTime armed = MonoTime::max();
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  // Stores the next state; when that is durable it counts, and `then` is told.
  void store(Entries::iterator entry, Transaction next, Reply then);
  // The same for Prepare..: who waits for the end hears of an error at once.
  void store_end(Entries::iterator entry, Transaction next);
  static void answer_waiting(Entry& entry, ErrorCode error);
  void write_markers(Entries::iterator entry);
  void marker_settled(const std::string& id, const TopicPartition& partition, ErrorCode error);
  void complete(Entries::iterator entry);
  void count_end(Entry& entry);
  ErrorCode counted(ErrorCode refusal);  // the same
  void arm(Entries::iterator entry, MonoTime at);
  // Its deadline, from its state.
  void arm(Entries::iterator entry);

  const TransactionSettings& settings_;
  TransactionStore& store_;
  MarkerWriter& markers_;
  ProducerIdSource new_id_;
  Entries entries_;
  std::set<std::pair<MonoTime, std::string>> deadlines_;
  Instant now_{};  // of the last call
  TransactionCounts counts_;
};

}  // namespace antiphon::kafka::broker
