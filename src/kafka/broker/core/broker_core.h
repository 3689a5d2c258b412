// BrokerCore: Kafka's requests on a log, without sockets and threads of its own.
//
//   core->handle(connection, host, frame, sequence);   // a frame in; the sink gets the response, now or later
//   core->advance();                                   // after a batch of frames, a settled sync, or a due deadline:
//                                                      //   settles acks=all, wakes fetches, runs timers
//   core->next_deadline();                             // when advance() must be called at the latest
//
// Everything happens on the caller's thread. Bytes from outside never crash it: what cannot be read closes its
// connection. The same object serves the reactor (net/), tests and the simulation from a seed.
#pragma once

#include <memory>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/random.h"
#include "kafka/broker/broker.h"
#include "kafka/broker/core/request.h"
#include "kafka/log/log.h"

namespace antiphon::kafka::broker {

class BrokerCore {
 public:
  // Recovers the log under settings.data_dir and loads the coordinator. All references outlive the core.
  static Result<std::unique_ptr<BrokerCore>> open(const BrokerSettings& settings, FileSystem& files, const Clock& clock,
                                                  Random& random, ResponseSink& sink, BrokerMetrics& metrics);
  virtual ~BrokerCore() = default;

  // What Metadata says. Before the first request.
  virtual void advertise(HostPort where) = 0;
  // `host` as DescribeGroups shows it: "/127.0.0.1". The frame starts behind its length.
  virtual void handle(ReplyTo to, std::string_view host, RequestFrame frame) = 0;
  // Whatever of it waits is forgotten; no reply comes any more.
  virtual void disconnected(ConnectionId connection) = 0;
  virtual void advance() = 0;
  [[nodiscard]] virtual MonoTime next_deadline() const = 0;
  // Retention and the like; logs what it deleted. Called by advance() every housekeeping_interval.
  virtual void housekeeping() = 0;
  [[nodiscard]] virtual std::size_t waiting_for_disk() const = 0;  // appends whose sync is not settled
  // The end: every waiting fetch is answered with what there is, every unsettled produce with an error. Waiting joins
  // are left to their connections' end: clients come back and join anew.
  virtual void release_waiting() = 0;
  // After the last request and with the syncer and background jobs ended: syncs, marks the log clean.
  virtual Result<> close() = 0;

  [[nodiscard]] virtual log::Log& log() = 0;
  [[nodiscard]] virtual std::size_t user_count() const = 0;
};

}  // namespace antiphon::kafka::broker
