// TLS over loopback, with OpenSSL and our own client as the clients.
#include "adapters/http/tls.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "adapters/http/client.h"

namespace antiphon::http {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* owned) const { Free(owned); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() : folder_(std::filesystem::temp_directory_path() / ("antiphon-tls-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    make("one");
    make("two");
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }

  // NAME.crt and NAME.key: a certificate that vouches for itself.
  void make(const std::string& name) const {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), subject);
    ASSERT_NE(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    FILE* out = std::fopen(file(name + ".crt").c_str(), "w");
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
    out = std::fopen(file(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
  }

  std::unique_ptr<Server> start(ServerLimits limits = {}) const {
    Routes routes;
    routes.add(Method::kPut, "/echo",
               [](Request request, const Responder& to) { to.answer(Response::text(200, std::move(request.body))); },
               {.body_bytes_max = 1U << 20});
    auto transport = make_tls_transport(file("one.crt"), file("one.key"));
    EXPECT_TRUE(transport);
    ServerSettings settings;
    settings.limits = limits;
    auto server = Server::start(settings, std::move(routes), *transport);
    EXPECT_TRUE(server);
    return *std::move(server);
  }
  static int connect_to(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  const std::filesystem::path folder_;
};

// What the server says to one request, up to `enough` bytes of it; empty when no session comes about.
std::string ask(int socket, int version_max, const std::string& request, std::size_t enough) {
  using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX, SSL_CTX_free>>;
  using Session = std::unique_ptr<SSL, Freer<SSL, SSL_free>>;
  const Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(context.get(), version_max);
  const Session session(SSL_new(context.get()));
  SSL_set_fd(session.get(), socket);
  std::string all;
  if (SSL_connect(session.get()) == 1) {
    SSL_write(session.get(), request.data(), static_cast<int>(request.size()));
    char chunk[16384];
    for (int got = 1; got > 0 && all.size() < enough;) {
      got = SSL_read(session.get(), chunk, sizeof chunk);
      if (got > 0) all.append(chunk, static_cast<std::size_t>(got));
    }
  }
  ::close(socket);
  return all;
}

TEST_F(TlsTest, ARequestAndItsAnswerGoThroughWhole) {
  const auto server = start();
  const std::string body(300'000, 'v');
  const std::string request =
      "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const std::string answer = ask(connect_to(server->port()), version, request, body.size() + 100);
    EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, ::testing::HasSubstr(std::string(1000, 'v')));
  }
}

TEST_F(TlsTest, OldVersionsAndPlainHttpGetNoSession) {
  const auto server = start();
  EXPECT_EQ(ask(connect_to(server->port()), TLS1_1_VERSION, "GET / HTTP/1.1\r\n\r\n", 1), "");
  const int plain = connect_to(server->port());
  const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(::send(plain, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::string heard(4096, '\0');
  const ssize_t got = ::recv(plain, heard.data(), heard.size(), 0);
  heard.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  EXPECT_THAT(heard, ::testing::Not(::testing::HasSubstr("HTTP")));
  ::close(plain);
}

TEST_F(TlsTest, AClientThatNeverGreetsIsLetGo) {
  ServerLimits limits;
  limits.header_time_max = std::chrono::milliseconds{150};
  const auto server = start(limits);
  const int silent = connect_to(server->port());
  char byte = 0;
  EXPECT_LE(::recv(silent, &byte, 1, 0), 0);
  ::close(silent);
}

TEST_F(TlsTest, FilesThatCannotBeUsedAreNamed) {
  const auto missing = make_tls_transport(file("none.crt"), file("one.key"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kConfig);
  EXPECT_THAT(missing.error().message, ::testing::HasSubstr("none.crt"));
  EXPECT_FALSE(make_tls_transport(file("one.crt"), file("two.key"))) << "they do not belong together";
  EXPECT_FALSE(make_tls_transport(file("one.crt"), file("one.crt")));
}

TEST_F(TlsTest, OurClientTrustsTheCertificateItIsGivenAndNoOther) {
  const auto server = start();
  const auto ask_trusting = [&](const std::string& certificate) {
    const auto client = std::move(*Client::start({.ca_file = file(certificate)}));
    ClientRequest request{.method = Method::kPut,
                          .url = "https://localhost:" + std::to_string(server->port()) + "/echo"};
    request.body = std::make_shared<const std::string>("voice");
    std::promise<Result<Response>> told;
    client->send(std::move(request), [&](Result<Response> result) { told.set_value(std::move(result)); });
    return told.get_future().get();
  };
  const auto trusted = ask_trusting("one.crt");
  ASSERT_TRUE(trusted) << trusted.error().message;
  EXPECT_EQ(trusted->body, "voice");
  const auto stranger = ask_trusting("two.crt");
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().kind, ErrorKind::kConfig);
}

}  // namespace
}  // namespace antiphon::http
