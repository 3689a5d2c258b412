// Who may come in: connections in all and per address, requests per second and address, bytes of bodies in all. A plain
// object: no sockets, no clock; thread-safe because two IO threads share it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/http/server.h"
#include "core/clock.h"

namespace antiphon::http {

class Gate {
 public:
  explicit Gate(const ServerLimits& limits) : limits_(limits) {}

  // Each true must be followed by one close_connection() of the same address.
  bool open_connection(const std::string& address);
  void close_connection(const std::string& address);
  // From now on it does not count for its address; it is closed by close_exempt_connection().
  void exempt_connection(const std::string& address);
  void close_exempt_connection();
  [[nodiscard]] std::size_t connections() const;

  // Takes one request off the address's allowance: a bucket that fills by requests_per_second_and_address a second and
  // holds twice that.
  bool take_request(const std::string& address, MonoTime now);

  // Each true must be followed by one release_bytes() of as many.
  bool reserve_bytes(std::size_t bytes);
  void release_bytes(std::size_t bytes);
  [[nodiscard]] std::size_t reserved_bytes() const;

  // What counts as one address: an IPv4 address, or the /64 an IPv6 address stands in.
  static std::string key_of(std::string_view address);

 private:
  struct Bucket {
    double tokens = 0;
    MonoTime filled{};
  };
  [[nodiscard]] bool exempt(const std::string& address) const;
  void leave(const std::string& address);
  void forget_full_buckets(MonoTime now);
  double fill(Bucket& bucket, MonoTime now) const;

  const ServerLimits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> open_;  // by key
  std::size_t open_total_ = 0;
  std::unordered_map<std::string, Bucket> buckets_;  // by key; one that is full again may be forgotten
  MonoTime forgot_{};
  std::size_t reserved_ = 0;
};

}  // namespace antiphon::http
