// A transactional producer as Kafka's clients are (KIP-98, KIP-360, KIP-447), in some of its transactions a loop of
// consume, transform and produce. Several of one transactional id are instances of one producer: whoever asks for an id
// fences the others, and one that was fenced may go on as if nothing had happened (a zombie).
//
//   outside --InitProducerId--> ready --begin--> open --decided--> ending --EndTxn--> ready
//      ^                                           |                 |
//      +---------- a newer instance has fenced it -+-----------------+
//
// What was not answered is asked again until it is. Requests of a lost connection may still reach the broker, and the
// protocol before KIP-890's second part cannot tell one of the last transaction from one of this. So a new transaction
// begins behind them: with another epoch, or when the old connection has come to its end.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "kafka/wire/error_code.h"
#include "kafka/wire/produce.h"
#include "sim/broker/client.h"
#include "sim/broker/sending.h"
#include "sim/history/event.h"

namespace antiphon::sim {

struct TransactorSettings {
  std::string transactional_id;
  std::string group;            // for the offsets that it commits; no other transactional id's
  std::int32_t timeout_ms = 0;  // of a transaction: the broker aborts it then
  bool stands_by = false;       // lets the other instance begin
};
constexpr std::int32_t kTransactionTimeoutMsMax = 60'000;  // of these

class Transactor final : public Client {
 public:
  Transactor(World& world, std::string name, const TransactorSettings& settings)
      : Client(world, std::move(name)), settings_(settings), fenced_(settings.stands_by) {}

  void act() override;
  bool finish() override;
  void connection_lost() override;
  void topic_gone(const Topic& topic) override;

 private:
  enum class State : std::uint8_t { kOutside, kReady, kOpen, kEnding };
  struct Batch {
    std::uint64_t number = 0;
    std::int32_t first_sequence = 0;
    std::vector<std::string> values;
    bool under_way = false;
    bool uncertain = false;  // an earlier attempt may have been carried out
  };
  struct Part {  // of a transaction: one partition, with at most one batch that is not settled
    bool added = false;
    std::optional<Batch> batch;
  };

  void init();
  void initialised(kafka::wire::ErrorCode error, ProducerId id, ProducerEpoch epoch);
  void begin();
  void go_on();
  void decide();
  void end();
  void ended(kafka::wire::ErrorCode error);
  void over(Outcome outcome);
  void abandon();

  void add_partitions();
  void added(const std::vector<Target>& targets, kafka::wire::ErrorCode error);
  void make_batch();
  void send_ready();
  void send(const Target& target, Batch& batch);
  void produced(const Target& target, std::uint64_t number, const kafka::wire::ProduceResponse::Partition& answer);
  void give_up_batches();
  [[nodiscard]] bool settled() const;

  // Consume and transform: one step. Where the group stands, what lies there, and the commit of how far it came.
  void transform();
  void find_position();
  void consume();
  void add_offsets();
  void commit_offset();
  void offset_committed(kafka::wire::ErrorCode error);
  void look_back();  // the end was answered: what was committed must be seen at once
  void stand_at(Offset offset, const char* reason);

  // True: a newer instance is there, and this one was told so. It stops, or does not listen.
  bool is_fenced(kafka::wire::ErrorCode error);
  // An error that is none of a newer instance: what was asked may be done or not, and is asked again.
  void not_done(const char* what, kafka::wire::ErrorCode error);

  TransactorSettings settings_;
  State state_ = State::kOutside;
  ProducerId id_{-1};
  ProducerEpoch epoch_{-1};
  bool fenced_ = false;     // it knows
  bool asking_ = false;     // one request at a time, but for produces
  bool finishing_ = false;  // no new work
  bool lost_ = false;       // since the last begin: an answer; the request may still be carried out
  bool raise_epoch_ = false;
  std::map<Target, std::int32_t> sequences_;
  std::uint64_t next_batch_ = 0;
  std::uint64_t next_value_ = 0;
  std::uint64_t next_transaction_ = 0;

  // Of the transaction that is open.
  std::string transaction_;
  std::map<Target, Part> parts_;
  bool opened_ = false;  // the broker knows of it
  bool zombie_ = false;  // it was fenced and does not listen
  std::uint64_t batches_left_ = 0;
  bool commits_ = false;
  bool end_sent_ = false;
  bool end_uncertain_ = false;

  // Of consuming.
  std::optional<Target> source_;
  bool consumes_ = false;  // in this transaction, and it has not been committed yet
  bool group_added_ = false;
  Offset position_{-1};       // -1: not known
  Offset consumed_to_{-1};    // in this transaction
  bool commit_sent_ = false;  // noted
  bool commit_uncertain_ = false;
};

}  // namespace antiphon::sim
