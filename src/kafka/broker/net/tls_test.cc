// TLS on the broker's sockets: good clients, clients that speak something else, and clients that say nothing.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kafka/broker/broker.h"
#include "kafka/broker/net/tls.h"
#include "kafka/broker/net/tls_transport.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/frame.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;

// A folder with certificates that sign themselves, made by the openssl command.
class Certificates {
 public:
  Certificates() {
    char name[] = "/tmp/antiphon-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  void make(const std::string& name) const {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name +
        " -addext subjectAltName=IP:127.0.0.1 -keyout " + key(name) + " -out " + certificate(name) + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  [[nodiscard]] std::string certificate(const std::string& name) const { return folder_ + "/" + name + ".crt"; }
  [[nodiscard]] std::string key(const std::string& name) const { return folder_ + "/" + name + ".key"; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

Fd connect_to(std::uint16_t port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  timeval limit{60, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return socket;
}

bool closed_by_peer(const Fd& socket) {
  std::byte one{};
  return ::recv(socket.get(), &one, 1, 0) <= 0 && errno != EAGAIN;
}

using ClientContext = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, OpenSslFree<SSL_free>>;

ClientContext client_context(const std::string& trusted) {
  ClientContext context(SSL_CTX_new(TLS_client_method()));
  EXPECT_EQ(SSL_CTX_load_verify_locations(context.get(), trusted.c_str(), nullptr), 1);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

class TlsClient {
 public:
  TlsClient(std::uint16_t port, SSL_CTX& context) : socket_(connect_to(port)), ssl_(SSL_new(&context)) {
    SSL_set_fd(ssl_.get(), socket_.get());
  }
  bool handshake() { return SSL_connect(ssl_.get()) == 1; }
  template <class Request>
  void send(wire::ApiVersion version, std::int32_t correlation, const Request& request) {
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
    EXPECT_EQ(SSL_write(ssl_.get(), buffer.data(), static_cast<int>(buffer.size())), static_cast<int>(buffer.size()));
  }
  Bytes receive() {  // without its length; empty: closed
    Bytes length(4);
    if (!fill(length)) return {};
    Bytes body(static_cast<std::size_t>(wire::load_big<std::int32_t>(length.data())));
    return fill(body) ? body : Bytes{};
  }
  template <class Answer>
  Answer receive(wire::ApiVersion version, Bytes& kept) {
    kept = receive();
    wire::Reader in(kept);
    std::int32_t correlation = 0;
    wire::read_response_header(in, static_cast<std::int16_t>(Answer::kApiKey), version, correlation);
    Answer answer;
    wire::read(in, version, answer);
    EXPECT_TRUE(in.ok());
    return answer;
  }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  bool fill(MutableByteView to) {
    while (!to.empty()) {
      const int n = SSL_read(ssl_.get(), to.data(), static_cast<int>(to.size()));
      if (n <= 0) return false;
      to = to.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }
  Fd socket_;
  Ssl ssl_;
};

class TlsBroker : public ::testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // of the clients' OpenSSL
    certificates.make("broker");
    settings.data_dir = certificates.folder() + "/data";
    settings.listen_port = 0;
    settings.journal_bytes = 1U << 20U;
    settings.security.tls = TlsSettings{certificates.certificate("broker"), certificates.key("broker"), "", {}};
  }
  void TearDown() override {
    if (!thread_.joinable()) return;
    source_.request_stop();
    thread_.join();
    EXPECT_TRUE(result_) << result_.error().message;
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
  ClientContext trusting() { return client_context(certificates.certificate("broker")); }
  static wire::MetadataRequest make_topic() {
    wire::MetadataRequest r;
    r.topics.emplace();
    r.topics->push_back({{}, "t"});
    return r;
  }
  bool serves(SSL_CTX& context) {
    TlsClient client(port, context);
    if (!client.handshake()) return false;
    client.send(9, 1, make_topic());
    return !client.receive().empty();
  }

  Certificates certificates;
  BrokerSettings settings;
  BrokerMetrics metrics;
  std::uint16_t port = 0;

 private:
  StopSource source_;
  Health health_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::thread thread_;
  Result<> result_;
};

TEST_F(TlsBroker, LargeBatchesComeBackWholeToASlowReader) {
  start();
  const auto context = trusting();
  TlsClient client(port, *context);
  ASSERT_TRUE(client.handshake());
  client.send(9, 1, make_topic());
  ASSERT_FALSE(client.receive().empty());
  std::size_t stored = 0;
  Bytes kept;
  for (std::int32_t i = 0; i < 8; ++i) {
    wire::BatchBuilder builder;
    builder.add(1, as_bytes("k"), as_bytes(std::string(900'000, static_cast<char>('a' + i))));
    const Bytes batch = *builder.finish();
    stored += batch.size();
    wire::ProduceRequest r;
    r.acks = -1;
    r.timeout_ms = 30'000;
    r.topic_data.push_back({"t", {{PartitionId(0), wire::Records::in_memory(batch)}}});
    client.send(9, i, r);
    const auto answer = client.receive<wire::ProduceResponse>(9, kept);
    ASSERT_EQ(answer.responses.at(0).partition_responses.at(0).error_code, wire::ErrorCode::kNone);
  }
  TlsClient slow(port, *context);
  const int small = 64 << 10;
  ::setsockopt(slow.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  ASSERT_TRUE(slow.handshake());
  wire::FetchRequest fetch;
  fetch.min_bytes = 1;
  wire::FetchRequest::Partition partition;
  partition.partition_max_bytes = 64 << 20;
  wire::FetchRequest::Topic topic;
  topic.topic = "t";
  topic.partitions.push_back(partition);
  fetch.topics.push_back(topic);
  for (std::int32_t i = 0; i < 3; ++i) slow.send(11, i, fetch);  // answers wait for one another in memory and files
  for (std::int32_t i = 0; i < 3; ++i) {
    const auto answer = slow.receive<wire::FetchResponse>(11, kept);
    ByteView records = answer.responses.at(0).partitions.at(0).records.bytes();
    EXPECT_EQ(records.size(), stored);
    while (!records.empty()) {
      const auto batch = wire::BatchView::at(records);
      ASSERT_TRUE(batch);
      EXPECT_TRUE(batch->crc_matches());
      records = records.subspan(batch->size());
    }
  }
}

TEST_F(TlsBroker, PlainBytesAreClosedAndCountedAndNobodyElseIsHurt) {
  start();
  const Fd plain = connect_to(port);
  const std::string_view bytes("\0\0\0\x10\0\x12\0\0\0\0\0\x01\0\0\0\0\0\0\0\0", 20);
  ASSERT_EQ(::send(plain.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), 20);
  while (!closed_by_peer(plain)) {  // an alert may come first
  }
  EXPECT_EQ(metrics.snapshot().handshakes_failed, 1U);
  EXPECT_TRUE(serves(*trusting()));
}

TEST_F(TlsBroker, AClientThatSpeaksTlsToAPlainPortIsClosedAndCounted) {
  settings.security.tls.reset();
  start();
  const auto context = trusting();
  TlsClient client(port, *context);
  EXPECT_FALSE(client.handshake());
  EXPECT_EQ(metrics.snapshot().requests_refused, 1U);
}

TEST_F(TlsBroker, OldVersionsOfTlsAreRefused) {
  start();
  const auto context = trusting();
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  EXPECT_FALSE(serves(*context));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto modern = trusting();
    SSL_CTX_set_min_proto_version(modern.get(), version);
    SSL_CTX_set_max_proto_version(modern.get(), version);
    EXPECT_TRUE(serves(*modern)) << version;
  }
}

TEST_F(TlsBroker, FiveHundredHalfOpenHandshakesDoNotStopOthers) {
  settings.limits.opening_connections_max = 64;
  start();
  std::vector<Fd> silent;
  for (int i = 0; i < 500; ++i) silent.push_back(connect_to(port));
  const auto context = trusting();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(serves(*context));
  EXPECT_GE(metrics.snapshot().connections_crowded_out, 500U - 64U);
}

TEST_F(TlsBroker, AHandshakeThatDoesNotEndIsClosedAfterItsTime) {
  settings.limits.opening_timeout = 500ms;
  start();
  const Fd silent = connect_to(port);
  EXPECT_TRUE(closed_by_peer(silent));
}

TEST_F(TlsBroker, ClientCertificatesAreAskedForAndChecked) {
  certificates.make("client");
  certificates.make("foreign");
  const struct {
    const char* name;
    ClientCertificates asked;
    const char* shown;
    bool served;
  } rows[] = {{"required and shown", ClientCertificates::kRequired, "client", true},
              {"required and missing", ClientCertificates::kRequired, nullptr, false},
              {"required and foreign", ClientCertificates::kRequired, "foreign", false},
              {"requested and missing", ClientCertificates::kRequested, nullptr, true},
              {"requested and foreign", ClientCertificates::kRequested, "foreign", false}};
  for (const auto& row : rows) {
    settings.security.tls->client_ca_file = certificates.certificate("client");
    settings.security.tls->client_certificates = row.asked;
    auto server = TlsServer::make(*settings.security.tls);
    ASSERT_TRUE(server) << server.error().message;
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    const auto transport = (*server)->take(Fd(ends[0]));
    const Fd client_end(ends[1]);
    const auto context = trusting();
    if (row.shown != nullptr) {
      SSL_CTX_use_certificate_file(context.get(), certificates.certificate(row.shown).c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context.get(), certificates.key(row.shown).c_str(), SSL_FILETYPE_PEM);
    }
    const Ssl ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), client_end.get());
    SSL_set_connect_state(ssl.get());
    Opening opening = Opening::kWaits;
    for (int round = 0; round < 20 && opening == Opening::kWaits; ++round) {
      SSL_do_handshake(ssl.get());
      opening = transport->open();
    }
    EXPECT_EQ(opening, row.served ? Opening::kDone : Opening::kRefused) << row.name << ": " << transport->refusal();
  }
}

TEST_F(TlsBroker, AChangedCertificateIsServedAndABrokenOneIsNot) {
  auto server = TlsServer::make(*settings.security.tls);
  ASSERT_TRUE(server);
  const auto served_name = [&] {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    const auto transport = (*server)->take(Fd(ends[0]));
    const Fd client_end(ends[1]);
    const ClientContext context(SSL_CTX_new(TLS_client_method()));
    const Ssl ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), client_end.get());
    SSL_set_connect_state(ssl.get());
    for (int round = 0; round < 20 && SSL_do_handshake(ssl.get()) != 1; ++round) transport->open();
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl.get())), NID_commonName, name, 64);
    return std::string(name);
  };
  EXPECT_EQ(served_name(), "broker");
  std::ofstream(certificates.certificate("broker")) << "half a file";
  (*server)->reload_if_changed();
  EXPECT_EQ(served_name(), "broker");
  certificates.make("renewed");
  std::filesystem::rename(certificates.certificate("renewed"), certificates.certificate("broker"));
  (*server)->reload_if_changed();
  EXPECT_EQ(served_name(), "broker") << "the key is still the old one";
  std::filesystem::rename(certificates.key("renewed"), certificates.key("broker"));
  (*server)->reload_if_changed();
  EXPECT_EQ(served_name(), "renewed");
}

TEST_F(TlsBroker, FilesThatCannotBeUsedEndTheStartWithTheirName) {
  certificates.make("other");
  const struct {
    const char* name;
    TlsSettings tls;
    std::string told;
  } rows[] = {{"no certificate", {certificates.folder() + "/none.crt", certificates.key("broker"), "", {}}, "none.crt"},
              {"another's key", {certificates.certificate("broker"), certificates.key("other"), "", {}}, "other.key"},
              {"no authority",
               {certificates.certificate("broker"), certificates.key("broker"), certificates.folder() + "/none.ca",
                ClientCertificates::kRequired},
               "none.ca"}};
  for (const auto& row : rows) {
    const auto server = TlsServer::make(row.tls);
    ASSERT_FALSE(server) << row.name;
    EXPECT_EQ(server.error().kind, ErrorKind::kConfig) << row.name;
    EXPECT_NE(server.error().message.find(row.told), std::string::npos) << server.error().message;
  }
}

}  // namespace
}  // namespace antiphon::kafka::broker
