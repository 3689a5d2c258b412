// As much of Kafka's wire format as the floor needs, without a check but the ends of the buffer.
#pragma once

#include <string>
#include <string_view>

#include "kafka/wire/endian.h"

namespace antiphon::bench {

// A request's fields, one after the other. What is not there reads as 0.
class In {
 public:
  In(std::byte* at, std::size_t size) : at_(at), end_(at + size) {}
  template <class T>
  T number() {
    std::byte* const from = skip(sizeof(T));
    return from == nullptr ? T{} : kafka::wire::load_big<T>(from);
  }
  std::string_view text() {
    const auto size = number<std::int16_t>();
    if (size <= 0) return {};
    const std::byte* const from = skip(static_cast<std::size_t>(size));
    if (from == nullptr) return {};
    return {reinterpret_cast<const char*>(from), static_cast<std::size_t>(size)};
  }
  std::byte* skip(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) at_ = end_, size = 0, failed_ = true;
    std::byte* const from = failed_ ? nullptr : at_;
    at_ += size;
    return from;
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::byte* at_;
  std::byte* end_;
  bool failed_ = false;
};

class Out {
 public:
  template <class T>
  Out& number(T value) {
    std::byte bytes[sizeof(T)];
    kafka::wire::store_big(bytes, value);
    text_.append(reinterpret_cast<const char*>(bytes), sizeof(T));
    return *this;
  }
  Out& text(std::string_view value) {
    number(static_cast<std::int16_t>(value.size()));
    text_ += value;
    return *this;
  }
  // With the length in front; `more` bytes of a file follow it.
  [[nodiscard]] std::string frame(std::size_t more = 0) const {
    Out length;
    length.number(static_cast<std::int32_t>(text_.size() + more));
    return std::move(length.text_) + text_;
  }

 private:
  std::string text_;
};

}  // namespace antiphon::bench
