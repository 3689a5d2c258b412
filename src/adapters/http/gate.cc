#include "adapters/http/gate.h"

#include <arpa/inet.h>

#include <cstring>

namespace antiphon::http {

std::string Gate::key_of(std::string_view address) {
  in6_addr parsed{};
  const std::string text(address.substr(0, address.find('%')));  // without the zone of a link-local address
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&parsed) || IN6_IS_ADDR_LOOPBACK(&parsed)) return text;
  std::memset(parsed.s6_addr + 8, 0, 8);
  char out[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &parsed, out, sizeof out);
  return std::string(out) + "/64";
}

bool Gate::exempt(const std::string& address) const { return limits_.loopback_exempt && is_loopback(address); }

bool Gate::open_connection(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (open_total_ >= limits_.connections_max) return false;
  std::size_t& of_address = open_[key_of(address)];
  if (of_address >= limits_.connections_per_address_max && !exempt(address)) return false;
  ++of_address;
  ++open_total_;
  return true;
}

void Gate::leave(const std::string& address) {
  const auto it = open_.find(key_of(address));
  if (it != open_.end() && --it->second == 0) open_.erase(it);
}

void Gate::close_connection(const std::string& address) {
  const std::lock_guard lock(mutex_);
  leave(address);
  --open_total_;
}

void Gate::exempt_connection(const std::string& address) {
  const std::lock_guard lock(mutex_);
  leave(address);
}

void Gate::close_exempt_connection() {
  const std::lock_guard lock(mutex_);
  --open_total_;
}

std::size_t Gate::connections() const {
  const std::lock_guard lock(mutex_);
  return open_total_;
}

double Gate::fill(Bucket& bucket, MonoTime now) const {
  const auto rate = static_cast<double>(limits_.requests_per_second_and_address);
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(2 * rate, bucket.tokens + rate * std::max(0.0, seconds));
  bucket.filled = now;
  return bucket.tokens;
}

void Gate::forget_full_buckets(MonoTime now) {
  if (now - forgot_ < std::chrono::seconds{1} && forgot_ != MonoTime{}) return;  // walking the table has its price
  forgot_ = now;
  const auto full = 2 * static_cast<double>(limits_.requests_per_second_and_address);
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    it = fill(it->second, now) >= full ? buckets_.erase(it) : std::next(it);
  }
}

bool Gate::take_request(const std::string& address, MonoTime now) {
  if (exempt(address)) return true;
  const std::lock_guard lock(mutex_);
  const std::string key = key_of(address);
  auto it = buckets_.find(key);
  if (it == buckets_.end()) {
    if (buckets_.size() >= limits_.addresses_max) forget_full_buckets(now);
    if (buckets_.size() >= limits_.addresses_max) return false;
    const auto full = 2 * static_cast<double>(limits_.requests_per_second_and_address);
    it = buckets_.emplace(key, Bucket{full, now}).first;
  }
  if (fill(it->second, now) < 1) return false;
  it->second.tokens -= 1;
  return true;
}

bool Gate::reserve_bytes(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > limits_.bodies_bytes_max - reserved_) return false;
  reserved_ += bytes;
  return true;
}

void Gate::release_bytes(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  reserved_ -= bytes;
}

std::size_t Gate::reserved_bytes() const {
  const std::lock_guard lock(mutex_);
  return reserved_;
}

}  // namespace antiphon::http
