// Drives a BrokerCore without sockets and threads, over a file system in memory: requests as messages, answers as
// messages, syncs and time when the test says so.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "core/testing/memory_file_system.h"
#include "kafka/broker/core/broker_core.h"
#include "kafka/wire/frame.h"

namespace antiphon::kafka::broker::testing {

class CoreDriver final : public ResponseSink {
 public:
  explicit CoreDriver(BrokerSettings s = {}) : settings(std::move(s)) {
    settings.data_dir = "/data";
    settings.journal_bytes = 1U << 20U;
  }

  Result<> start() {
    auto opened = BrokerCore::open(settings, files, clock, random, *this, metrics);
    if (!opened) return opened.error();
    core = std::move(*opened);
    core->advertise({"broker.test", 9092});
    return {};
  }
  void crash(std::uint64_t seed) {  // power off
    files.crash(seed);
    core.reset();
  }

  void respond(ReplyTo to, Response response) override {
    if (!answers.emplace(to.sequence, std::move(response)).second) throw std::logic_error("answered twice");
  }
  void close(ConnectionId connection, std::string_view) override { closed.insert(connection); }
  void authenticated(ConnectionId connection) override { trusted.insert(connection); }

  // Sends a frame's bytes; its sequence number.
  std::uint64_t send_bytes(Bytes bytes, ConnectionId connection = ConnectionId(1)) {
    const auto sequence = next_sequence++;
    const auto owner = std::make_shared<Bytes>(std::move(bytes));
    core->handle({connection, sequence}, "/test", {*owner, owner});
    return sequence;
  }
  template <class Request>
  static Bytes encode(wire::ApiVersion version, const Request& request) {
    wire::Buffer buffer;
    wire::Writer out(buffer);
    wire::RequestHeader header;
    header.api_key = static_cast<std::int16_t>(Request::kApiKey);
    header.api_version = version;
    header.correlation_id = 77;
    header.client_id = "test";
    wire::write(out, header);
    wire::write(out, version, request);
    const auto view = buffer.view();
    return {view.begin(), view.end()};
  }
  template <class Request>
  std::uint64_t send(wire::ApiVersion version, const Request& request, ConnectionId connection = ConnectionId(1)) {
    return send_bytes(encode(version, request), connection);
  }
  // Everything that can go on without time passing goes on.
  void pump() {
    core->advance();
    while (core->log().syncer().run_once()) core->advance();
    core->advance();
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    pump();
  }
  [[nodiscard]] bool answered(std::uint64_t sequence) const { return answers.contains(sequence); }

  // The answer as a message: views into `kept`, good as long as the driver.
  template <class Answer>
  Answer take(std::uint64_t sequence, wire::ApiVersion version) {
    auto node = answers.extract(sequence);
    if (node.empty()) throw std::logic_error("no answer");
    kept.push_back(std::move(node.mapped()));
    const auto view = kept.back().bytes.view();
    wire::Reader in(view);
    if (in.i32() != static_cast<std::int32_t>(view.size() - wire::kFrameLengthBytes))
      throw std::logic_error("wrong frame length");
    std::int32_t correlation = 0;
    wire::read_response_header(in, static_cast<std::int16_t>(Answer::kApiKey), version, correlation);
    Answer answer;
    wire::read(in, version, answer);
    if (!in.ok() || in.remaining() != 0 || correlation != 77) throw std::logic_error("malformed answer");
    return answer;
  }
  template <class Answer, class Request>
  Answer call(wire::ApiVersion version, const Request& request) {
    const auto sequence = send(version, request);
    pump();
    return take<Answer>(sequence, version);
  }

  antiphon::testing::MemoryFileSystem files;
  ManualClock clock;
  SeededRandom random{3};
  BrokerMetrics metrics;
  BrokerSettings settings;
  std::unique_ptr<BrokerCore> core;
  std::map<std::uint64_t, Response> answers;
  std::set<ConnectionId> closed;
  std::set<ConnectionId> trusted;
  std::deque<Response> kept;
  std::uint64_t next_sequence = 0;
};

}  // namespace antiphon::kafka::broker::testing
