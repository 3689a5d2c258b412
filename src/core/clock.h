// Time enters by constructor, so that a test can set it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace antiphon {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;                              // UTC
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;  // never goes back

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  [[nodiscard]] virtual MonoTime mono_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] MonoTime mono_now() const override;
};

// Stands still until told otherwise. Single-threaded.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = WallTime{std::chrono::milliseconds{1'767'225'600'000}}) : wall_(wall) {}
  [[nodiscard]] WallTime wall_now() const override { return wall_; }
  [[nodiscard]] MonoTime mono_now() const override { return mono_; }
  void advance(std::chrono::nanoseconds by);
  void set_wall(WallTime wall) { wall_ = wall; }  // the wall may jump either way; the monotonic one does not move

 private:
  WallTime wall_;
  MonoTime mono_{};
};

[[nodiscard]] constexpr std::int64_t to_unix_ms(WallTime t) { return t.time_since_epoch().count(); }
[[nodiscard]] constexpr WallTime from_unix_ms(std::int64_t ms) { return WallTime{std::chrono::milliseconds{ms}}; }

// RFC 3339, UTC, milliseconds: 2026-11-22T17:35:00.123Z.
std::string format_rfc3339(WallTime t);
Result<WallTime> parse_rfc3339(std::string_view text);

}  // namespace antiphon
