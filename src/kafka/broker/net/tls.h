// TLS on a listener, by OpenSSL over non-blocking sockets: 1.2 and 1.3, no renegotiation, no session kept on this side.
//
// A connection costs what OpenSSL keeps for it while nothing moves (its record buffers are given back); plain bytes to
// be encrypted pass through one buffer that all connections share. Belongs to the reactor's thread.
#pragma once

#include <memory>
#include <string>

#include "kafka/broker/net/transport.h"
#include "kafka/broker/security.h"

namespace antiphon::kafka::broker {

class TlsServer {
 public:
  // kConfig names the file that cannot be used, and why.
  static Result<std::unique_ptr<TlsServer>> make(const TlsSettings& settings);
  virtual ~TlsServer() = default;

  // The server outlives its transports.
  virtual std::unique_ptr<Transport> take(Fd socket) = 0;
  // Reads the files again where they changed: a certificate is renewed without a stop. What does not load is logged
  // once and the old one kept. For connections that come from now on.
  virtual void reload_if_changed() = 0;
};

}  // namespace antiphon::kafka::broker
