#include "adapters/blobs/folder/folder_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "adapters/blobs/name.h"
#include "core/file_system.h"

namespace antiphon::blobs {
namespace {

BlobInfo info_of(const std::string& name, const struct stat& status) {
  return BlobInfo{name, static_cast<std::uint64_t>(status.st_size), FolderStore::version_of(status)};
}

Result<std::size_t> read_fully(int fd, std::uint64_t position, MutableByteView out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto n = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(position + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace

std::string FolderStore::version_of(const struct stat& status) {
  const auto modified_ns = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  return fmt::format("{}:{}:{}", status.st_ino, status.st_size, modified_ns);
}

std::string FolderStore::describe() const { return fmt::format("file://{}", path_); }

Result<FolderStore::Root> FolderStore::open() const {
  auto folder = open_root(path_);
  if (folder) return Root{std::move(*folder), {}};
  if (folder.error().kind != ErrorKind::kConflict) return std::move(folder).error();
  const std::filesystem::path file(path_);
  ANTIPHON_TRY(parent, open_root(file.parent_path().string()));
  return Root{std::move(parent), file.filename().string()};
}

Result<FolderStore::Root> FolderStore::open_for_writing() const {
  auto root = open();
  if (!root && root.error().kind == ErrorKind::kNotFound) {
    // It was there when the store was probed: a disk that is not mounted now, not a reason to write somewhere else.
    return make_error(ErrorKind::kUnavailable, fmt::format("the folder {} is not there (any more)", path_));
  }
  if (root && !root->only.empty())
    return make_error(ErrorKind::kConfig, fmt::format("{} is a file, not a folder to write into", path_));
  return root;
}

Result<PlainFile> FolderStore::open_object(const std::string& name) const {
  ANTIPHON_TRY_VOID(check_name(name));
  const auto parts = components_of(name);
  if (parts.front() == kTemporaryFolder) return make_error(ErrorKind::kNotFound, "open: a reserved name");
  ANTIPHON_TRY(root, open());
  if (!root.only.empty()) {
    if (name != root.only)
      return make_error(ErrorKind::kNotFound, fmt::format("the store {} is one file of another name", path_));
    // The link a person names is theirs; only below a folder are links refused.
    const int fd = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return errno_error(errno, fmt::format("open {}", path_));
    PlainFile file{Descriptor(fd)};
    if (::fstat(fd, &file.status) != 0) return errno_error(errno, "stat");
    if (!S_ISREG(file.status.st_mode))
      return make_error(ErrorKind::kConflict, fmt::format("{} is not a plain file", path_));
    return file;
  }
  const std::span<const std::string_view> above(parts.data(), parts.size() - 1);
  ANTIPHON_TRY(folder, open_folder(root.folder.get(), above));
  return open_plain_file(folder.get(), std::string(parts.back()));
}

Result<> FolderStore::probe(Use use) {
  if (use == Use::kWrite) {
    PosixFileSystem files;
    auto made = files.make_directories(path_);
    if (!made) return std::move(made).error().within("make the archive folder");
    ANTIPHON_TRY(root, open_for_writing());
    return remove_leftovers(root.folder.get());
  }
  ANTIPHON_TRY(root, open());
  const int allowed = root.only.empty() ? ::faccessat(root.folder.get(), ".", R_OK | X_OK, AT_EACCESS)
                                        : ::faccessat(root.folder.get(), root.only.c_str(), R_OK, AT_EACCESS);
  if (allowed != 0) return errno_error(errno, fmt::format("read {}", path_));
  return {};
}

Result<BlobMetadata> FolderStore::head(const std::string& name) {
  ANTIPHON_TRY(file, open_object(name));
  return BlobMetadata{info_of(name, file.status), {}};
}

Result<std::size_t> FolderStore::read_at(const std::string& name, const std::string& version, std::uint64_t position,
                                         MutableByteView out) {
  ANTIPHON_TRY(file, open_object(name));
  const auto changed = [&](const struct stat& status) { return !version.empty() && version_of(status) != version; };
  if (changed(file.status)) return make_error(ErrorKind::kConflict, "the file is not the version that was asked for");
  ANTIPHON_TRY(count, read_fully(file.descriptor.get(), position, out));
  struct stat after {};
  if (::fstat(file.descriptor.get(), &after) != 0) return errno_error(errno, "stat");
  if (changed(after)) return make_error(ErrorKind::kConflict, "the file changed while it was read");
  return count;
}

Result<Bytes> FolderStore::read(const std::string& name, std::uint64_t bytes_max) {
  ANTIPHON_TRY(file, open_object(name));
  const auto size = static_cast<std::uint64_t>(file.status.st_size);
  if (size > bytes_max)
    return make_error(ErrorKind::kLimit, fmt::format("the file has {} bytes, above {}", size, bytes_max));
  Bytes data(size);
  ANTIPHON_TRY(count, read_fully(file.descriptor.get(), 0, data));
  data.resize(count);
  return data;
}

Result<> FolderStore::remove(const std::string& name) {
  ANTIPHON_TRY_VOID(check_name(name));
  const auto parts = components_of(name);
  ANTIPHON_TRY(root, open_for_writing());
  auto folder = open_folder(root.folder.get(), std::span(parts.data(), parts.size() - 1));
  if (!folder && folder.error().kind == ErrorKind::kNotFound) return {};
  if (!folder) return std::move(folder).error();
  if (::unlinkat(folder->get(), std::string(parts.back()).c_str(), 0) != 0 && errno != ENOENT)
    return errno_error(errno, "remove");
  // Also after ENOENT: the removal may have been seen by us before it was durable.
  if (::fsync(folder->get()) != 0) return errno_error(errno, "sync folder");
  return {};
}

}  // namespace antiphon::blobs
