// A file system in memory that can lose what was not synced, and fail any operation: for crash tests and simulation.
//
// It keeps two states of everything, as a disk and its cache do: of each file's bytes (in blocks of 512) and size, and
// of each directory's entries. sync_data() makes a file's bytes durable, sync_directory() a directory's entries.
// crash() throws the cache away, but for the unsynced parts that a seed chooses to have reached the disk: some blocks
// whole, some torn, in any order, some directory entries too. A file that was renamed without a sync may be found under
// either name.
//
// Thread-safe. Files opened before a crash fail with kIo afterwards. native_handle() is -1.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/file_system.h"

namespace antiphon::testing {

enum class FileOperation : std::uint8_t {
  kOpen,
  kRead,
  kWrite,
  kSync,
  kTruncate,
  kAllocate,
  kList,
  kMakeDirectory,
  kRename,
  kRemove,
  kSyncDirectory,
};

struct Fault {
  enum class Kind : std::uint8_t {
    kIo,         // EIO, nothing is done
    kNoSpace,    // ENOSPC; a write may have been done in part (half of it is)
    kLostPages,  // for kSync: EIO, and the unsynced bytes stay readable but will never be durable, as on Linux
  };
  Kind kind = Kind::kIo;
  std::uint64_t after = 0;            // so many operations that match succeed before
  std::uint64_t count = 1;            // so many fail; UINT64_MAX: all from then on
  std::optional<FileOperation> only;  // of this kind
  std::string path_contains;          // of files whose path contains this
};

class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) override;
  Result<> make_directories(const std::string& path) override;
  Result<> make_directory(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<> remove_tree(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

  // Power is cut and comes back. Open files and locks are dead; the disk holds what was synced and what the seed gives.
  void crash(std::uint64_t seed);
  // The process is killed, the machine lives on: open files and locks are dead, the cache stays.
  void kill_process();

  void inject(Fault fault);  // several may be active
  void clear_faults();
  [[nodiscard]] std::uint64_t operations() const;  // that could have failed, so far
  void set_capacity(std::uint64_t bytes);          // writes and allocations beyond it: ENOSPC

  // Behind everyone's back, for tests of damage: in the cache and on the disk at once.
  Result<> flip_bit(const std::string& path, std::uint64_t position, unsigned bit);
  // What a crash without luck would leave: the synced state alone.
  [[nodiscard]] std::optional<Bytes> durable_bytes(const std::string& path) const;

  struct State;  // of the implementation

 private:
  std::shared_ptr<State> state_;
};

}  // namespace antiphon::testing
