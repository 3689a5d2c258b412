// The way of a put: temporary file, sync, a name that replaces nothing, sync of the folders.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "adapters/blobs/folder/folder_store.h"
#include "adapters/blobs/name.h"

namespace antiphon::blobs {
namespace {

constexpr int kPutAttemptsMax =
    5;  // each is lost only to a cleaner that came between open and lock, or a folder just removed

// A locked, empty file with a name of its own. Its descriptor holds the lock.
struct Temporary {
  Descriptor file;
  std::string name;
};

Result<Temporary> make_temporary(int folder) {
  static std::atomic<std::uint64_t> counter{0};  // with the pid: a name no living process has; O_EXCL decides the rest
  for (int attempt = 0; attempt < 100; ++attempt) {
    Temporary temporary;
    temporary.name = fmt::format("{}-{}", ::getpid(), counter.fetch_add(1, std::memory_order_relaxed));
    temporary.file = Descriptor(
        ::openat(folder, temporary.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (temporary.file.get() < 0) {
      if (errno == EEXIST || errno == EINTR) continue;
      return errno_error(errno, "make a temporary file");
    }
    if (::flock(temporary.file.get(), LOCK_EX | LOCK_NB) == 0) return temporary;
  }
  return make_error(ErrorKind::kIo, "no free name for a temporary file after 100 attempts");
}

Result<> write_and_sync(int fd, ByteView data) {
  while (!data.empty()) {
    const auto n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "write");
    if (n == 0) return make_error(ErrorKind::kIo, "write: nothing was written");
    data = data.subspan(static_cast<std::size_t>(n));
  }
  if (::fdatasync(fd) != 0) return errno_error(errno, "sync");
  return {};
}

// 0, or errno. File systems without RENAME_NOREPLACE get a link, which refuses a taken name as well.
int rename_over_nothing(int from, const char* name, int to, const char* final_name) {
  if (::renameat2(from, name, to, final_name, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::linkat(from, name, to, final_name, 0) != 0) return errno;
  ::unlinkat(from, name, 0);
  return 0;
}

// Whoever learns that a name is taken may rely on it from then on; its writer may have died before the name was
// durable.
Error name_is_taken(int folder) {
  if (::fsync(folder) != 0) return errno_error(errno, "sync folder");
  return make_error(ErrorKind::kAlreadyExists, "the name is taken");
}

}  // namespace

Result<Descriptor> FolderStore::make_folders(int root, const std::string& name) {
  const auto parts = components_of(name);
  ANTIPHON_TRY(folder, open_folder(root, {}));
  std::string path;
  for (const auto component : std::span(parts.data(), parts.size() - 1)) {
    bool made = false;
    path.append(component).push_back('/');
    ANTIPHON_TRY(next, open_or_make_folder(folder.get(), std::string(component), made));
    bool durable = false;
    if (!made) {
      const std::lock_guard lock(mutex_);
      durable = durable_folders_.contains(path);
    }
    // Not made by us now, yet perhaps by one who has not synced it yet, or died before it could.
    if (!durable && ::fsync(folder.get()) != 0) return errno_error(errno, "sync folder");
    if (!durable) {
      const std::lock_guard lock(mutex_);
      if (durable_folders_.size() >= kDurableFoldersMax) durable_folders_.clear();
      durable_folders_.insert(path);
    }
    folder = std::move(next);
  }
  return folder;
}

Result<> FolderStore::put_once(int root, const std::string& name, ByteView data, bool only_if_absent) {
  bool made = false;
  auto opened = open_or_make_folder(root, std::string(kTemporaryFolder), made);
  if (!opened && opened.error().kind == ErrorKind::kConflict) {
    // Of the whole store, not of this name: nobody may take it for an object that stands in the way.
    return make_error(ErrorKind::kConfig, fmt::format("{}/{} is no folder; remove it", path_, kTemporaryFolder));
  }
  if (!opened) return std::move(opened).error();
  const Descriptor temporaries = std::move(*opened);
  ANTIPHON_TRY(folder, make_folders(root, name));
  const std::string last(components_of(name).back());
  if (only_if_absent && ::faccessat(folder.get(), last.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return name_is_taken(folder.get());
  ANTIPHON_TRY(temporary, make_temporary(temporaries.get()));
  auto written = write_and_sync(temporary.file.get(), data);
  int error = 0;
  if (written) {
    if (only_if_absent) {
      error = rename_over_nothing(temporaries.get(), temporary.name.c_str(), folder.get(), last.c_str());
    } else if (::renameat(temporaries.get(), temporary.name.c_str(), folder.get(), last.c_str()) != 0) {
      error = errno;
    }
  }
  if (!written || error != 0) ::unlinkat(temporaries.get(), temporary.name.c_str(), 0);
  if (!written) return written;
  if (error == EEXIST) return name_is_taken(folder.get());
  if (error == EISDIR || error == ENOTEMPTY) return make_error(ErrorKind::kConflict, "a folder has that name");
  if (error != 0) return errno_error(error, "rename");
  if (::fsync(folder.get()) != 0) return errno_error(errno, "sync folder");
  return {};
}

Result<> FolderStore::put(const std::string& name, ByteView data, const PutOptions& options) {
  ANTIPHON_TRY_VOID(check_name(name));
  if (components_of(name).front() == kTemporaryFolder) return make_error(ErrorKind::kInvalidInput, "a reserved name");
  Result<> outcome;
  for (int attempt = 0; attempt < kPutAttemptsMax; ++attempt) {
    ANTIPHON_TRY(root, open_for_writing());
    outcome = put_once(root.folder.get(), name, data, options.only_if_absent);
    if (outcome || outcome.error().kind != ErrorKind::kNotFound) return outcome;
  }
  return make_error(ErrorKind::kUnavailable, fmt::format("files vanish below {} while they are written", path_));
}

}  // namespace antiphon::blobs
