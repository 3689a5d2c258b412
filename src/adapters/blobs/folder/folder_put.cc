// The way of a put: temporary file, sync, a name that replaces nothing, sync of the folders.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "adapters/blobs/folder/folder_store.h"
#include "adapters/blobs/name.h"

namespace antiphon::blobs {
namespace {

constexpr int kPutAttemptsMax =
    5;  // each is lost only to a cleaner that came between open and lock, or a folder just removed

// A locked, empty file with a name of its own, gone with its owner unless it was given another. Its descriptor holds
// the lock.
class Temporary {
 public:
  Temporary(int folder, std::string named, Descriptor opened)
      : file(std::move(opened)), name(std::move(named)), folder_(folder) {}
  Temporary(Temporary&& other) noexcept
      : file(std::move(other.file)), name(std::move(other.name)), folder_(std::exchange(other.folder_, -1)) {}
  Temporary& operator=(Temporary&&) = delete;
  ~Temporary() {
    if (folder_ >= 0) ::unlinkat(folder_, name.c_str(), 0);
  }
  [[nodiscard]] int folder() const { return folder_; }
  void was_renamed() { folder_ = -1; }

  Descriptor file;
  std::string name;

 private:
  int folder_;
};

Result<Temporary> make_temporary(int folder) {
  static std::atomic<std::uint64_t> counter{0};  // with the pid: a name no living process has; O_EXCL decides the rest
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string name = fmt::format("{}-{}", ::getpid(), counter.fetch_add(1, std::memory_order_relaxed));
    Descriptor file(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (file.get() < 0) {
      if (errno == EEXIST || errno == EINTR) continue;
      return errno_error(errno, "make a temporary file");
    }
    // Else a cleaner has it, and removes it.
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return Temporary(folder, std::move(name), std::move(file));
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

std::string last_of(const Put& one) { return std::string(components_of(one.name).back()); }

bool is_taken(int folder, const Put& one) {
  return ::faccessat(folder, last_of(one).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

// 0, or errno.
int give_name(Temporary& temporary, int folder, const Put& one) {
  const std::string last = last_of(one);
  int error = 0;
  if (one.options.only_if_absent) {
    error = rename_over_nothing(temporary.folder(), temporary.name.c_str(), folder, last.c_str());
  } else if (::renameat(temporary.folder(), temporary.name.c_str(), folder, last.c_str()) != 0) {
    error = errno;
  }
  if (error == 0) temporary.was_renamed();
  return error;
}

Result<> sync_folder(int folder) {
  if (::fsync(folder) != 0) return errno_error(errno, "sync folder");
  return {};
}

// Whoever learns that a name is taken may rely on it from then on; its writer may have died before the name was
// durable.
Error name_is_taken(int folder) {
  if (auto synced = sync_folder(folder); !synced) return std::move(synced).error();
  return make_error(ErrorKind::kAlreadyExists, "the name is taken");
}

}  // namespace

Result<Descriptor> FolderStore::make_folders(int root, const std::string& name) {
  const auto parts = components_of(name);
  ANTIPHON_TRY(folder, open_folder(root, {}));
  std::string path;
  for (const auto component : std::span(parts.data(), parts.size() - 1)) {
    bool made = false;
    const std::string parent = path;
    path.append(component).push_back('/');
    ANTIPHON_TRY(next, open_or_make_folder(folder.get(), std::string(component), made));
    bool durable = false;
    if (!made) {
      const std::lock_guard lock(mutex_);
      durable = durable_folders_.contains(path);
    }
    // Not made by us now, yet perhaps by one who has not synced it yet, or died before it could.
    if (!durable) {
      ANTIPHON_TRY_VOID(syncs_.sync(parent, [&] { return sync_folder(folder.get()); }));
      const std::lock_guard lock(mutex_);
      if (durable_folders_.size() >= kDurableFoldersMax) durable_folders_.clear();
      durable_folders_.insert(path);
    }
    folder = std::move(next);
  }
  return folder;
}

// All in the folder of the first: every file is written and synced, then they get their names in order, then their
// folder is synced, once.
Result<> FolderStore::put_once(int root, std::span<const Put> puts) {
  bool made = false;
  auto opened = open_or_make_folder(root, std::string(kTemporaryFolder), made);
  if (!opened && opened.error().kind == ErrorKind::kConflict) {
    // Of the whole store, not of this name: nobody may take it for an object that stands in the way.
    return make_error(ErrorKind::kConfig, fmt::format("{}/{} is no folder; remove it", path_, kTemporaryFolder));
  }
  if (!opened) return std::move(opened).error();
  const Descriptor temporaries = std::move(*opened);
  ANTIPHON_TRY(folder, make_folders(root, puts.front().name));
  std::vector<Temporary> written;
  for (const Put& one : puts) {
    if (one.options.only_if_absent && is_taken(folder.get(), one)) return name_is_taken(folder.get());
    ANTIPHON_TRY(temporary, make_temporary(temporaries.get()));
    ANTIPHON_TRY_VOID(write_and_sync(temporary.file.get(), one.data));
    written.push_back(std::move(temporary));
  }
  for (std::size_t i = 0; i < puts.size(); ++i) {
    const int error = give_name(written[i], folder.get(), puts[i]);
    if (error == EEXIST) return name_is_taken(folder.get());
    if (error == EISDIR || error == ENOTEMPTY) return make_error(ErrorKind::kConflict, "a folder has that name");
    if (error != 0) return errno_error(error, "rename");
  }
  return sync_folder(folder.get());
}

Result<> FolderStore::put_in_order(std::span<const Put> puts) {
  if (puts.empty()) return {};
  const auto folder_of = [](const Put& one) { return std::string_view(one.name).substr(0, one.name.rfind('/') + 1); };
  for (const Put& one : puts) {
    ANTIPHON_TRY_VOID(check_name(one.name));
    if (components_of(one.name).front() == kTemporaryFolder)
      return make_error(ErrorKind::kInvalidInput, "a reserved name");
    if (folder_of(one) != folder_of(puts.front())) return BlobStore::put_in_order(puts);
  }
  Result<> outcome;
  for (int attempt = 0; attempt < kPutAttemptsMax; ++attempt) {
    ANTIPHON_TRY(root, open_for_writing());
    outcome = put_once(root.folder.get(), puts);
    if (outcome || outcome.error().kind != ErrorKind::kNotFound) return outcome;
  }
  return make_error(ErrorKind::kUnavailable, fmt::format("files vanish below {} while they are written", path_));
}

Result<> FolderStore::put(const std::string& name, ByteView data, const PutOptions& options) {
  const Put one{name, data, options};
  return put_in_order({&one, 1});
}

}  // namespace antiphon::blobs
