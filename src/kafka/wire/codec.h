// The visitors that turn a message's description into reading, writing and measuring. Included by the messages' .cc
// files only, which end with ANTIPHON_WIRE_MESSAGE for each message.
//
// In a flexible version (KIP-482) lengths are compact and every struct ends with its tagged fields: a count, then tag,
// size and value of each. A tagged field that holds its default is not written.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <type_traits>
#include <vector>

#include "core/strong.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire::codec {

// How a value is written in one version of one message.
struct Form {
  ApiVersion version = 0;
  bool flexible = false;

  [[nodiscard]] Reader::Prefix text() const { return flexible ? Reader::Prefix::kCompact : Reader::Prefix::kInt16; }
  [[nodiscard]] Reader::Prefix wide() const { return flexible ? Reader::Prefix::kCompact : Reader::Prefix::kInt32; }
};

template <class T>
struct IsStrong : std::false_type {};
template <class Tag, class Rep>
struct IsStrong<Strong<Tag, Rep>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
// A message or a nested struct: what has a description.
struct AnyVisitor {
  void field(auto, FieldVersions) {}
  void tagged(std::uint32_t, auto, FieldVersions) {}
};
template <class T>
concept Described = requires(AnyVisitor& v) { T::describe(v); };

// Whether two values are equal: a tagged field that equals its default is left out.
template <class T>
bool same(const T& a, const T& b);

template <class T>
struct StructCompare {
  const T& a;
  const T& b;
  bool equal = true;

  template <class F>
  void field(F T::*member, FieldVersions) {
    equal = equal && same(a.*member, b.*member);
  }
  template <class F>
  void tagged(std::uint32_t, F T::*member, FieldVersions) {
    equal = equal && same(a.*member, b.*member);
  }
};

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (Described<T>) {
    StructCompare<T> compare{a, b};
    T::describe(compare);
    return compare.equal;
  } else if constexpr (IsVector<T>::value) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return same(x, y); });
  } else if constexpr (IsOptional<T>::value) {
    return a.has_value() == b.has_value() && (!a.has_value() || same(*a, *b));
  } else if constexpr (std::is_same_v<T, ByteView>) {
    return as_text(a) == as_text(b);
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::int64_t>(a) == std::bit_cast<std::int64_t>(b);
  } else if constexpr (std::is_same_v<T, Records>) {
    return a.is_null() == b.is_null() && a.is_external() == b.is_external() && a.size() == b.size() &&
           a.handle() == b.handle() && same(a.bytes(), b.bytes());
  } else {
    return a == b;
  }
}

// ---- reading

template <class T>
void read_value(Reader& in, Form form, T& value);

template <class T>
void read_array(Reader& in, Form form, std::vector<T>& values, std::size_t count) {
  count = in.admit_array(count, sizeof(T));
  values.resize(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) read_value(in, form, values[i]);
}

template <class T>
class StructReader {
 public:
  StructReader(Reader& in, Form form, T& value) : in_(in), form_(form), value_(value) {}

  void read() {
    T::describe(*this);
    if (form_.flexible) read_tags();
  }

  template <class F>
  void field(F T::*member, FieldVersions versions) {
    if (tag_ < 0 && versions.has(form_.version)) read_member(value_.*member, versions.nullable(form_.version));
  }
  template <class F>
  void tagged(std::uint32_t tag, F T::*member, FieldVersions versions) {
    if (tag_ != std::int64_t{tag} || !versions.has(form_.version)) return;
    known_ = true;
    read_member(value_.*member, versions.nullable(form_.version));
  }

 private:
  void read_tags() {
    const std::uint32_t count = in_.uvarint();
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
      tag_ = in_.uvarint();
      const std::size_t size = in_.uvarint();
      const std::size_t left = in_.remaining();
      known_ = false;
      T::describe(*this);
      if (!known_) (void)in_.take(size);
      if (in_.ok() && left - in_.remaining() != size) in_.fail("a tagged field has another size than it says");
    }
  }

  template <class F>
  void read_member(F& value, bool nullable) {
    if constexpr (std::is_same_v<F, Records>) {
      const auto bytes = in_.bytes(form_.wide(), nullable);
      value = bytes ? Records::in_memory(*bytes) : Records();
    } else if constexpr (IsOptional<F>::value) {
      read_optional(value, nullable);
    } else {
      read_value(in_, form_, value);
    }
  }
  template <class F>
  void read_optional(std::optional<F>& value, bool nullable) {
    value.reset();
    if constexpr (IsVector<F>::value) {
      const auto count = in_.length(form_.wide(), nullable);
      if (count) read_array(in_, form_, value.emplace(), *count);
    } else if constexpr (Described<F>) {
      if (nullable && in_.i8() < 0) return;  // null: -1; there: 1
      read_value(in_, form_, value.emplace());
    } else if constexpr (std::is_same_v<F, std::string_view>) {
      const auto bytes = in_.bytes(form_.text(), nullable);
      if (bytes) value = as_text(*bytes);
    } else {
      static_assert(std::is_same_v<F, ByteView>);
      value = in_.bytes(form_.wide(), nullable);
    }
  }

  Reader& in_;
  Form form_;
  T& value_;
  std::int64_t tag_ = -1;  // the tag being read; -1: the plain fields
  bool known_ = false;
};

template <class T>
void read_value(Reader& in, Form form, T& value) {
  if constexpr (Described<T>) {
    StructReader<T>(in, form, value).read();
  } else if constexpr (IsVector<T>::value) {
    read_array(in, form, value, in.length(form.wide(), false).value_or(0));
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    value = as_text(in.bytes(form.text(), false).value_or(ByteView{}));
  } else if constexpr (std::is_same_v<T, ByteView>) {
    value = in.bytes(form.wide(), false).value_or(ByteView{});
  } else if constexpr (std::is_same_v<T, Uuid>) {
    const ByteView bytes = in.take(value.bytes.size());
    if (!bytes.empty()) std::memcpy(value.bytes.data(), bytes.data(), value.bytes.size());
  } else if constexpr (std::is_same_v<T, bool>) {
    value = in.i8() != 0;
  } else if constexpr (std::is_same_v<T, double>) {
    value = std::bit_cast<double>(in.integer<std::int64_t>());
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(in.integer<std::underlying_type_t<T>>());
  } else if constexpr (IsStrong<T>::value) {
    value = T(in.integer<typename T::rep>());
  } else {
    value = in.integer<T>();
  }
}

// ---- writing: Out is a Writer, or a Counter that only adds up

class Counter {
 public:
  template <std::integral T>
  void integer(T) {
    size_ += sizeof(T);
  }
  void i8(std::int8_t) { ++size_; }
  void uvarint(std::uint64_t value) { size_ += uvarint_size(value); }
  void raw(ByteView bytes) { size_ += bytes.size(); }
  void length(Reader::Prefix prefix, std::optional<std::size_t> size) {
    if (prefix == Reader::Prefix::kInt16) size_ += 2;
    if (prefix == Reader::Prefix::kInt32) size_ += 4;
    if (prefix == Reader::Prefix::kCompact) uvarint(size ? *size + 1 : 0);
  }
  void bytes(Reader::Prefix prefix, std::optional<ByteView> value) {
    length(prefix, value ? std::optional(value->size()) : std::nullopt);
    if (value) raw(*value);
  }
  void records(Reader::Prefix prefix, const Records& value) {
    length(prefix, value.is_null() ? std::nullopt : std::optional(value.size()));
    size_ += value.size();
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

template <class Out, class T>
void write_value(Out& out, Form form, const T& value);

template <class Out, class T>
void write_array(Out& out, Form form, const std::vector<T>& values) {
  out.length(form.wide(), values.size());
  for (const T& value : values) write_value(out, form, value);
}

template <class Out, class F>
void write_member(Out& out, Form form, const F& value, bool nullable) {
  if constexpr (std::is_same_v<F, Records>) {
    out.records(form.wide(), value.is_null() && !nullable ? Records::empty() : value);
  } else if constexpr (!IsOptional<F>::value) {
    write_value(out, form, value);
  } else {
    using Value = typename F::value_type;
    if (Described<Value> && nullable) out.i8(value ? std::int8_t{1} : std::int8_t{-1});
    if (value) {
      write_value(out, form, *value);
    } else if (!nullable) {
      write_value(out, form, Value{});
    } else if constexpr (std::is_same_v<Value, std::string_view>) {
      out.length(form.text(), std::nullopt);
    } else if constexpr (!Described<Value>) {
      out.length(form.wide(), std::nullopt);
    }
  }
}

template <class Out, class T>
class StructWriter {
 public:
  StructWriter(Out& out, Form form, const T& value) : out_(out), form_(form), value_(value) {}

  void write() {
    T::describe(*this);
    if (!form_.flexible) return;
    out_.uvarint(tags_);
    if (tags_ == 0) return;
    writing_tags_ = true;
    T::describe(*this);
  }

  template <class F>
  void field(F T::*member, FieldVersions versions) {
    if (!writing_tags_ && versions.has(form_.version)) {
      write_member(out_, form_, value_.*member, versions.nullable(form_.version));
    }
  }
  template <class F>
  void tagged(std::uint32_t tag, F T::*member, FieldVersions versions) {
    if (!form_.flexible || !versions.has(form_.version) || same(value_.*member, T{}.*member)) return;
    if (!writing_tags_) {
      ++tags_;
      return;
    }
    const bool nullable = versions.nullable(form_.version);
    Counter counter;
    write_member(counter, form_, value_.*member, nullable);
    out_.uvarint(tag);
    out_.uvarint(counter.size());
    write_member(out_, form_, value_.*member, nullable);
  }

 private:
  Out& out_;
  Form form_;
  const T& value_;
  std::uint32_t tags_ = 0;
  bool writing_tags_ = false;
};

template <class Out, class T>
void write_value(Out& out, Form form, const T& value) {
  if constexpr (Described<T>) {
    StructWriter<Out, T>(out, form, value).write();
  } else if constexpr (IsVector<T>::value) {
    write_array(out, form, value);
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    out.bytes(form.text(), as_bytes(value));
  } else if constexpr (std::is_same_v<T, ByteView>) {
    out.bytes(form.wide(), value);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    out.raw(value.bytes);
  } else if constexpr (std::is_same_v<T, bool>) {
    out.i8(value ? std::int8_t{1} : std::int8_t{0});
  } else if constexpr (std::is_same_v<T, double>) {
    out.integer(std::bit_cast<std::int64_t>(value));
  } else if constexpr (std::is_enum_v<T>) {
    out.integer(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (IsStrong<T>::value) {
    out.integer(value.value());
  } else {
    out.integer(value);
  }
}

template <class M>
[[nodiscard]] Form form_of(ApiVersion version) {
  return {version, version >= M::kFlexibleFrom};
}

}  // namespace antiphon::kafka::wire::codec

namespace antiphon::kafka::wire {

template <class M>
void read(Reader& in, ApiVersion version, M& message) {
  codec::read_value(in, codec::form_of<M>(version), message);
}
template <class M>
void write(Writer& out, ApiVersion version, const M& message) {
  codec::write_value(out, codec::form_of<M>(version), message);
}
template <class M>
std::size_t encoded_size(ApiVersion version, const M& message) {
  codec::Counter counter;
  codec::write_value(counter, codec::form_of<M>(version), message);
  return counter.size();
}

}  // namespace antiphon::kafka::wire

#define ANTIPHON_WIRE_MESSAGE(M) /* NOLINTBEGIN(bugprone-macro-parentheses): a type */ \
  template void antiphon::kafka::wire::read(Reader&, ApiVersion, M&);                  \
  template void antiphon::kafka::wire::write(Writer&, ApiVersion, const M&);           \
  template std::size_t antiphon::kafka::wire::encoded_size(ApiVersion,                 \
                                                           const M&); /* NOLINTEND(bugprone-macro-parentheses) */
