// A folder as a BlobStore: an object is a plain file, its name the path below the root.
//
// A put is durable and never half there: the bytes go to a temporary file in `.antiphon-tmp`, are synced, get their
// name by one rename that replaces nothing (renameat2 RENAME_NOREPLACE, else link and unlink), and the folder is
// synced; so are the folders above it when they were made. Several puts into one folder share its sync, and threads
// that make folders in one folder share the syncs of that. A temporary file is locked (flock) while it is written, so
// that anyone may remove one that a dead process left. `.antiphon-tmp` is no name for objects and is not listed.
// Folders that become empty stay.
//
// A root that is a plain file is a store with that one object, for reading.
#pragma once

#include <mutex>
#include <unordered_set>

#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/folder/beneath.h"
#include "adapters/blobs/folder/group_sync.h"

namespace antiphon::blobs {

class FolderStore final : public BlobStore {
 public:
  static constexpr std::string_view kTemporaryFolder = ".antiphon-tmp";
  static constexpr std::size_t kDurableFoldersMax = 4096;      // remembered; forgetting one costs a sync
  static constexpr std::size_t kFolderEntriesMax = 4'000'000;  // in one folder, when listed: kLimit
  static constexpr int kFolderDepthMax = 64;

  // `path` is absolute. Nothing is touched yet.
  explicit FolderStore(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] std::string describe() const override;
  Result<> probe(Use use) override;
  Result<> list(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each) override;
  Result<BlobMetadata> head(const std::string& name) override;
  Result<std::size_t> read_at(const std::string& name, const std::string& version, std::uint64_t position,
                              MutableByteView out) override;
  Result<Bytes> read(const std::string& name, std::uint64_t bytes_max) override;
  Result<> put(const std::string& name, ByteView data, const PutOptions& options) override;
  Result<> put_in_order(std::span<const Put> puts) override;
  Result<> remove(const std::string& name) override;

  // INODE:SIZE:MTIME_NS.
  static std::string version_of(const struct stat& status);

 private:
  struct Root {
    Descriptor folder;
    std::string only;  // the one object of a store that is a file; empty for a folder
  };
  Result<Root> open() const;
  Result<Root> open_for_writing() const;
  Result<PlainFile> open_object(const std::string& name) const;
  Result<Descriptor> make_folders(int root, const std::string& name);
  Result<> put_once(int root, std::span<const Put> puts);
  Result<> remove_leftovers(int root) const;

  std::string path_;
  GroupSync syncs_;
  std::mutex mutex_;                                 // guards the next line
  std::unordered_set<std::string> durable_folders_;  // known to be entered durably in their parents
};

}  // namespace antiphon::blobs
