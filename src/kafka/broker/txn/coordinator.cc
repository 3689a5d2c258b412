#include "kafka/broker/txn/coordinator.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/logging.h"
#include "kafka/broker/txn/records.h"

namespace antiphon::kafka::broker {
namespace {

constexpr std::size_t kTidiedAtOnceMax = 1'000;  // the next round goes on
constexpr Milliseconds kBusyRetry{100};          // an id whose deadline came while its state was being stored

// Whoever is not the producer hears so, also while the next state is being stored.
bool is_stranger(const Decision& decision) {
  return decision.error == ErrorCode::kInvalidProducerIdMapping || decision.error == ErrorCode::kProducerFenced;
}

}  // namespace

const Transaction* TransactionCoordinator::find(std::string_view transactional_id) const {
  const auto found = entries_.find(transactional_id);
  return found == entries_.end() ? nullptr : &found->second.transaction;
}

void TransactionCoordinator::store(Entries::iterator entry, Transaction next, Reply then) {
  entry->second.storing = true;
  const std::string& id = entry->first;
  KeyedRecord record = transaction_record(id, next);
  store_.append(id, std::move(record),
                [this, id, next = std::move(next), then = std::move(then)](ErrorCode error) mutable {
                  const auto stored = entries_.find(id);
                  ANTIPHON_ASSERT(stored != entries_.end());  // an id is not forgotten while its state is being stored
                  stored->second.storing = false;
                  if (error == ErrorCode::kNone) stored->second.transaction = std::move(next);
                  const bool ends = error == ErrorCode::kNone && is_prepared(stored->second.transaction.state);
                  arm(stored);
                  then(error);
                  if (ends) write_markers(stored);
                });
}

void TransactionCoordinator::store_end(Entries::iterator entry, Transaction next) {
  store(entry, std::move(next), [this, id = entry->first](ErrorCode error) {
    if (error != ErrorCode::kNone) answer_waiting(entries_.find(id)->second, error);
  });
}

void TransactionCoordinator::answer_waiting(Entry& entry, ErrorCode error) {
  const auto replies = std::exchange(entry.waiting, {});
  for (const auto& reply : replies) reply(error);
}

void TransactionCoordinator::init(const InitRequest& request, InitReply reply, Instant now) {
  now_ = now;
  const auto refuse = [&](ErrorCode error) { reply(error, {}); };
  if (request.transactional_id.empty()) return refuse(ErrorCode::kInvalidRequest);
  if (request.timeout_ms <= 0 || Milliseconds(request.timeout_ms) > settings_.timeout_max) {
    return refuse(ErrorCode::kInvalidTransactionTimeout);
  }
  auto entry = entries_.find(request.transactional_id);
  if (entry == entries_.end()) {
    if (entries_.size() >= settings_.ids_max) tidy(now);
    if (entries_.size() >= settings_.ids_max) return refuse(ErrorCode::kPolicyViolation);
    const auto id = new_id_();
    if (!id) return refuse(ErrorCode::kCoordinatorNotAvailable);
    entry = entries_.emplace(request.transactional_id, Entry{}).first;
    entry->second.transaction.producer_id = *id;
    entry->second.transaction.update_ms = to_unix_ms(now.wall);
  }
  if (entry->second.storing) return refuse(ErrorCode::kConcurrentTransactions);
  Decision decision =
      decide_init(entry->second.transaction, request.timeout_ms, request.expected, new_id_, to_unix_ms(now.wall));
  if (!decision.next) return refuse(counted(decision.error));
  if (is_prepared(decision.next->state)) {  // the client asks again when the abort is over
    entry->second.waiting.emplace_back([reply = std::move(reply)](ErrorCode error) {
      reply(error == ErrorCode::kNone ? ErrorCode::kConcurrentTransactions : error, {});
    });
    return store_end(entry, std::move(*decision.next));
  }
  const ProducerIdentity given{decision.next->producer_id, decision.next->epoch};
  store(entry, std::move(*decision.next), [reply = std::move(reply), given](ErrorCode error) {
    reply(error, error == ErrorCode::kNone ? given : ProducerIdentity{});
  });
}

void TransactionCoordinator::add_partitions(const std::string& transactional_id, const ProducerIdentity& who,
                                            const std::set<TopicPartition>& partitions, Reply reply, Instant now) {
  now_ = now;
  if (transactional_id.empty()) return reply(ErrorCode::kInvalidRequest);
  const auto entry = entries_.find(transactional_id);
  if (entry == entries_.end()) return reply(ErrorCode::kInvalidProducerIdMapping);
  Decision decision = decide_add(entry->second.transaction, who, partitions, to_unix_ms(now.wall));
  if (entry->second.storing && !is_stranger(decision)) return reply(ErrorCode::kConcurrentTransactions);
  if (!decision.next) return reply(counted(decision.error));
  if (decision.next->partitions.size() > settings_.partitions_a_transaction_max) {
    return reply(ErrorCode::kPolicyViolation);
  }
  store(entry, std::move(*decision.next), std::move(reply));
}

void TransactionCoordinator::end(const std::string& transactional_id, const ProducerIdentity& who, bool commit,
                                 Reply reply, Instant now) {
  now_ = now;
  if (transactional_id.empty()) return reply(ErrorCode::kInvalidRequest);
  const auto entry = entries_.find(transactional_id);
  if (entry == entries_.end()) return reply(ErrorCode::kInvalidProducerIdMapping);
  Decision decision = decide_end(entry->second.transaction, who, commit, to_unix_ms(now.wall));
  if (entry->second.storing && !is_stranger(decision)) return reply(ErrorCode::kConcurrentTransactions);
  if (!decision.next) return reply(counted(decision.error));
  entry->second.waiting.push_back(std::move(reply));
  store_end(entry, std::move(*decision.next));
}

ErrorCode TransactionCoordinator::verify(std::string_view transactional_id, const ProducerIdentity& who,
                                         const TopicPartition& partition) {
  const auto entry = entries_.find(transactional_id);
  if (entry == entries_.end()) return ErrorCode::kInvalidProducerIdMapping;
  const ErrorCode error = counted(broker::verify(entry->second.transaction, who, partition));
  const bool ends = entry->second.storing && !entry->second.waiting.empty();
  return error == ErrorCode::kNone && ends ? ErrorCode::kConcurrentTransactions : error;
}

void TransactionCoordinator::write_markers(Entries::iterator entry) {
  Entry& one = entry->second;
  if (one.unmarked.empty()) one.unmarked = one.transaction.partitions;
  if (one.unmarked.empty()) return complete(entry);
  const std::set<TopicPartition> partitions = one.unmarked;  // a copy: a marker may settle at once
  one.markers_in_flight = partitions.size();
  MarkerToWrite marker{{one.transaction.producer_id, one.transaction.epoch},
                       one.transaction.state == TransactionState::kPrepareCommit,
                       store_.coordinator_epoch(entry->first),
                       {}};
  const std::string id = entry->first;
  for (const TopicPartition& partition : partitions) {
    marker.partition = partition;
    markers_.write(marker, [this, id, partition](ErrorCode error) { marker_settled(id, partition, error); });
  }
}

void TransactionCoordinator::marker_settled(const std::string& id, const TopicPartition& partition, ErrorCode error) {
  const auto entry = entries_.find(id);
  ANTIPHON_ASSERT(entry != entries_.end() && entry->second.markers_in_flight > 0);
  Entry& one = entry->second;
  // A partition that is gone needs none; one that a newer epoch has fenced took another marker.
  const bool over = error == ErrorCode::kNone || error == ErrorCode::kUnknownTopicOrPartition ||
                    error == ErrorCode::kInvalidProducerEpoch || error == ErrorCode::kTransactionCoordinatorFenced;
  if (over) {
    one.unmarked.erase(partition);
  } else if (!std::exchange(one.told, true)) {
    logging::warn("a transaction's marker could not be written; it is tried again until it can",
                  {{"transactional_id", id}, {"topic", partition.topic}, {"error", wire::to_string(error)}});
  }
  if (--one.markers_in_flight > 0) return;
  if (one.unmarked.empty()) return complete(entry);
  arm(entry, now_.mono + settings_.retry_interval);
  answer_waiting(one, ErrorCode::kCoordinatorNotAvailable);
}

void TransactionCoordinator::count_end(Entry& entry) {
  const bool timed_out = std::exchange(entry.timed_out, false);
  if (entry.transaction.state == TransactionState::kPrepareCommit) {
    ++counts_.committed;
  } else {
    ++(timed_out ? counts_.timed_out : counts_.aborted);
  }
}

ErrorCode TransactionCoordinator::counted(ErrorCode refusal) {
  if (refusal == ErrorCode::kProducerFenced) ++counts_.fenced;
  return refusal;
}

OpenTransactions TransactionCoordinator::open() const {
  OpenTransactions open;
  for (const auto& [id, entry] : entries_) {
    const Transaction& one = entry.transaction;
    if (one.state != TransactionState::kOngoing && !is_prepared(one.state)) continue;
    if (open.count++ == 0 || one.start_ms < open.oldest_start_ms) open.oldest_start_ms = one.start_ms;
  }
  return open;
}

void TransactionCoordinator::complete(Entries::iterator entry) {
  Entry& one = entry->second;
  count_end(one);
  one.transaction = completed(one.transaction, to_unix_ms(now_.wall));
  one.told = false;
  arm(entry, MonoTime::max());
  const std::string& id = entry->first;
  store_.append(id, transaction_record(id, one.transaction), [id](ErrorCode error) {
    if (error == ErrorCode::kNone) return;
    logging::warn("the end of a transaction could not be stored; a restart writes its markers again",
                  {{"transactional_id", id}, {"error", wire::to_string(error)}});
  });
  answer_waiting(one, ErrorCode::kNone);
}

void TransactionCoordinator::arm(Entries::iterator entry, MonoTime at) {
  Entry& one = entry->second;
  if (one.armed == at) return;
  if (one.armed != MonoTime::max()) deadlines_.erase({one.armed, entry->first});
  one.armed = at;
  if (at != MonoTime::max()) deadlines_.insert({at, entry->first});
}

// By the wall clock at the last call, so that a transaction's time goes on over a restart; at most its whole timeout.
void TransactionCoordinator::arm(Entries::iterator entry) {
  const Transaction& one = entry->second.transaction;
  if (one.state != TransactionState::kOngoing) return arm(entry, MonoTime::max());
  const std::int64_t left = one.start_ms + one.timeout_ms - to_unix_ms(now_.wall);
  arm(entry, now_.mono + Milliseconds(std::clamp<std::int64_t>(left, 0, one.timeout_ms)));
}

MonoTime TransactionCoordinator::next_deadline() const {
  return deadlines_.empty() ? MonoTime::max() : deadlines_.begin()->first;
}

void TransactionCoordinator::expire(Instant now) {
  now_ = now;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.mono) {
    const auto entry = entries_.find(deadlines_.begin()->second);
    ANTIPHON_ASSERT(entry != entries_.end());
    Entry& one = entry->second;
    arm(entry, MonoTime::max());
    if (one.storing || one.markers_in_flight > 0) {
      arm(entry, now.mono + kBusyRetry);
    } else if (is_prepared(one.transaction.state)) {
      write_markers(entry);
    } else if (one.transaction.state == TransactionState::kOngoing) {
      store(entry, fenced_abort(one.transaction, to_unix_ms(now.wall)), [this, id = entry->first](ErrorCode error) {
        if (error != ErrorCode::kNone) return arm(entries_.find(id), now_.mono + settings_.retry_interval);
        entries_.find(id)->second.timed_out = true;
        logging::info("a transaction took too long and is aborted", {{"transactional_id", id}});
      });
    }
  }
}

void TransactionCoordinator::tidy(Instant now) {
  now_ = now;
  const std::int64_t idle_since = to_unix_ms(now.wall) - settings_.id_expiration.count();
  std::size_t tidied = 0;
  for (auto entry = entries_.begin(); entry != entries_.end() && tidied < kTidiedAtOnceMax;) {
    const auto next = std::next(entry);  // the store may answer at once
    const Transaction& one = entry->second.transaction;
    const bool idle = one.state == TransactionState::kEmpty || one.state == TransactionState::kCompleteCommit ||
                      one.state == TransactionState::kCompleteAbort;
    if (idle && !entry->second.storing && one.update_ms <= idle_since) {
      ++tidied;
      entry->second.storing = true;
      store_.append(entry->first, transaction_tombstone(entry->first), [this, id = entry->first](ErrorCode error) {
        const auto gone = entries_.find(id);
        ANTIPHON_ASSERT(gone != entries_.end());
        gone->second.storing = false;
        if (error == ErrorCode::kNone) entries_.erase(gone);
      });
    }
    entry = next;
  }
}

Result<> TransactionCoordinator::load(ByteView key, std::optional<ByteView> value) {
  ANTIPHON_TRY(id, decode_transaction_key(key));
  if (!value) {
    entries_.erase(id);
    return {};
  }
  ANTIPHON_TRY(transaction, decode_transaction(*value));
  entries_[id].transaction = std::move(transaction);
  return {};
}

void TransactionCoordinator::loaded(Instant now) {
  now_ = now;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (is_prepared(entry->second.transaction.state)) {
      write_markers(entry);
    } else {
      arm(entry);
    }
  }
}

}  // namespace antiphon::kafka::broker
