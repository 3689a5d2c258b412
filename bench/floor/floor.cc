// The floor: what one bare loop of one thread reaches with the same client on the same machine. It reads the socket,
// checks the CRC, sets the offset, writes to the page cache and answers; a fetch goes by sendfile. Nothing else: one
// partition a topic, no recovery, no groups. `--durable`: what arrived in one turn goes to a ring over blocks that were
// written beforehand, and one fdatasync comes before the answers.
//
//   bench_floor PORT DIRECTORY [--durable]
//
// It speaks ApiVersions 0, Metadata 0-1, ListOffsets 1, Produce 3-7 and Fetch 4: what librdkafka needs.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>

#include "store.h"
#include "wire.h"

namespace antiphon::bench {
namespace {

constexpr std::size_t kInputBytes = 4U << 20U;
constexpr int kEventsMax = 64;

struct Answer {
  std::string head;
  int file = -1;
  Topic::Run run;
};

struct Connection {
  explicit Connection(int socket) : fd(socket), input(new std::byte[kInputBytes]) {}
  int fd;
  std::unique_ptr<std::byte[]> input;  // [start, filled) is not yet handled
  std::size_t start = 0;
  std::size_t filled = 0;
  std::deque<Answer> answers;
  std::uint32_t events = 0;
};

struct Waiting {  // a fetch at the end of its topic
  int connection;
  std::int32_t correlation;
  std::string topic;
  std::int64_t offset;
  std::uint64_t bytes_max;
  std::chrono::steady_clock::time_point until;
};

class Floor {
 public:
  Floor(std::uint16_t port, std::string directory, bool durable);
  [[noreturn]] void run();

 private:
  void accept_one();
  bool read(Connection& connection);
  void handle(Connection& connection, In in);
  void api_versions(Connection& connection, std::int32_t correlation, std::int16_t version);
  void metadata(Connection& connection, std::int32_t correlation, std::int16_t version, In in);
  void list_offsets(Connection& connection, std::int32_t correlation, In in);
  void produce(Connection& connection, std::int32_t correlation, std::int16_t version, In in);
  void fetch(Connection& connection, std::int32_t correlation, In in);
  void answer_fetch(Connection& connection, const Waiting& asked, Topic::Run run);
  void look_at_waiting();
  bool flush(Connection& connection);
  void drop(int fd);

  std::uint16_t port_;
  Store store_;
  int epoll_;
  int listener_;
  std::unordered_map<int, Connection> connections_;
  std::vector<Waiting> waiting_;
  bool produced_ = false;
};

Floor::Floor(std::uint16_t port, std::string directory, bool durable)
    : port_(port),
      store_(std::move(directory), durable),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 128) != 0)
    throw std::runtime_error("cannot listen");
  epoll_event event{EPOLLIN, {.fd = listener_}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
}

void Floor::accept_one() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{EPOLLIN, {.fd = fd}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  connections_.try_emplace(fd, fd).first->second.events = EPOLLIN;
}

void Floor::drop(int fd) {
  std::erase_if(waiting_, [&](const Waiting& each) { return each.connection == fd; });
  connections_.erase(fd);
  ::close(fd);
}

bool Floor::read(Connection& c) {
  const ssize_t got = ::read(c.fd, c.input.get() + c.filled, kInputBytes - c.filled);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  c.filled += static_cast<std::size_t>(got);
  while (c.filled - c.start >= 4) {
    const auto size = static_cast<std::size_t>(kafka::wire::load_big<std::int32_t>(c.input.get() + c.start));
    if (size > kInputBytes - 4) return false;
    if (c.filled - c.start - 4 < size) {
      if (c.start + 4 + size <= kInputBytes) return true;
      std::memmove(c.input.get(), c.input.get() + c.start, c.filled - c.start);
      c.filled -= c.start;
      c.start = 0;
      return true;
    }
    handle(c, In(c.input.get() + c.start + 4, size));
    c.start += 4 + size;
  }
  if (c.start == c.filled) c.start = c.filled = 0;
  return true;
}

void Floor::handle(Connection& connection, In in) {
  const auto key = in.number<std::int16_t>();
  const auto version = in.number<std::int16_t>();
  const auto correlation = in.number<std::int32_t>();
  in.text();  // client id
  if (key == 0) return produce(connection, correlation, version, in);
  if (key == 1) return fetch(connection, correlation, in);
  if (key == 2) return list_offsets(connection, correlation, in);
  if (key == 3) return metadata(connection, correlation, version, in);
  api_versions(connection, correlation, version);
}

void Floor::api_versions(Connection& connection, std::int32_t correlation, std::int16_t version) {
  struct Range {
    std::int16_t key, min, max;
  };
  constexpr Range kRanges[] = {{0, 0, 7}, {1, 0, 4}, {2, 0, 1}, {3, 0, 1}, {18, 0, 0}};
  Out out;
  out.number(correlation).number<std::int16_t>(version == 0 ? 0 : 35).number<std::int32_t>(std::size(kRanges));
  for (const Range& range : kRanges) out.number(range.key).number(range.min).number(range.max);
  connection.answers.push_back({out.frame(), -1, {}});
}

void Floor::metadata(Connection& connection, std::int32_t correlation, std::int16_t version, In in) {
  Out out;
  out.number(correlation).number<std::int32_t>(1).number<std::int32_t>(1).text("127.0.0.1");
  out.number<std::int32_t>(port_);
  if (version >= 1) out.number<std::int16_t>(-1).number<std::int32_t>(1);  // no rack; the controller
  const auto topics = std::max<std::int32_t>(in.number<std::int32_t>(), 0);
  out.number(topics);
  for (std::int32_t i = 0; i < topics; ++i) {
    out.number<std::int16_t>(0).text(in.text());
    if (version >= 1) out.number<std::int8_t>(0);
    out.number<std::int32_t>(1).number<std::int16_t>(0).number<std::int32_t>(0).number<std::int32_t>(1);
    for (int list = 0; list < 2; ++list) out.number<std::int32_t>(1).number<std::int32_t>(1);  // replicas, in sync
  }
  connection.answers.push_back({out.frame(), -1, {}});
}

void Floor::list_offsets(Connection& connection, std::int32_t correlation, In in) {
  in.skip(4 + 4);  // replica; one topic
  const auto name = in.text();
  in.skip(4 + 4);  // one partition, 0
  const auto at = in.number<std::int64_t>();
  Out out;
  out.number(correlation).number<std::int32_t>(1).text(name).number<std::int32_t>(1).number<std::int32_t>(0);
  out.number<std::int16_t>(0).number<std::int64_t>(-1).number(at == -2 ? 0 : store_.topic(name).end_offset);
  connection.answers.push_back({out.frame(), -1, {}});
}

void Floor::produce(Connection& connection, std::int32_t correlation, std::int16_t version, In in) {
  in.text();  // transactional id
  in.skip(2 + 4 + 4);
  const auto name = in.text();
  in.skip(4 + 4);
  const auto size = in.number<std::int32_t>();
  std::byte* const batch = in.skip(static_cast<std::size_t>(size));
  const std::int64_t offset = batch == nullptr ? -1 : store_.topic(name).append(batch, static_cast<std::size_t>(size));
  if (offset >= 0) store_.to_ring(batch, static_cast<std::size_t>(size));
  produced_ = true;
  Out out;
  out.number(correlation).number<std::int32_t>(1).text(name).number<std::int32_t>(1).number<std::int32_t>(0);
  out.number<std::int16_t>(offset < 0 ? 2 : 0).number(offset).number<std::int64_t>(-1);
  if (version >= 5) out.number<std::int64_t>(0);  // log start
  out.number<std::int32_t>(0);
  connection.answers.push_back({out.frame(), -1, {}});
}

void Floor::fetch(Connection& connection, std::int32_t correlation, In in) {
  in.skip(4);
  const auto wait_ms = in.number<std::int32_t>();
  in.skip(4 + 4 + 1 + 4);  // min and max bytes, isolation; one topic
  Waiting asked{connection.fd, correlation, std::string(in.text()), 0, 0, {}};
  in.skip(4 + 4);
  asked.offset = in.number<std::int64_t>();
  asked.bytes_max = static_cast<std::uint64_t>(std::max<std::int32_t>(in.number<std::int32_t>(), 0));
  asked.until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  if (in.failed()) return answer_fetch(connection, asked, {});  // no partition is asked for
  const Topic::Run run = store_.topic(asked.topic).read(asked.offset, asked.bytes_max);
  if (run.size == 0) return waiting_.push_back(std::move(asked));
  answer_fetch(connection, asked, run);
}

void Floor::answer_fetch(Connection& connection, const Waiting& asked, Topic::Run run) {
  const Topic& topic = store_.topic(asked.topic);
  Out out;
  out.number(asked.correlation).number<std::int32_t>(0);
  if (asked.topic.empty()) {
    out.number<std::int32_t>(0);
  } else {
    out.number<std::int32_t>(1).text(asked.topic).number<std::int32_t>(1).number<std::int32_t>(0);
    out.number<std::int16_t>(0).number(topic.end_offset).number(topic.end_offset).number<std::int32_t>(-1);
    out.number(static_cast<std::int32_t>(run.size));
  }
  connection.answers.push_back({out.frame(run.size), topic.fd, run});
}

void Floor::look_at_waiting() {
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < waiting_.size();) {
    const Topic::Run run = store_.topic(waiting_[i].topic).read(waiting_[i].offset, waiting_[i].bytes_max);
    if (run.size == 0 && now < waiting_[i].until) {
      ++i;
      continue;
    }
    answer_fetch(connections_.at(waiting_[i].connection), waiting_[i], run);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool Floor::flush(Connection& c) {
  bool blocked = false;
  while (!c.answers.empty() && !blocked) {
    Answer& front = c.answers.front();
    if (!front.head.empty()) {
      const ssize_t n =
          ::send(c.fd, front.head.data(), front.head.size(), MSG_NOSIGNAL | (front.run.size > 0 ? MSG_MORE : 0));
      if (n < 0 && errno != EAGAIN) return false;
      blocked = n < static_cast<ssize_t>(front.head.size());
      if (n > 0) front.head.erase(0, static_cast<std::size_t>(n));
      continue;
    }
    if (front.run.size > 0) {
      auto at = static_cast<off_t>(front.run.position);
      const ssize_t n = ::sendfile(c.fd, front.file, &at, front.run.size);
      if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
      blocked = n < static_cast<ssize_t>(front.run.size);
      if (n > 0) front.run = {static_cast<std::uint64_t>(at), front.run.size - static_cast<std::uint64_t>(n)};
      if (front.run.size > 0) continue;
    }
    c.answers.pop_front();
  }
  const std::uint32_t events = blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (events != c.events) {
    epoll_event event{c.events = events, {.fd = c.fd}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, c.fd, &event);
  }
  return true;
}

void Floor::run() {
  while (true) {
    epoll_event events[kEventsMax];
    const int count = ::epoll_wait(epoll_, events, kEventsMax, waiting_.empty() ? -1 : 50);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == listener_) {
        accept_one();
      } else if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
                 !read(connections_.at(events[i].data.fd))) {
        drop(events[i].data.fd);
      }
    }
    store_.sync_ring();
    if (std::exchange(produced_, false) || count == 0) look_at_waiting();
    for (auto it = connections_.begin(); it != connections_.end();) {
      Connection& connection = (it++)->second;
      if (!connection.answers.empty() && !flush(connection)) drop(connection.fd);
    }
  }
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_floor PORT DIRECTORY [--durable]\n");
    return 64;
  }
  const bool durable = argc > 3 && std::strcmp(argv[3], "--durable") == 0;
  antiphon::bench::Floor(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2], durable).run();
}
