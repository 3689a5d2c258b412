// Keeper: what one record of the recordings topic means for the store. No Kafka, no thread, no retry: it does the work
// once and says what came of it; any number of times gives the same objects.
//
//   a recording   put LOCALE/PROMPT_ID/RECORDING_ID.EXT, then its sidecar .json, both only where the name is free. A
//   taken name
//                 that holds the same audio is a redelivery; other bytes refuse the record (`name-taken`).
//   an erasure    remove everything below LOCALE/PROMPT_ID/RECORDING_ID., the sidecar first, so that no object is ever
//   marked
//                 complete that is not whole. Nothing there is fine.
//   a tombstone   without usable headers but with a recording id as key: a voice that shall be gone is looked for by
//   name in the
//                 whole store (rare, and one listing each), never left and never a dead letter.
//   anything else is refused with the label that the contract gives it.
//
// Thread-safe as its store is. Records of one key must be kept in their order; others in any.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "adapters/blobs/blob_store.h"
#include "core/record.h"
#include "events/codec.h"

namespace antiphon::archive {

struct Stored {
  std::uint64_t bytes = 0;
};
struct AlreadyThere {};  // a redelivery
struct Erased {
  int objects = 0;
};
using Refused = events::Refusal;  // for the dead letters
struct StoreAway {                // nothing is decided: again later
  Error error;
};
using Outcome = std::variant<Stored, AlreadyThere, Erased, Refused, StoreAway>;

class Keeper {
 public:
  // `store` must outlive it.
  explicit Keeper(blobs::BlobStore& store) : store_(store) {}

  Outcome keep(const IncomingRecord& record);

 private:
  Outcome keep_recording(const events::Recording& recording, const IncomingRecord& record);
  Outcome keep_sidecar(const events::Recording& recording, const blobs::Put& mark);
  Outcome compare(const std::string& name, const blobs::BlobMetadata& there, const events::Recording& recording,
                  std::uint64_t size);
  Outcome erase(const std::string& prefix, std::string_view recording_id);

  blobs::BlobStore& store_;
};

// The extension of a content type: webm ogg m4a wav flac mp3, `bin` for an audio type that we do not know.
std::string_view extension_of(std::string_view content_type);

}  // namespace antiphon::archive
