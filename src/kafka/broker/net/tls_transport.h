// One connection's TLS (see tls.h).
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "core/bytes.h"
#include "kafka/broker/net/transport.h"

namespace antiphon::kafka::broker {

template <auto Function>
struct OpenSslFree {
  template <class T>
  void operator()(T* p) const {
    Function(p);
  }
};

constexpr std::size_t kTlsRecordBytes = 16U << 10U;  // what one record may hold

class TlsTransport final : public Transport {
 public:
  // `record`: kTlsRecordBytes that all connections share; plain bytes stand there until they are encrypted.
  static std::unique_ptr<TlsTransport> make(SSL_CTX& context, Fd socket, MutableByteView record);
  ~TlsTransport() override;

  Opening open() override;
  [[nodiscard]] std::string refusal() const override { return refusal_; }
  Moved read(std::span<const iovec> to) override;
  Moved write(std::span<const iovec> from, bool more_follows) override;
  Moved write_file(const log::LogSlice& file, std::uint64_t offset, std::size_t size) override;
  [[nodiscard]] bool holds_input() const override { return ended_ || SSL_pending(ssl_.get()) > 0; }
  [[nodiscard]] bool reads_when_writable() const override { return reads_when_writable_; }
  [[nodiscard]] int fd() const override { return socket_.get(); }

 private:
  TlsTransport(Fd socket, MutableByteView record) : socket_(std::move(socket)), record_(record) {}
  Moved encrypt(const void* data, std::size_t size);
  // After a call that brought nothing: whether to wait.
  bool must_wait(int result);

  const Fd socket_;
  const MutableByteView record_;
  std::unique_ptr<SSL, OpenSslFree<SSL_free>> ssl_;
  std::string refusal_;
  bool opened_ = false;
  bool ended_ = false;  // close_notify came, or an error: nothing more is read
  bool failed_ = false;
  bool reads_when_writable_ = false;
};

}  // namespace antiphon::kafka::broker
