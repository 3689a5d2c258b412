// The file system as the log and the stores need it. Everything that must survive a crash goes through here, so that a
// test can fail the n-th call, tear a write or lose what was not synced (core/testing/memory_file_system.h).
//
// Paths are absolute or relative to the process; no '..' is resolved here. All calls are thread-safe; one File may be
// read by several threads, but written by one at a time.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace antiphon {

constexpr std::size_t kDirectAlignment = 4096;  // bytes; every block device takes it

class File {
 public:
  virtual ~File() = default;

  // Reads up to out.size() bytes at `position`; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t position, MutableByteView out) const = 0;
  // Writes all of it or fails. After a failure the bytes at `position` and behind it are undefined.
  virtual Result<> write_at(std::uint64_t position, ByteView data) = 0;
  // The same, gathered from several pieces.
  virtual Result<> write_at(std::uint64_t position, std::span<const ByteView> pieces) = 0;
  // fdatasync: what was written is on stable storage, with the size. A failure means that earlier writes may be lost
  // for ever (the kernel reports it once): the caller never tries again as if nothing had happened.
  virtual Result<> sync_data() = 0;
  // write_at() and sync_data() in one, and past the page cache where the system can: for a file that is written in
  // place and read again only after a crash. `position` and the bytes in all are multiples of kDirectAlignment.
  virtual Result<> write_through(std::uint64_t position, std::span<const ByteView> pieces) {
    ANTIPHON_TRY_VOID(write_at(position, pieces));
    return sync_data();
  }
  virtual Result<> truncate(std::uint64_t size) = 0;
  // fallocate without KEEP_SIZE: reserves and zero-fills [0, size).
  virtual Result<> allocate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() const = 0;
  // For sendfile(2) and epoll; -1 for a file that is not the kernel's.
  [[nodiscard]] virtual int native_handle() const = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // read and write, made if missing
  kCreateNew,  // read and write, must not exist (kAlreadyExists)
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
};

class FileLock {  // released when destroyed
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<std::vector<DirectoryEntry>> list(
      const std::string& directory) = 0;                           // sorted by name, without . and ..
  virtual Result<> make_directories(const std::string& path) = 0;  // with parents, each synced
  // One, in a folder that is there: its name is durable once that folder is synced. Fine where it is there already.
  virtual Result<> make_directory(const std::string& path) = 0;
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;  // atomic; not yet durable
  virtual Result<> remove(const std::string& path) = 0;                         // a file; kNotFound if missing
  virtual Result<> remove_tree(const std::string& path) = 0;                    // missing is fine
  virtual Result<> sync_directory(const std::string& path) = 0;  // makes entries made, renamed, removed in it durable
  virtual Result<bool> exists(const std::string& path) = 0;
  // Exclusive, advisory, dies with the process. Held by another: kAlreadyExists, with the holder's pid where known.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
};

// The real one. No state; lives as long as the process.
class PosixFileSystem final : public FileSystem {
 public:
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
};

// Whole small files. write_file_atomically: temporary name, sync, rename, directory sync.
Result<Bytes> read_file(FileSystem& fs, const std::string& path, std::uint64_t bytes_max);
Result<> write_file_atomically(FileSystem& fs, const std::string& path, ByteView data);

}  // namespace antiphon
