#include "stages/select/byte_source.h"

#include <fmt/format.h>

#include <array>

namespace antiphon::select {
namespace {

class BlobSource final : public ByteSource {
 public:
  BlobSource(blobs::BlobStore& store, blobs::BlobInfo blob, std::uint64_t position)
      : store_(store), blob_(std::move(blob)), position_(position) {}

  Result<std::size_t> read(MutableByteView out) override {
    if (position_ >= blob_.size) return std::size_t{0};
    ANTIPHON_TRY(got, store_.read_at(blob_.name, blob_.version, position_, out));
    if (got == 0) {
      return make_error(ErrorKind::kConflict,
                        fmt::format("{} ends at byte {} of {}", blob_.name, position_, blob_.size));
    }
    position_ += got;
    return got;
  }

 private:
  blobs::BlobStore& store_;
  blobs::BlobInfo blob_;
  std::uint64_t position_;
};

Result<> skip(ByteSource& source, std::uint64_t count) {
  std::array<std::byte, kSourceBufferBytes> buffer;
  while (count > 0) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer.size()));
    ANTIPHON_TRY(got, source.read(MutableByteView(buffer).first(want)));
    if (got == 0)
      return make_error(ErrorKind::kCorrupt, fmt::format("the text ends {} bytes before where it was left", count));
    count -= got;
  }
  return {};
}

}  // namespace

std::unique_ptr<ByteSource> make_blob_source(blobs::BlobStore& store, blobs::BlobInfo blob, std::uint64_t position) {
  return std::make_unique<BlobSource>(store, std::move(blob), position);
}

Result<std::unique_ptr<ByteSource>> open_text(blobs::BlobStore& store, const blobs::BlobInfo& blob,
                                              Compression compression, std::uint64_t offset) {
  if (compression == Compression::kNone) {
    if (offset > blob.size) return make_error(ErrorKind::kCorrupt, "the text is shorter than what was read of it");
    return make_blob_source(store, blob, offset);
  }
  auto stored = make_blob_source(store, blob, 0);
  auto source =
      compression == Compression::kGzip ? make_gz_source(std::move(stored)) : make_zst_source(std::move(stored));
  ANTIPHON_TRY_VOID(skip(*source, offset));
  return source;
}

}  // namespace antiphon::select
