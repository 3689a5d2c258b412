#include "core/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace antiphon {
namespace {

constexpr std::size_t kIovMax = 512;  // below Linux' IOV_MAX of 1024
// Up to here a write past the page cache is faster than one through it (open(2), O_DIRECT); it is copied once either
// way.
constexpr std::size_t kDirectBytesMax = 256U << 10U;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error failed(const char* call, const std::string& path) { return errno_error(errno, fmt::format("{} {}", call, path)); }

class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t position, MutableByteView out) const override {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto n = ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(position + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<> write_at(std::uint64_t position, ByteView data) override {
    return write_at(position, std::span<const ByteView>(&data, 1));
  }

  Result<> write_at(std::uint64_t position, std::span<const ByteView> pieces) override {
    std::vector<iovec> vectors;
    vectors.reserve(pieces.size());
    for (const ByteView piece : pieces) {
      if (!piece.empty()) vectors.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
    }
    std::span<iovec> left(vectors);
    while (!left.empty()) {
      const auto n = ::pwritev(fd_.get(), left.data(), static_cast<int>(std::min(left.size(), kIovMax)),
                               static_cast<off_t>(position));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("write", path_);
      if (n == 0) return make_error(ErrorKind::kIo, fmt::format("write {}: nothing was written", path_));
      position += static_cast<std::uint64_t>(n);
      auto written = static_cast<std::size_t>(n);
      while (!left.empty() && written >= left.front().iov_len) {
        written -= left.front().iov_len;
        left = left.subspan(1);
      }
      if (written > 0) {
        left.front().iov_base = static_cast<std::byte*>(left.front().iov_base) + written;
        left.front().iov_len -= written;
      }
    }
    return {};
  }

  Result<> write_through(std::uint64_t position, std::span<const ByteView> pieces) override {
    std::size_t size = 0;
    for (const ByteView piece : pieces) size += piece.size();
    if (size > kDirectBytesMax || !open_direct()) return File::write_through(position, pieces);
    std::byte* to = aligned_.get();
    for (const ByteView piece : pieces) to = std::copy(piece.begin(), piece.end(), to);
    for (std::size_t done = 0; done < size;) {
      const auto n = ::pwrite(direct_->get(), aligned_.get() + done, size - done, static_cast<off_t>(position + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EINVAL) {  // opened so, and yet not able to: once more, all of it
        direct_.reset();
        return File::write_through(position, pieces);
      }
      if (n < 0) return failed("write", path_);
      if (n == 0) return make_error(ErrorKind::kIo, fmt::format("write {}: nothing was written", path_));
      done += static_cast<std::size_t>(n);
    }
    return sync_data();
  }

  Result<> sync_data() override {
    // No retry on EINTR either: a failed sync may have dropped the pages it reports.
    if (::fdatasync(fd_.get()) != 0) return failed("fdatasync", path_);
    return {};
  }
  Result<> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return failed("truncate", path_);
    return {};
  }
  Result<> allocate(std::uint64_t size) override {
    if (const int error = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size)); error != 0) {
      return errno_error(error, fmt::format("allocate {} bytes for {}", size, path_));
    }
    return {};
  }
  Result<std::uint64_t> size() const override {
    struct stat info {};
    if (::fstat(fd_.get(), &info) != 0) return failed("stat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }
  [[nodiscard]] int native_handle() const override { return fd_.get(); }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };

  // Not every file system can (FUSE, some overlays): then it goes through the cache.
  bool open_direct() {
    if (direct_tried_) return direct_.has_value();
    direct_tried_ = true;
    aligned_.reset(static_cast<std::byte*>(std::aligned_alloc(kDirectAlignment, kDirectBytesMax)));
    Descriptor fd(::open(fmt::format("/proc/self/fd/{}", fd_.get()).c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
    if (fd.get() >= 0 && aligned_) direct_.emplace(std::move(fd));
    return direct_.has_value();
  }

  Descriptor fd_;
  std::string path_;
  bool direct_tried_ = false;
  std::optional<Descriptor> direct_;  // the same file
  std::unique_ptr<std::byte, Free> aligned_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
  Descriptor fd(::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0600));
  if (fd.get() < 0) return failed("open", path);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::list(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator it(directory, error);
  if (error) return errno_error(error.value(), fmt::format("list {}", directory));
  std::vector<DirectoryEntry> entries;
  for (; it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (error) return errno_error(error.value(), fmt::format("list {}", directory));
    std::error_code ignored;  // an entry that vanished meanwhile is not a directory
    entries.push_back({it->path().filename().string(), it->is_directory(ignored)});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

Result<> PosixFileSystem::make_directories(const std::string& path) {
  const std::filesystem::path full(path);
  std::filesystem::path so_far;
  for (const auto& part : full) {
    const std::filesystem::path parent = so_far.empty() ? std::filesystem::path(".") : so_far;
    so_far /= part;
    if (part.empty() || part == "/" || ::mkdir(so_far.c_str(), 0700) != 0) {
      if (part.empty() || part == "/" || errno == EEXIST) continue;
      return failed("make folder", so_far.string());
    }
    ANTIPHON_TRY_VOID(sync_directory(parent.string()));
  }
  if (!std::filesystem::is_directory(full)) {
    return make_error(ErrorKind::kIo, fmt::format("{} is in the way: it is not a folder", path));
  }
  return {};
}

Result<> PosixFileSystem::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return failed("make folder", path);
  if (std::filesystem::is_directory(path)) return {};
  return make_error(ErrorKind::kIo, fmt::format("{} is in the way: it is not a folder", path));
}

Result<> PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", fmt::format("{} to {}", from, to));
  return {};
}

Result<> PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed("remove", path);
  return {};
}

Result<> PosixFileSystem::remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return errno_error(error.value(), fmt::format("remove {}", path));
  return {};
}

Result<> PosixFileSystem::sync_directory(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return failed("open folder", path);
  if (::fsync(fd.get()) != 0) return failed("fsync folder", path);
  return {};
}

Result<bool> PosixFileSystem::exists(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed("stat", path);
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0) return failed("open lock", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path);
    std::array<char, 32> holder{};
    const auto n = ::pread(fd.get(), holder.data(), holder.size() - 1, 0);
    return make_error(ErrorKind::kAlreadyExists,
                      fmt::format("{} is held by process {}", path, n > 0 ? holder.data() : "unknown"));
  }
  const std::string pid = fmt::format("{}", ::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) return failed("write", path);
  return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(fd)));
}

Result<std::uint64_t> PosixFileSystem::free_bytes(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return failed("statvfs", path);
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

Result<Bytes> read_file(FileSystem& fs, const std::string& path, std::uint64_t bytes_max) {
  ANTIPHON_TRY(file, fs.open(path, OpenMode::kRead));
  ANTIPHON_TRY(size, file->size());
  if (size > bytes_max) {
    return make_error(ErrorKind::kLimit, fmt::format("{} has {} bytes; at most {} are read", path, size, bytes_max));
  }
  Bytes data(size);
  ANTIPHON_TRY(read, file->read_at(0, data));
  data.resize(read);
  return data;
}

Result<> write_file_atomically(FileSystem& fs, const std::string& path, ByteView data) {
  const std::string temporary = path + ".tmp";
  {
    ANTIPHON_TRY(file, fs.open(temporary, OpenMode::kCreate));
    ANTIPHON_TRY_VOID(file->truncate(0));
    ANTIPHON_TRY_VOID(file->write_at(0, data));
    ANTIPHON_TRY_VOID(file->sync_data());
  }
  ANTIPHON_TRY_VOID(fs.rename(temporary, path));
  const auto parent = std::filesystem::path(path).parent_path().string();
  return fs.sync_directory(parent.empty() ? "." : parent);
}

}  // namespace antiphon
