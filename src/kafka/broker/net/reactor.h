// The reactor: one thread, one epoll, all connections. It owns the sockets and drives the core:
//
//     wait -> read what is there, hand frames to the core -> core.advance() -> write what became ready -> again
//
// so that everything which arrives in one wake-up is handled, synced and answered together. The journal's syncer and
// the log's background jobs run on threads of their own and wake the reactor by an eventfd.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/stop.h"
#include "kafka/broker/net/admission.h"
#include "kafka/broker/net/connection.h"
#include "kafka/broker/net/tls.h"

namespace antiphon::kafka::broker {

class Reactor final : public ResponseSink {
 public:
  // All references outlive the reactor.
  static Result<std::unique_ptr<Reactor>> make(const BrokerSettings& settings, const Clock& clock,
                                               BrokerMetrics& metrics);  // kConfig: a certificate that cannot be used
  ~Reactor() override;

  void respond(ReplyTo to, Response response) override;
  void close(ConnectionId connection, std::string_view reason) override;
  void authenticated(ConnectionId connection) override;

  // Opens the port and takes connections; the port.
  Result<std::uint16_t> listen();
  // May be called by any thread.
  void wake() const;
  // Serves until `stop`; `each_turn` is called once a turn, on this thread.
  Result<> run(BrokerCore& core, StopToken stop, const std::function<void()>& each_turn);
  // After run(): no new connections or requests, what waits is settled or refused, answers leave as far as they go.
  void drain(BrokerCore& core);

 private:
  Reactor(const BrokerSettings& settings, const Clock& clock, BrokerMetrics& metrics, Fd epoll, Fd wake_fd);

  void turn(BrokerCore& core, int timeout_ms);
  void accept_all();
  void take(Fd socket, std::string host);
  void serve(BrokerCore& core, Connection& connection, std::uint32_t events, MonoTime now);
  // False: it is over.
  bool go_on(BrokerCore& core, Connection& connection, std::uint32_t events, MonoTime now);
  void flush_dirty(BrokerCore& core);
  void reap(BrokerCore& core);
  void look_after_timeouts();
  void update_interest(Connection& connection);
  void mark_dirty(Connection& connection);
  void watch(int fd, std::uint64_t key, std::uint32_t events) const;
  [[nodiscard]] int timeout_until(MonoTime deadline) const;

  const BrokerSettings& settings_;
  const Clock& clock_;
  BrokerMetrics& metrics_;
  Fd epoll_;
  Fd wake_fd_;
  Fd listener_;
  std::unique_ptr<TlsServer> tls_;  // null: the sockets are bare
  Admission admission_;
  ReadBudget budget_;
  std::uint64_t next_id_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<ConnectionId> dirty_;  // have something to write, or room to read again
  std::vector<ConnectionId> doomed_;
  MonoTime next_timeout_scan_;
  MonoTime next_certificate_look_;
  std::size_t handshakes_left_ = 0;  // in this turn
  bool accepting_ = true;
};

}  // namespace antiphon::kafka::broker
