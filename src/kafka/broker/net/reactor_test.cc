// The whole broker over loopback, against clients that behave badly.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "core/random.h"
#include "kafka/broker/broker.h"
#include "kafka/broker/net/socket.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/frame.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  void send_raw(ByteView bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  template <class Request>
  static Bytes frame(wire::ApiVersion version, std::int32_t correlation, const Request& request) {
    wire::Buffer buffer;
    wire::Writer out(buffer);
    wire::FrameWriter whole(out);
    wire::RequestHeader header;
    header.api_key = static_cast<std::int16_t>(Request::kApiKey);
    header.api_version = version;
    header.correlation_id = correlation;
    wire::write(out, header);
    wire::write(out, version, request);
    whole.finish();
    const auto view = buffer.view();
    return {view.begin(), view.end()};
  }
  template <class Request>
  void send(wire::ApiVersion version, std::int32_t correlation, const Request& request) {
    send_raw(frame(version, correlation, request));
  }
  // The next answer without its length; empty: the broker has closed.
  Bytes receive() {
    Bytes length(4);
    if (!fill(length)) return {};
    Bytes body(static_cast<std::size_t>(wire::load_big<std::int32_t>(length.data())));
    return fill(body) ? body : Bytes{};
  }
  std::int32_t receive_correlation() {
    const Bytes answer = receive();
    return answer.empty() ? -1 : wire::load_big<std::int32_t>(answer.data());
  }
  [[nodiscard]] bool closed_by_broker() {
    std::byte one{};
    return ::recv(socket_.get(), &one, 1, 0) <= 0 && errno != EAGAIN;
  }
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  bool fill(MutableByteView to) {
    while (!to.empty()) {
      const auto n = ::recv(socket_.get(), to.data(), to.size(), 0);
      if (n <= 0) return false;
      to = to.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }
  Fd socket_;
};

class Running : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/antiphon-reactor-XXXXXX";
    folder_ = ::mkdtemp(name);
    settings.data_dir = folder_;
    settings.listen_port = 0;
    settings.journal_bytes = 1U << 20U;
  }
  void TearDown() override {
    stop();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    thread_ = std::thread([this] {
      result_ = run_broker(
          settings, source_.token(), health_,
          [this](const std::string&, std::uint16_t p) {
            const std::lock_guard lock(mutex_);
            port = p;
            ready_.notify_one();
          },
          &metrics);
    });
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(ready_.wait_for(lock, 60s, [&] { return port != 0; }));
  }
  void stop() {
    if (!thread_.joinable()) return;
    source_.request_stop();
    thread_.join();
    EXPECT_TRUE(result_) << result_.error().message;
  }
  void eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      std::this_thread::yield();
    }
  }
  static wire::MetadataRequest make_topic(std::string_view name) {
    wire::MetadataRequest r;
    r.topics.emplace();
    r.topics->push_back({{}, name});
    return r;
  }
  static wire::FetchRequest waiting_fetch(std::int32_t wait_ms) {
    wire::FetchRequest r;
    r.max_wait_ms = wait_ms;
    r.min_bytes = 1;
    wire::FetchRequest::Partition p;
    p.partition_max_bytes = 64 << 20;
    wire::FetchRequest::Topic topic;
    topic.topic = "t";
    topic.partitions.push_back(p);
    r.topics.push_back(topic);
    return r;
  }

  BrokerSettings settings;
  BrokerMetrics metrics;
  std::uint16_t port = 0;

 private:
  std::string folder_;
  StopSource source_;
  Health health_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::thread thread_;
  Result<> result_;
};

TEST_F(Running, PipelinedRequestsAreAnsweredInOrderAlsoBehindOneThatWaits) {  // [15]
  start();
  Client c(port);
  c.send(9, 1, make_topic("t"));
  EXPECT_EQ(c.receive_correlation(), 1);
  Bytes all = Client::frame(11, 2, waiting_fetch(300));
  for (std::int32_t i = 3; i < 50; ++i) {
    const Bytes next = Client::frame(9, i, make_topic("t"));
    all.insert(all.end(), next.begin(), next.end());
  }
  c.send_raw(all);
  for (std::int32_t i = 2; i < 50; ++i) ASSERT_EQ(c.receive_correlation(), i);
}

TEST_F(Running, MoreRequestsThanMayBeInFlightAreAllAnswered) {
  settings.limits.requests_in_flight_max = 4;
  start();
  Client c(port);
  Bytes all;
  for (std::int32_t i = 0; i < 200; ++i) {
    const Bytes next = Client::frame(9, i, make_topic("t"));
    all.insert(all.end(), next.begin(), next.end());
  }
  c.send_raw(all);
  for (std::int32_t i = 0; i < 200; ++i) ASSERT_EQ(c.receive_correlation(), i);
}

TEST_F(Running, ARequestMayArriveByteByByte) {
  start();
  Client c(port);
  for (const std::byte b : Client::frame(9, 5, make_topic("t"))) c.send_raw({&b, 1});
  EXPECT_EQ(c.receive_correlation(), 5);
}

TEST_F(Running, GiantAndNegativeLengthsEndTheConnectionAndNobodyElses) {
  start();
  Client good(port);
  for (const std::uint32_t length : {0xFFFFFFFFU, 0x7FFFFFFFU, 0U, (32U << 20U) + 1}) {
    Client bad(port);
    Bytes bytes(4);
    wire::store_big(bytes.data(), length);
    bad.send_raw(bytes);
    EXPECT_TRUE(bad.closed_by_broker()) << length;
  }
  good.send(9, 9, make_topic("t"));
  EXPECT_EQ(good.receive_correlation(), 9);
}

TEST_F(Running, HalfARequestIsDroppedAfterItsTime) {
  settings.limits.stall_timeout = 1s;
  start();
  Client c(port);
  const Bytes whole = Client::frame(9, 5, make_topic("t"));
  c.send_raw(ByteView(whole).first(whole.size() / 2));
  EXPECT_TRUE(c.closed_by_broker());
}

TEST_F(Running, HalfARequestThatHoldsTheMemoryOthersWaitForIsDroppedSoon) {
  settings.limits.input_bytes_max = 1U << 20U;
  settings.limits.crowded_timeout = 500ms;  // the minute of stall_timeout would be everybody's
  start();
  Client hostile(port);
  Bytes half((3U << 20U) / 2);
  wire::store_big(half.data(), 2U << 20U);
  hostile.send_raw(half);
  Client good(port);
  wire::MetadataRequest large = make_topic("t");
  large.topics->resize(50'000, large.topics->front());
  good.send(9, 5, large);
  EXPECT_TRUE(hostile.closed_by_broker());
  EXPECT_EQ(good.receive_correlation(), 5);
}

TEST_F(Running, AnIdleConnectionIsClosedAfterItsTime) {
  settings.limits.idle_timeout = 1s;
  start();
  Client c(port);
  EXPECT_TRUE(c.closed_by_broker());
}

TEST_F(Running, OneConnectionTooManyIsRefused) {
  settings.limits.connections_max = 2;
  start();
  Client a(port);
  Client b(port);
  a.send(9, 1, make_topic("t"));
  b.send(9, 1, make_topic("t"));
  EXPECT_EQ(a.receive_correlation(), 1);
  EXPECT_EQ(b.receive_correlation(), 1);
  Client c(port);
  EXPECT_TRUE(c.closed_by_broker());
  EXPECT_GE(metrics.snapshot().connections_refused, 1U);
}

TEST_F(Running, ADisconnectWhileWaitingLeavesNothingBehind) {
  start();
  {
    Client c(port);
    c.send(9, 1, make_topic("t"));
    c.receive();
    c.send(11, 2, waiting_fetch(100'000));
    eventually([&] { return metrics.snapshot().requests_waiting == 1; });
  }
  eventually([&] { return metrics.snapshot().requests_waiting == 0 && metrics.snapshot().connections == 0; });
}

TEST_F(Running, LargeBatchesGoThroughTheDiskAndComeBackWholeToASlowReader) {
  start();
  Client writer(port);
  writer.send(9, 1, make_topic("t"));
  writer.receive();
  const std::string value(900'000, 'v');
  std::size_t stored = 0;
  for (std::int32_t i = 0; i < 8; ++i) {
    wire::BatchBuilder builder;
    builder.add(1, as_bytes("k"), as_bytes(value));
    const Bytes batch = *builder.finish();
    stored += batch.size();
    wire::ProduceRequest r;
    r.acks = -1;
    r.timeout_ms = 30'000;
    r.topic_data.push_back({"t", {{PartitionId(0), wire::Records::in_memory(batch)}}});
    writer.send(9, i, r);
    const Bytes answer = writer.receive();
    wire::Reader in(answer);
    std::int32_t correlation = 0;
    wire::read_response_header(in, 0, 9, correlation);
    wire::ProduceResponse response;
    wire::read(in, 9, response);
    ASSERT_TRUE(in.ok());
    ASSERT_EQ(response.responses.at(0).partition_responses.at(0).error_code, wire::ErrorCode::kNone);
  }
  Client slow(port);
  const int small = 256 << 10;  // far below the answer, above the loopback's silly windows
  ::setsockopt(slow.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  slow.send(11, 7, waiting_fetch(0));
  slow.send(11, 8, waiting_fetch(0));
  for (std::int32_t i = 7; i <= 8; ++i) {
    const Bytes answer = slow.receive();
    wire::Reader in(answer);
    std::int32_t correlation = 0;
    wire::read_response_header(in, 1, 11, correlation);
    EXPECT_EQ(correlation, i);
    wire::FetchResponse response;
    wire::read(in, 11, response);
    ASSERT_TRUE(in.ok());
    ByteView records = response.responses.at(0).partitions.at(0).records.bytes();
    EXPECT_EQ(records.size(), stored);
    while (!records.empty()) {
      const auto batch = wire::BatchView::at(records);
      ASSERT_TRUE(batch);
      EXPECT_TRUE(batch->crc_matches());
      records = records.subspan(batch->size());
    }
  }
}

TEST_F(Running, AClientThatDiesInsideALargeFrameTakesNothingFromTheOthers) {
  start();
  for (int i = 0; i < 3; ++i) {
    Client dying(port);
    Bytes begun(100'000, std::byte{1});
    wire::store_big<std::int32_t>(begun.data(), 1'000'000);
    dying.send_raw(begun);
  }  // gone in the middle
  eventually([&] { return metrics.snapshot().connections_accepted == 3 && metrics.snapshot().connections == 0; });
  Client writer(port);
  writer.send(9, 1, make_topic("t"));
  writer.receive();
  wire::BatchBuilder builder;
  builder.add(1, as_bytes("k"), as_bytes(std::string(300'000, 'v')));
  const Bytes batch = *builder.finish();
  wire::ProduceRequest r;
  r.acks = 1;
  r.timeout_ms = 30'000;
  r.topic_data.push_back({"t", {{PartitionId(0), wire::Records::in_memory(batch)}}});
  // In two parts: a frame that comes in one read would not notice.
  const Bytes whole = Client::frame(9, 2, r);
  writer.send_raw(ByteView(whole).first(150'000));
  writer.send_raw(ByteView(whole).subspan(150'000));
  EXPECT_EQ(writer.receive_correlation(), 2);
}

TEST_F(Running, RubbishIsRefusedWithoutHarm) {
  start();
  SeededRandom dice(5);
  for (int round = 0; round < 50; ++round) {
    Client c(port);
    Bytes rubbish(4 + dice.below(200));
    for (auto& b : rubbish) b = static_cast<std::byte>(dice.next());
    wire::store_big(rubbish.data(), static_cast<std::int32_t>(rubbish.size() - 4));
    c.send_raw(rubbish);
  }
  Client good(port);
  good.send(9, 9, make_topic("t"));
  EXPECT_EQ(good.receive_correlation(), 9);
}

TEST_F(Running, ASecondBrokerOnTheFolderAndAPortInUseAreClearErrors) {
  start();
  StopSource other;
  Health health;
  const auto second = run_broker(settings, other.token(), health, [](const std::string&, std::uint16_t) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists) << second.error().message;
  BrokerSettings same_port = settings;
  same_port.data_dir = settings.data_dir + "-other";
  same_port.listen_port = port;
  const auto third = run_broker(same_port, other.token(), health, [](const std::string&, std::uint16_t) {});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, ErrorKind::kConfig) << third.error().message;
  std::filesystem::remove_all(same_port.data_dir);
}

TEST(HostPorts, AreReadStrictly) {
  EXPECT_EQ(parse_address("127.0.0.1:9092")->port, 9092);
  EXPECT_FALSE(parse_address(":1"));
}

}  // namespace
}  // namespace antiphon::kafka::broker
