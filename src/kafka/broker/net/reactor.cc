#include "kafka/broker/net/reactor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

#include "core/assert.h"
#include "core/logging.h"

namespace antiphon::kafka::broker {
namespace {

constexpr std::size_t kScratchBytes = 256U << 10U;
constexpr int kEventsMax = 256;
constexpr std::size_t kAcceptsAtOnceMax = 64;
constexpr std::chrono::milliseconds kTimeoutScan{1'000};
constexpr std::chrono::milliseconds kCertificateLook{10'000};
constexpr std::size_t kHandshakesATurnMax = 32;  // each costs up to a millisecond; then others have their turn
constexpr int kTurnMsMax = 1'000;
constexpr std::chrono::milliseconds kDrainMax{5'000};  // for syncs to settle and answers to leave

// Keys of epoll events; connection ids begin above them.
constexpr std::uint64_t kListenerKey = 0;
constexpr std::uint64_t kWakeKey = 1;
constexpr std::uint64_t kStopKey = 2;
constexpr std::uint64_t kFirstConnection = 16;

}  // namespace

Result<std::unique_ptr<Reactor>> Reactor::make(const BrokerSettings& settings, const Clock& clock,
                                               BrokerMetrics& metrics) {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return errno_error(errno, "epoll_create1");
  Fd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) return errno_error(errno, "eventfd");
  std::unique_ptr<Reactor> reactor(new Reactor(settings, clock, metrics, std::move(epoll), std::move(wake)));
  if (settings.security.tls) {
    ANTIPHON_TRY(tls, TlsServer::make(*settings.security.tls));
    reactor->tls_ = std::move(tls);
  }
  return reactor;
}

Reactor::Reactor(const BrokerSettings& settings, const Clock& clock, BrokerMetrics& metrics, Fd epoll, Fd wake_fd)
    : settings_(settings),
      clock_(clock),
      metrics_(metrics),
      epoll_(std::move(epoll)),
      wake_fd_(std::move(wake_fd)),
      admission_(settings.limits),
      next_id_(kFirstConnection),
      next_timeout_scan_(clock.mono_now() + kTimeoutScan),
      next_certificate_look_(clock.mono_now() + kCertificateLook) {
  budget_.scratch.resize(kScratchBytes);
  watch(wake_fd_.get(), kWakeKey, EPOLLIN | EPOLLET);  // every write wakes once, and nothing is read
}

Reactor::~Reactor() = default;

void Reactor::watch(int fd, std::uint64_t key, std::uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  }
}

Result<std::uint16_t> Reactor::listen() {
  ANTIPHON_TRY(listener, listen_on(settings_.listen_host, settings_.listen_port));
  listener_ = std::move(listener.socket);
  watch(listener_.get(), kListenerKey, EPOLLIN);
  return listener.port;
}

void Reactor::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_.get(), &one, sizeof one);
}

void Reactor::mark_dirty(Connection& connection) {
  if (connection.in_dirty_list) return;
  connection.in_dirty_list = true;
  dirty_.push_back(connection.id());
}

void Reactor::respond(ReplyTo to, Response response) {
  const auto found = connections_.find(to.connection.value());
  if (found == connections_.end() || found->second->doomed()) return;
  found->second->set_response(to.sequence, std::move(response));
  mark_dirty(*found->second);
}

void Reactor::close(ConnectionId connection, std::string_view) {
  const auto found = connections_.find(connection.value());
  if (found == connections_.end() || found->second->doomed()) return;
  found->second->doom();
  doomed_.push_back(connection);
}

void Reactor::authenticated(ConnectionId connection) {
  const auto found = connections_.find(connection.value());
  if (found == connections_.end()) return;
  found->second->trust();
  admission_.opened(connection);
}

void Reactor::take(Fd socket, std::string host) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const ConnectionId id(next_id_++);
  std::unique_ptr<Transport> transport;
  if (tls_) {
    transport = tls_->take(std::move(socket));
  } else {
    transport = std::make_unique<PlainTransport>(std::move(socket));
  }
  admission_.enter(id, host);
  auto connection = std::make_unique<Connection>(id, std::move(transport), std::move(host), settings_.limits, metrics_,
                                                 clock_.mono_now());
  if (settings_.security.sasl.empty()) connection->trust();
  if (!tls_) connection->open(clock_.mono_now());
  if (!connection->is_opening()) admission_.opened(id);
  update_interest(*connection);
  connections_.emplace(id.value(), std::move(connection));
  BrokerMetrics::add(metrics_.connections_accepted, 1);
  if (const auto oldest = admission_.crowded_out()) {
    admission_.opened(*oldest);
    BrokerMetrics::add(metrics_.connections_crowded_out, 1);
    close(*oldest, "it took its time to become known while too many others came");
  }
}

void Reactor::accept_all() {
  for (std::size_t i = 0; i < kAcceptsAtOnceMax; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    Fd socket(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.valid()) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        logging::warn("no more connections can be taken for a second", {{"errno", errno}});
        accepting_ = false;
        watch(listener_.get(), kListenerKey, 0);
      }
      return;
    }
    std::string host = host_text(address, length);
    if (admission_.has_room_for(host)) {
      take(std::move(socket), std::move(host));
    } else {
      BrokerMetrics::add(metrics_.connections_refused, 1);  // closed at once
    }
  }
}

bool Reactor::go_on(BrokerCore& core, Connection& connection, std::uint32_t events, MonoTime now) {
  if (connection.is_opening()) {
    if (!connection.has_opened()) {
      if (handshakes_left_ == 0) return true;  // epoll tells of it again
      --handshakes_left_;
    }
    const Opening opening = connection.open(now);
    if (opening == Opening::kRefused) {
      BrokerMetrics::add(metrics_.handshakes_failed, 1);
      if (const auto why = connection.refusal(); !why.empty())
        logging::info("a TLS handshake failed", {{"client", connection.host()}, {"reason", why}});
      return false;
    }
    if (opening == Opening::kWaits) return true;
    if (!connection.is_opening()) admission_.opened(connection.id());
  }
  const bool readable = (events & (EPOLLIN | EPOLLRDHUP)) != 0 || connection.reads_when_writable();
  return !readable || connection.read(core, budget_, now);
}

void Reactor::serve(BrokerCore& core, Connection& connection, std::uint32_t events, MonoTime now) {
  const bool gone =
      (events & (EPOLLERR | EPOLLHUP)) != 0 || ((events & EPOLLRDHUP) != 0 && !connection.wants_read(budget_));
  const bool alive = !gone && go_on(core, connection, events, now);
  if (!alive || connection.doomed()) {
    connection.doom();
    doomed_.push_back(connection.id());
  } else {
    mark_dirty(connection);
  }
}

void Reactor::update_interest(Connection& connection) {
  const std::uint32_t events = (connection.wants_read(budget_) ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
                               (connection.wants_write() ? static_cast<std::uint32_t>(EPOLLOUT) : 0U) |
                               static_cast<std::uint32_t>(EPOLLRDHUP);
  if (events == connection.registered_events) return;
  connection.registered_events = events;
  watch(connection.fd(), connection.id().value(), events);
}

void Reactor::flush_dirty(BrokerCore& core) {
  const MonoTime now = clock_.mono_now();
  // Answering makes room for kept frames, whose answers may be ready at once: those go with the next turn.
  for (const auto id : std::exchange(dirty_, {})) {
    const auto found = connections_.find(id.value());
    if (found == connections_.end()) continue;
    Connection& connection = *found->second;
    connection.in_dirty_list = false;
    if (connection.doomed()) continue;
    if (!connection.flush(now)) {
      close(id, "the client is gone, or has its last answer");
      continue;
    }
    connection.resume(core, budget_);
    if (connection.holds_input(budget_)) {
      if (!connection.read(core, budget_, now)) connection.doom();
      mark_dirty(connection);
    }
    if (connection.doomed()) {
      doomed_.push_back(id);
      continue;
    }
    update_interest(connection);
  }
}

void Reactor::reap(BrokerCore& core) {
  for (std::size_t i = 0; i < doomed_.size(); ++i) {
    const ConnectionId id = doomed_[i];
    const auto found = connections_.find(id.value());
    if (found == connections_.end()) continue;
    admission_.left(id, found->second->host());
    connections_.erase(found);
    core.disconnected(id);
  }
  doomed_.clear();
  BrokerMetrics::set(metrics_.connections, connections_.size());
}

void Reactor::look_after_timeouts() {
  const MonoTime now = clock_.mono_now();
  if (now < next_timeout_scan_) return;
  next_timeout_scan_ = now + kTimeoutScan;
  if (!accepting_ && listener_.valid()) {
    accepting_ = true;
    watch(listener_.get(), kListenerKey, EPOLLIN);
  }
  if (tls_ && now >= next_certificate_look_) {
    next_certificate_look_ = now + kCertificateLook;
    tls_->reload_if_changed();
  }
  // Who holds the memory that large requests wait for began before those who wait: the first one makes room.
  std::optional<MonoTime> first;
  for (const auto& [id, connection] : connections_) {
    const auto since = connection->crowded_since(budget_);
    if (since && now - *since > settings_.limits.crowded_timeout) first = std::min(first.value_or(*since), *since);
  }
  for (const auto& [id, connection] : connections_) {
    if (first && connection->crowded_since(budget_) == first) {
      close(ConnectionId(id), "half a request held the memory that others waited for");
    } else if (connection->timed_out(now)) {
      close(ConnectionId(id), "nothing moved for too long");
    } else {
      mark_dirty(*connection);  // the budget for large frames may have room again
    }
  }
}

int Reactor::timeout_until(MonoTime deadline) const {
  if (!dirty_.empty()) return 0;
  const auto now = clock_.mono_now();
  if (deadline <= now) return 0;
  if (deadline - now >= std::chrono::milliseconds(kTurnMsMax)) return kTurnMsMax;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count());
}

void Reactor::turn(BrokerCore& core, int timeout_ms) {
  epoll_event events[kEventsMax];
  const int count = ::epoll_wait(epoll_.get(), events, kEventsMax, timeout_ms);
  const MonoTime now = clock_.mono_now();
  handshakes_left_ = kHandshakesATurnMax;
  log::JournalSyncer& syncer = core.log().syncer();
  syncer.hold(true);  // appends that came together are synced together
  for (int i = 0; i < count; ++i) {
    const std::uint64_t key = events[i].data.u64;
    if (key == kListenerKey) {
      accept_all();
    } else if (const auto found = connections_.find(key); found != connections_.end() && !found->second->doomed()) {
      serve(core, *found->second, events[i].events, now);
    }
  }
  syncer.hold(false);
  core.advance();
  flush_dirty(core);
  look_after_timeouts();
  reap(core);
}

Result<> Reactor::run(BrokerCore& core, StopToken stop, const std::function<void()>& each_turn) {
  watch(stop.fd(), kStopKey, EPOLLIN);
  while (!stop.stop_requested()) {
    turn(core, timeout_until(core.next_deadline()));
    each_turn();
  }
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, stop.fd(), nullptr);
  return {};
}

void Reactor::drain(BrokerCore& core) {
  listener_ = Fd();
  const MonoTime until = clock_.mono_now() + kDrainMax;
  // Appends that were taken are settled and answered; new frames are still read while that lasts, which is
  // milliseconds.
  while (core.waiting_for_disk() > 0 && clock_.mono_now() < until) turn(core, 10);
  core.release_waiting();
  const auto blocked = [&] {
    return std::any_of(connections_.begin(), connections_.end(), [](const auto& c) { return c.second->wants_write(); });
  };
  do {
    flush_dirty(core);
    if (!blocked()) break;
    turn(core, 10);
  } while (clock_.mono_now() < until);
  for (const auto& [id, connection] : connections_) close(ConnectionId(id), "the broker stops");
  reap(core);
}

}  // namespace antiphon::kafka::broker
