// DeadLetters: sends what cannot be used to its dead letter topic and says when that topic has it.
//
// A letter is sent until it is acknowledged: a full queue waits, a producer that failed for good is replaced and what
// it had open is sent again (a letter may then stand twice, never zero times). One thread calls everything; a producer
// is only made when the first letter comes.
//
// A record may be larger than any letter (its batch came compressed, or its topic takes more). A letter that is refused
// for its size is cut and says so in x-dlq-cut-from; the whole record stands at the offset that it names. So no record
// can hold up what comes after it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapters/bus/producer.h"
#include "stages/archive/storer.h"

namespace antiphon::archive {

constexpr std::size_t kCutLetterBytesMax = 1U << 20;  // of its value; of its key and of its headers as well

class DeadLetters {
 public:
  using MakeProducer = std::function<Result<std::unique_ptr<bus::Producer>>()>;
  struct Sender {        // who says that a record cannot be used
    std::string target;  // archive.NAME
    std::string group_id;
    std::string slot;
  };

  DeadLetters(MakeProducer make_producer, Sender sender, const Clock& clock);
  ~DeadLetters();

  // `finished` holds a refusal. It is held until its letter is acknowledged.
  void add(Finished finished);
  // Sends what is to be sent (again), and returns what was acknowledged since.
  std::vector<Finished> advance();
  // Waits up to `timeout` for open letters; call advance() afterwards.
  void wait(std::chrono::milliseconds timeout);
  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  struct Acknowledgements;  // shared with the producer's thread
  Result<> send(std::uint64_t id);

  const MakeProducer make_producer_;
  const Sender sender_;
  const Clock& clock_;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, Finished> open_;
  std::deque<std::uint64_t> to_send_;
  std::set<std::uint64_t> cut_;  // of those open: were refused for their size
  std::shared_ptr<Acknowledgements> acknowledgements_;
  std::unique_ptr<bus::Producer> producer_;
};

}  // namespace antiphon::archive
