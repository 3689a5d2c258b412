// What a fuzz target asks of a message that could be read: written again it has the size that was promised, and reads
// back equal.
#pragma once

#include "core/assert.h"
#include "kafka/wire/codec.h"
#include "kafka/wire/frame.h"
#include "kafka/wire/messages.h"
#include "kafka/wire/versions.h"

namespace antiphon::kafka::wire::testing {

template <class M>
void fuzz_message(Reader& in, ApiVersion version) {
  M message;
  read(in, version, message);
  if (!in.ok()) return;
  Buffer buffer;
  Writer writer(buffer);
  write(writer, version, message);
  ANTIPHON_ASSERT(writer.ok());
  ANTIPHON_ASSERT(encoded_size(version, message) == buffer.size());
  Reader again(buffer.view());
  M copy;
  read(again, version, copy);
  ANTIPHON_ASSERT(again.ok());
  ANTIPHON_ASSERT(again.remaining() == 0);
  ANTIPHON_ASSERT(codec::same(message, copy));
}

}  // namespace antiphon::kafka::wire::testing
