// Read, write and measure any message of this folder. The code stands in each message's own .cc, so that including its
// header costs little.
//
// The caller has checked that M::kVersions holds `version` (versions.h); another one is read as if it were the nearest
// described form, which a client of ours never asks for.
#pragma once

#include "kafka/wire/api_key.h"
#include "kafka/wire/error_code.h"
#include "kafka/wire/reader.h"
#include "kafka/wire/schema.h"
#include "kafka/wire/types.h"
#include "kafka/wire/writer.h"

namespace antiphon::kafka::wire {

// Fills `message`, which must be freshly made (fields that the version lacks keep their defaults). Texts and byte
// fields are views into the reader's input. Ask in.ok() afterwards; bytes behind the message are left unread.
template <class M>
void read(Reader& in, ApiVersion version, M& message);

// Appends the message's body. Ask out.ok() afterwards. A null where the version knows none is written as empty.
template <class M>
void write(Writer& out, ApiVersion version, const M& message);

// What write() would append, external slices included.
template <class M>
[[nodiscard]] std::size_t encoded_size(ApiVersion version, const M& message);

}  // namespace antiphon::kafka::wire
