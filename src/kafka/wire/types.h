// Field types of the protocol that C++ has no word for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"

namespace antiphon::kafka::wire {

using ApiVersion = std::int16_t;

// 16 bytes; all zero means "none".
struct Uuid {
  std::array<std::byte, 16> bytes{};

  [[nodiscard]] bool is_zero() const { return *this == Uuid{}; }
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

// Record batches inside a message: null, bytes in memory, or a slice of something else (a segment file) that the
// connection puts between the written bytes itself, by sendfile(2), so that they are never copied.
//
// Null and empty are two things: a Fetch response says empty, never null. Reading yields null or bytes.
class Records {
 public:
  Records() = default;  // null
  static Records empty() { return in_memory({}); }
  // A view: the bytes live at least until the message is written.
  static Records in_memory(ByteView bytes) { return Records(Kind::kMemory, bytes, 0, bytes.size()); }
  // `handle` means something to the caller only; it comes back in ExternalSlice.
  static Records external(std::uint32_t handle, std::size_t size) { return Records(Kind::kExternal, {}, handle, size); }

  [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }
  [[nodiscard]] bool is_external() const { return kind_ == Kind::kExternal; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] ByteView bytes() const { return bytes_; }  // empty when null or external
  [[nodiscard]] std::uint32_t handle() const { return handle_; }

 private:
  enum class Kind : std::uint8_t { kNull, kMemory, kExternal };
  Records(Kind kind, ByteView bytes, std::uint32_t handle, std::size_t size)
      : kind_(kind), handle_(handle), bytes_(bytes), size_(size) {}

  Kind kind_ = Kind::kNull;
  std::uint32_t handle_ = 0;
  ByteView bytes_;
  std::size_t size_ = 0;
};

// Where the bytes of Records::external belong: before byte `position` of the written output. A slice of no bytes is not
// listed.
struct ExternalSlice {
  std::size_t position = 0;
  std::uint32_t handle = 0;
  std::size_t size = 0;
};

}  // namespace antiphon::kafka::wire
