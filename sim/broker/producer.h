// A producer as Kafka's clients are: batches numbered by partition, several under way at once, sent again in their
// order with the same numbers after a lost answer or an error that passes. Without idempotence nothing is sent again.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/types.h"
#include "kafka/wire/error_code.h"
#include "sim/broker/client.h"
#include "sim/broker/sending.h"
#include "sim/history/event.h"

namespace antiphon::sim {

struct ProducerSettings {
  std::int16_t acks = -1;
  bool idempotent = true;
  std::size_t batches_max = 5;  // of a partition, not answered
  std::size_t record_bytes_max = 300;
  std::string topic;  // as the history names it; empty: any
};

class Producer final : public Client {
 public:
  Producer(World& world, std::string name, const ProducerSettings& settings)
      : Client(world, std::move(name)), settings_(settings) {}

  void act() override;
  bool finish() override;
  void connection_lost() override;
  void topic_gone(const Topic& topic) override;

 private:
  using Place = Target;
  struct Batch {
    std::uint64_t number = 0;
    std::int32_t first_sequence = 0;
    std::vector<std::string> values;
    bool under_way = false;
  };
  struct Queue {
    std::deque<Batch> batches;  // not answered, oldest first
    std::int32_t next_sequence = 0;
  };

  void ask_for_id();
  void make_batch();
  void send_ready();
  void send(const Place& place, Batch& batch);
  void answered(const Place& place, std::uint64_t number, kafka::wire::ErrorCode error, Offset base_offset);
  void give_up(const Place& place);  // nobody knows of the batches that are not answered
  void begin_anew();                 // with another producer id
  void settle(const Place& place, const Batch& batch, Outcome outcome, Offset base_offset);

  ProducerSettings settings_;
  std::map<Place, Queue> queues_;
  ProducerId id_{-1};
  ProducerEpoch epoch_{-1};
  std::uint64_t incarnation_ = 0;
  bool asking_ = false;
  std::uint64_t next_batch_ = 0;
  std::uint64_t next_value_ = 0;
};

}  // namespace antiphon::sim
