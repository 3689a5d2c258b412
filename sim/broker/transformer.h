// A consume-transform-produce client (KIP-447): one of a group that makes exactly one committed record of each record
// of the input. It reads what its generation assigned to it, and in one transaction sends what it made, adds the group,
// and commits how far it came under its member id and generation. Each process has a transactional id of its own, as
// Kafka Streams' threads do, so that a producer's epoch fences no other process: only the group does.
//
//     fetch -> begin -> AddPartitions -> Produce -> AddOffsets -> (stalls) -> TxnOffsetCommit -> (stalls) -> EndTxn
//
// What is begun goes on with the member id and generation of its beginning, whatever the group says meanwhile: who
// stalls wakes up as a zombie. While a process stalls, another member has the time to take its partitions over; it is a
// static one (KIP-345) that comes under the same instance id, so that the generation stays and only the member id tells
// them apart, or a dynamic one in the next generation.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "kafka/wire/error_code.h"
#include "sim/broker/client.h"
#include "sim/broker/membership.h"
#include "sim/broker/sending.h"

namespace antiphon::sim {

// What the processes of one group share. They look at it from outside of the broker.
struct Pipeline {
  std::string group;
  std::string input;  // topics as the history names them
  std::string output;
  std::map<std::int32_t, Offset> done;  // of the input's partitions: how far it is surely committed

  void note_done(std::int32_t partition, Offset to);
  [[nodiscard]] bool drained(World& world) const;
};

struct TransformerSettings {
  std::string transactional_id;
  std::optional<std::string> instance;  // a static member's
  bool stands_by = false;               // another process holds the instance id at first
  std::int32_t timeout_ms = 0;          // of a transaction
};

class Transformer final : public Client {
 public:
  // The pipeline outlives it.
  Transformer(World& world, std::string name, Pipeline& pipeline, TransformerSettings settings);

  void act() override;
  bool finish() override;
  void connection_lost() override;

 private:
  enum class Step : std::uint8_t { kAddPartition, kProduce, kAddGroup, kCommitOffset, kEnd };
  enum class Stall : std::uint8_t { kNone, kWorker, kProcess };
  struct Work {  // one transaction
    std::string transaction;
    Target source;
    Offset to{-1};  // of the source: where the next one begins
    Target output;
    std::vector<std::string> values;
    std::string member_id;
    GenerationId generation{-1};
    std::uint64_t life = 0;  // of the membership
    Step step = Step::kAddPartition;
    bool sent = false;     // its records
    bool settled = false;  // they are answered
    bool commits = true;
    bool end_noted = false;
    bool end_uncertain = false;
  };

  // transformer.cc: a place in the group, and what lies there.
  void tend_membership();
  void look_for_work();
  void find_position(const Target& place);
  void consume(const Target& place);
  [[nodiscard]] bool may_stall();
  [[nodiscard]] bool is_stalled();
  void stall();

  // transformer_work.cc: the transaction.
  void init();
  void begin(const Target& source, const Event& polled);
  void go_on();
  void go_on_at(Step step);
  void add_partition();
  void produce();
  void produced(kafka::wire::ErrorCode error, Offset base_offset);
  void add_group();
  void commit_offset();
  void offset_committed(kafka::wire::ErrorCode error);
  void end();
  void ended(kafka::wire::ErrorCode error);
  void over(Outcome outcome);
  void settle_records(Outcome outcome, Offset base_offset);
  void abort();    // answered with an error: it ends by EndTxn
  void give_up();  // nobody knows how far it came: another epoch ends it

  Pipeline& pipeline_;
  TransformerSettings settings_;
  Membership membership_;
  std::map<Target, Offset> positions_;  // of what is assigned; -1: not known
  std::optional<Work> work_;
  ProducerId id_{-1};
  ProducerEpoch epoch_{-1};
  bool has_identity_ = false;
  bool asking_ = false;  // one request at a time, but for the group's
  bool stands_by_ = false;
  std::uint64_t end_rounds_ = 0;  // 0: the end has not come
  Stall stall_ = Stall::kNone;
  std::uint64_t wakes_in_round_ = 0;  // of the end
  std::int32_t next_sequence_ = 0;    // of the output's partition that this epoch writes to
  std::uint64_t next_value_ = 0;
  std::uint64_t next_transaction_ = 0;
};

}  // namespace antiphon::sim
