// Fixed work for callgrind: a BrokerCore without sockets and threads on a folder of its own, fed with frames.
//
//   bench_instructions SCENARIO COUNT FOLDER
//
// The same COUNT executes the same instructions (seeded, clock by hand), so that the difference of two counts is the
// price of what was done more often: bench/instructions/run.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>

#include "kafka/broker/core/broker_core.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/create_topics.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/frame.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/produce.h"

namespace antiphon::bench {
namespace {

using namespace kafka::broker;
using namespace kafka::wire;

constexpr std::int32_t kManyPartitions = 1000;
constexpr std::int32_t kWaitMs = 1'000'000;

class Driver final : public ResponseSink {
 public:
  explicit Driver(const std::string& folder) {
    settings.data_dir = folder;
    settings.journal_bytes = 64ULL << 20U;
    auto opened = BrokerCore::open(settings, files, clock, random, *this, metrics);
    if (!opened) throw std::runtime_error(opened.error().message);
    core = std::move(*opened);
    make_topic("one", 1);
  }

  void respond(ReplyTo, Response) override { ++answers; }
  void close(ConnectionId, std::string_view reason) override { throw std::runtime_error(std::string(reason)); }

  template <class Message>
  static Bytes frame_of(ApiVersion version, const Message& message) {
    Buffer buffer;
    Writer out(buffer);
    RequestHeader header;
    header.api_key = static_cast<std::int16_t>(Message::kApiKey);
    header.api_version = version;
    header.client_id = "bench";
    write(out, header);
    write(out, version, message);
    return {buffer.view().begin(), buffer.view().end()};
  }
  // The bytes are good until it returns, as those of a small frame from a socket.
  void send(Bytes& frame) { core->handle({ConnectionId(16), sequence++}, "/bench", {frame, nullptr}); }
  void turn() {
    core->advance();
    while (core->log().syncer().run_once()) core->advance();
  }
  void make_topic(std::string_view name, std::int32_t partitions) {
    CreateTopicsRequest request;
    request.topics.push_back({name, partitions, 1, {}, {}});
    Bytes frame = frame_of(2, request);
    send(frame);
    turn();
  }

  BrokerSettings settings;
  PosixFileSystem files;
  ManualClock clock;
  SeededRandom random{7};
  BrokerMetrics metrics;
  std::unique_ptr<BrokerCore> core;
  std::uint64_t sequence = 0;
  std::uint64_t answers = 0;
};

Bytes produce_frame(std::size_t value_bytes, std::int16_t acks) {
  const Bytes value(value_bytes, std::byte{'v'});
  BatchBuilder builder;
  builder.add(0, std::nullopt, value);
  const auto batch = builder.finish();
  ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 30'000;
  request.topic_data.push_back({"one", {{PartitionId(0), Records::in_memory(*batch)}}});
  return Driver::frame_of(7, request);
}

Bytes fetch_frame(std::string_view topic, std::int32_t partitions, std::int64_t from, std::int32_t bytes_max,
                  std::int32_t wait_ms) {
  FetchRequest request;
  request.max_wait_ms = wait_ms;
  request.min_bytes = 1;
  request.topics.push_back({topic, {}, {}});
  for (std::int32_t i = 0; i < partitions; ++i) {
    FetchRequest::Partition asked;
    asked.partition = PartitionId(i);
    asked.fetch_offset = Offset(from);
    asked.partition_max_bytes = bytes_max;
    request.topics.back().partitions.push_back(asked);
  }
  return Driver::frame_of(11, request);
}

void produce(Driver& driver, int count, std::size_t value_bytes, std::int16_t acks) {
  const Bytes frame = produce_frame(value_bytes, acks);
  for (int i = 0; i < count; ++i) {
    Bytes copy = frame;
    driver.send(copy);
    driver.turn();
  }
}

// Reads on, 64 KiB at a time, from batches of 1 KiB.
void fetch(Driver& driver, int count) {
  constexpr int kStored = 2'000;
  constexpr int kAtOnce = 64;
  produce(driver, kStored, 960, 1);
  for (int i = 0; i < count; ++i) {
    Bytes frame = fetch_frame("one", 1, i * kAtOnce % kStored, 64 << 10, 0);
    driver.send(frame);
    driver.turn();
  }
}

// A consumer waits, a batch comes, it is answered.
void long_poll(Driver& driver, int count) {
  const Bytes batch = produce_frame(960, 1);
  for (int i = 0; i < count; ++i) {
    Bytes frame = fetch_frame("one", 1, i, 1 << 20, kWaitMs);
    driver.send(frame);
    driver.turn();
    Bytes copy = batch;
    driver.send(copy);
    driver.turn();
  }
}

void fetch_many(Driver& driver, int count) {
  driver.make_topic("many", kManyPartitions);
  const Bytes frame = fetch_frame("many", kManyPartitions, 0, 1 << 20, 0);
  for (int i = 0; i < count; ++i) {
    Bytes copy = frame;
    driver.send(copy);
    driver.turn();
  }
}

void metadata(Driver& driver, int count) {
  MetadataRequest request;
  request.topics.emplace().push_back({{}, "one"});
  const Bytes frame = Driver::frame_of(4, request);
  for (int i = 0; i < count; ++i) {
    Bytes copy = frame;
    driver.send(copy);
    driver.turn();
  }
}

using Scenario = std::function<void(Driver&, int)>;
const std::map<std::string, Scenario>& scenarios() {
  static const std::map<std::string, Scenario> all = {
      {"produce-100b", [](Driver& d, int n) { produce(d, n, 30, 1); }},
      {"produce-1k", [](Driver& d, int n) { produce(d, n, 960, 1); }},
      {"produce-64k", [](Driver& d, int n) { produce(d, n, 65'000, 1); }},
      {"produce-1k-acks-all", [](Driver& d, int n) { produce(d, n, 960, -1); }},
      {"fetch-64k", fetch},
      {"produce-and-long-poll-1k", long_poll},
      {"fetch-1000-empty-partitions", fetch_many},
      {"metadata-one-topic", metadata},
  };
  return all;
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
  using namespace antiphon::bench;
  const auto found = argc == 4 ? scenarios().find(argv[1]) : scenarios().end();
  if (found == scenarios().end()) {
    for (const auto& [name, run] : scenarios()) std::puts(name.c_str());
    return 64;
  }
  Driver driver(argv[3]);
  const auto before = driver.answers;
  const int count = std::atoi(argv[2]);
  found->second(driver, count);
  if (driver.answers - before < static_cast<std::uint64_t>(count)) throw std::runtime_error("not all was answered");
}
