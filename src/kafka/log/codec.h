// Big-endian fields one after the other, for the log's own small files. The decoder takes any bytes and never reads
// past them: after the first field that does not fit every further one is 0, and ok() is false.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "kafka/wire/endian.h"

namespace antiphon::kafka::log {

class Encoder {
 public:
  explicit Encoder(Bytes& out) : out_(out) {}
  void u8(std::uint8_t v) { put(v); }
  void i16(std::int16_t v) { put(v); }
  void i32(std::int32_t v) { put(v); }
  void u32(std::uint32_t v) { put(v); }
  void i64(std::int64_t v) { put(v); }
  void u64(std::uint64_t v) { put(v); }
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view text) {
    u32(static_cast<std::uint32_t>(text.size()));
    raw(as_bytes(text));
  }

 private:
  template <class T>
  void put(T value) {
    out_.resize(out_.size() + sizeof value);
    wire::store_big(out_.data() + out_.size() - sizeof value, value);
  }
  Bytes& out_;
};

class Decoder {
 public:
  explicit Decoder(ByteView bytes) : bytes_(bytes) {}
  std::uint8_t u8() { return get<std::uint8_t>(); }
  std::int16_t i16() { return get<std::int16_t>(); }
  std::int32_t i32() { return get<std::int32_t>(); }
  std::uint32_t u32() { return get<std::uint32_t>(); }
  std::int64_t i64() { return get<std::int64_t>(); }
  std::uint64_t u64() { return get<std::uint64_t>(); }
  ByteView raw(std::size_t size) {
    if (!ok_ || size > bytes_.size() - at_) {
      ok_ = false;
      return {};
    }
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  std::string text(std::size_t size_max) {
    const std::size_t size = u32();
    if (size > size_max) ok_ = false;
    return std::string(as_text(raw(ok_ ? size : 0)));
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] Error refuse(std::string_view why) const {
    return make_error(ErrorKind::kCorrupt, fmt::format("at byte {}: {}", at_, why));
  }
  // All fields were there, and nothing else.
  [[nodiscard]] Result<> finish() const {
    if (!ok_) return refuse("it ends too early, or a length is too large");
    if (at_ != bytes_.size()) return refuse(fmt::format("{} bytes too many", bytes_.size() - at_));
    return {};
  }

 private:
  template <class T>
  T get() {
    const ByteView bytes = raw(sizeof(T));
    return bytes.empty() ? T{} : wire::load_big<T>(bytes.data());
  }
  ByteView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace antiphon::kafka::log
