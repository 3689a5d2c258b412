// Bytes of an object from front to back: as stored, or as they are after decompression.
//
// Memory is bounded whatever the bytes say: a source holds one buffer of kSourceBufferBytes and its decoder's own state
// (zlib 40 KiB, zstd at most 2^kZstdWindowLogMax). A decoder never runs ahead of its reader, so that a bomb costs time
// only, and that is bounded too: kExpansionMax.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "adapters/blobs/blob_store.h"
#include "core/bytes.h"
#include "core/result.h"
#include "stages/select/corpus_url.h"

namespace antiphon::select {

constexpr std::size_t kSourceBufferBytes = 64UL * 1024;
constexpr int kZstdWindowLogMax = 25;  // 32 MiB: what zstd up to level 19, and 20 and 21 with small inputs, asks for
constexpr std::uint64_t kExpansionMax = 2'000;  // output bytes an input byte (deflate's own limit is 1032) ...
constexpr std::uint64_t kExpansionFreeBytes = 256U << 20;  // ... once this much came out

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to out.size() (> 0) bytes; 0: the end. kCorrupt: what is stored cannot be decoded; trying again will not help.
  virtual Result<std::size_t> read(MutableByteView out) = 0;
};

// The object's own bytes from `position` on, by range reads of this very version (kConflict: it has another one by
// now).
std::unique_ptr<ByteSource> make_blob_source(blobs::BlobStore& store, blobs::BlobInfo blob, std::uint64_t position);
// Several members one after the other are one text, as gzip(1) has it; zero bytes behind the last are padding.
std::unique_ptr<ByteSource> make_gz_source(std::unique_ptr<ByteSource> compressed);
// Several frames one after the other are one text; skippable frames are skipped.
std::unique_ptr<ByteSource> make_zst_source(std::unique_ptr<ByteSource> compressed);

// The text of an object from byte `offset` of the text on. A plain object is read from there; a compressed one from its
// beginning, up to that point for nothing. kCorrupt when the text is shorter.
Result<std::unique_ptr<ByteSource>> open_text(blobs::BlobStore& store, const blobs::BlobInfo& blob,
                                              Compression compression, std::uint64_t offset);

}  // namespace antiphon::select
