// Strong<Tag, Rep>: one integer or text with a name of its own, so that an offset is never passed where a partition is
// meant.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace antiphon {

template <class Tag, class Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(std::move(value)) {}

  [[nodiscard]] constexpr const Rep& value() const& { return value_; }
  [[nodiscard]] constexpr Rep value() && { return std::move(value_); }

  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  friend constexpr bool operator==(const Strong&, const Strong&) = default;

  // Arithmetic only with plain counts: offset + 3, never offset + offset. Differences are plain.
  friend constexpr Strong operator+(const Strong& a, Rep n) { return Strong(static_cast<Rep>(a.value_ + n)); }
  friend constexpr Strong operator-(const Strong& a, Rep n) { return Strong(static_cast<Rep>(a.value_ - n)); }
  friend constexpr Rep operator-(const Strong& a, const Strong& b) { return static_cast<Rep>(a.value_ - b.value_); }
  constexpr Strong& operator++() {
    ++value_;
    return *this;
  }

 private:
  Rep value_{};
};

}  // namespace antiphon

template <class Tag, class Rep>
struct std::hash<antiphon::Strong<Tag, Rep>> {
  std::size_t operator()(const antiphon::Strong<Tag, Rep>& s) const noexcept { return std::hash<Rep>{}(s.value()); }
};
