// Random messages for tests, out of the same description that reads and writes them: only the fields that a version has
// are filled, so that what was written reads back equal.
#pragma once

#include <deque>
#include <string>

#include "core/random.h"
#include "kafka/wire/codec.h"

namespace antiphon::kafka::wire::testing {

// Owns the texts that the messages look at: it lives as long as they do.
class MessageMaker {
 public:
  explicit MessageMaker(std::uint64_t seed) : random_(seed) {}

  template <class M>
  M make(ApiVersion version) {
    M message;
    fill(message, version);
    return message;
  }

 private:
  template <class T>
  struct Filler {
    MessageMaker& maker;
    ApiVersion version;
    T& value;

    template <class F>
    void field(F T::*member, FieldVersions versions) {
      if (versions.has(version)) maker.fill_member(value.*member, version, versions.nullable(version));
    }
    template <class F>
    void tagged(std::uint32_t, F T::*member, FieldVersions versions) {
      if (maker.random_.below(2) == 0) field(member, versions);
    }
  };

  template <class F>
  void fill_member(F& value, ApiVersion version, bool nullable) {
    const bool null = nullable && random_.below(3) == 0;
    if constexpr (std::is_same_v<F, Records>) {
      value = null ? Records() : Records::in_memory(as_bytes(text()));
    } else if constexpr (codec::IsOptional<F>::value) {
      value.reset();
      if (!null) fill(value.emplace(), version);
    } else {
      fill(value, version);
    }
  }

  template <class T>
  void fill(T& value, ApiVersion version) {
    if constexpr (codec::Described<T>) {
      Filler<T> filler{*this, version, value};
      T::describe(filler);
    } else if constexpr (codec::IsVector<T>::value) {
      value.resize(random_.below(4));
      for (auto& element : value) fill(element, version);
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      value = text();
    } else if constexpr (std::is_same_v<T, ByteView>) {
      value = as_bytes(text());
    } else if constexpr (std::is_same_v<T, Uuid>) {
      for (auto& byte : value.bytes) byte = static_cast<std::byte>(random_.next());
    } else if constexpr (std::is_same_v<T, bool>) {
      value = random_.below(2) == 1;
    } else {
      fill_number(value);
    }
  }

  template <class T>
  void fill_number(T& value) {
    if constexpr (codec::IsStrong<T>::value) {
      value = T(static_cast<typename T::rep>(random_.next()));
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(static_cast<std::underlying_type_t<T>>(random_.next()));
    } else {
      value = static_cast<T>(random_.next());
    }
  }

  // Mostly short; now and then long enough for a length of two bytes in the compact form.
  std::string_view text() {
    std::string& made = texts_.emplace_back(random_.below(20) == 0 ? 200 : random_.below(8), '\0');
    for (auto& c : made) c = static_cast<char>(random_.next());
    return made;
  }

  SeededRandom random_;
  std::deque<std::string> texts_;
};

}  // namespace antiphon::kafka::wire::testing
