#include "kafka/broker/net/tls_transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>

namespace antiphon::kafka::broker {
namespace {

// OpenSSL's own socket BIO calls write(2), which ends the process by SIGPIPE when the client is gone.
int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::send(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), data,
                        static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::recv(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), data,
                        static_cast<std::size_t>(size), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(n);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

const BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, OpenSslFree<BIO_meth_free>> method = [] {
    std::unique_ptr<BIO_METHOD, OpenSslFree<BIO_meth_free>> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "antiphon socket"));
    BIO_meth_set_write(made.get(), bio_write);
    BIO_meth_set_read(made.get(), bio_read);
    BIO_meth_set_ctrl(made.get(), bio_control);
    return made;
  }();
  return method.get();
}

std::string reason_of_failure(const SSL* ssl) {
  const unsigned long code = ERR_peek_error();
  if (code == 0) return {};
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) return std::string("client certificate: ") + X509_verify_cert_error_string(verified);
  const char* text = ERR_reason_error_string(code);
  const std::string reason = text != nullptr ? text : "error " + std::to_string(code);
  if (reason == "unexpected eof while reading") return {};
  // What a client that speaks no TLS looks like.
  if (reason == "http request" || reason == "wrong version number" || reason == "packet length too long")
    return reason + " (does the client speak TLS?)";
  return reason;
}

}  // namespace

std::unique_ptr<TlsTransport> TlsTransport::make(SSL_CTX& context, Fd socket, MutableByteView record) {
  std::unique_ptr<TlsTransport> made(new TlsTransport(std::move(socket), record));
  made->ssl_.reset(SSL_new(&context));
  BIO* bio = BIO_new(socket_method());
  if (!made->ssl_ || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(made->fd())));
  BIO_set_init(bio, 1);
  SSL_set_bio(made->ssl_.get(), bio, bio);
  SSL_set_accept_state(made->ssl_.get());
  return made;
}

TlsTransport::~TlsTransport() {
  if (opened_ && !failed_) SSL_shutdown(ssl_.get());  // says goodbye if the socket takes it
  ERR_clear_error();
}

bool TlsTransport::must_wait(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  reads_when_writable_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
  failed_ = failed_ || error != SSL_ERROR_ZERO_RETURN;
  ended_ = true;
  return false;
}

Opening TlsTransport::open() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    opened_ = true;
    reads_when_writable_ = false;
    return Opening::kDone;
  }
  if (must_wait(result)) return Opening::kWaits;
  refusal_ = reason_of_failure(ssl_.get());
  return Opening::kRefused;
}

Moved TlsTransport::read(std::span<const iovec> to) {
  Moved total = 0;
  for (const iovec& piece : to) {
    std::size_t filled = 0;
    while (filled < piece.iov_len) {
      ERR_clear_error();
      std::size_t got = 0;
      const int result =
          SSL_read_ex(ssl_.get(), static_cast<char*>(piece.iov_base) + filled, piece.iov_len - filled, &got);
      if (result != 1) {
        const bool waits = must_wait(result);
        return total > 0 ? total : waits ? kBlocked : kBroken;
      }
      filled += got;
      total += static_cast<Moved>(got);
    }
  }
  return total;
}

Moved TlsTransport::encrypt(const void* data, std::size_t size) {
  ERR_clear_error();
  std::size_t sent = 0;
  const int result = SSL_write_ex(ssl_.get(), data, size, &sent);
  if (result == 1) return static_cast<Moved>(sent);
  // Only a renegotiation would have to read first, and there is none.
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE) return kBlocked;
  failed_ = true;
  return kBroken;
}

Moved TlsTransport::write(std::span<const iovec> from, bool) {
  if (from.size() == 1 || from.front().iov_len >= kTlsRecordBytes)
    return encrypt(from.front().iov_base, from.front().iov_len);
  std::size_t gathered = 0;
  for (const iovec& piece : from) {
    const std::size_t step = std::min(piece.iov_len, record_.size() - gathered);
    std::memcpy(record_.data() + gathered, piece.iov_base, step);
    gathered += step;
  }
  return encrypt(record_.data(), gathered);
}

Moved TlsTransport::write_file(const log::LogSlice& file, std::uint64_t offset, std::size_t size) {
  const MutableByteView piece = record_.first(std::min(size, record_.size()));
  const auto got = file.file->read_at(file.position + offset, piece);
  if (!got || *got < piece.size()) return kBroken;
  return encrypt(piece.data(), piece.size());
}

}  // namespace antiphon::kafka::broker
