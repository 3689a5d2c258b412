// A described struct behind an int16 that says its version: the form of Kafka's internal records. Internal.
#pragma once

#include <fmt/format.h>

#include "kafka/wire/codec.h"

namespace antiphon::kafka::wire {

template <class T>
Result<T> read_versioned(ByteView bytes, std::string_view what) {
  Reader in(bytes);
  const ApiVersion version = in.i16();
  if (in.ok() && !T::kVersions.contains(version)) {
    return make_error(ErrorKind::kInvalidInput, fmt::format("{}: version {} is unknown", what, version));
  }
  T value;
  if (in.ok()) read(in, version, value);
  if (!in.ok()) return in.error(what);
  return value;
}

template <class T>
Result<> write_versioned(Buffer& out, ApiVersion version, const T& value, std::string_view what) {
  const std::size_t start = out.size();
  Writer writer(out);
  writer.i16(version);
  write(writer, version, value);
  if (writer.ok()) return {};
  out.truncate(start);
  return writer.error(what);
}

}  // namespace antiphon::kafka::wire
