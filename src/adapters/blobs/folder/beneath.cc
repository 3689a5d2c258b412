#include "adapters/blobs/folder/beneath.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace antiphon::blobs {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

int open_again_on_signal(int parent, const char* name, int flags) {
  for (;;) {
    const int fd = ::openat(parent, name, flags);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Error walk_error(int error_number, std::string_view what) {
  if (error_number == ELOOP || error_number == ENOTDIR) {
    return make_error(ErrorKind::kConflict, fmt::format("{}: a link or another kind of file stands in the way", what));
  }
  return errno_error(error_number, what);
}

Result<Descriptor> open_root(const std::string& path) {
  Descriptor root(open_again_on_signal(AT_FDCWD, path.c_str(), kFolderFlags));
  if (root.get() < 0) return walk_error(errno, fmt::format("open folder {}", path));
  return root;
}

Result<Descriptor> open_folder(int root, std::span<const std::string_view> components) {
  Descriptor folder(open_again_on_signal(root, ".", kFolderFlags));
  if (folder.get() < 0) return walk_error(errno, "open folder");
  for (const auto component : components) {
    Descriptor next(open_again_on_signal(folder.get(), std::string(component).c_str(), kFolderFlags | O_NOFOLLOW));
    if (next.get() < 0) return walk_error(errno, "open folder");
    folder = std::move(next);
  }
  return folder;
}

Result<Descriptor> open_or_make_folder(int parent, const std::string& name, bool& made) {
  made = ::mkdirat(parent, name.c_str(), 0777) == 0;
  if (!made && errno != EEXIST) return walk_error(errno, "make folder");
  Descriptor folder(open_again_on_signal(parent, name.c_str(), kFolderFlags | O_NOFOLLOW));
  if (folder.get() < 0) return walk_error(errno, "open folder");
  return folder;
}

Result<PlainFile> open_plain_file(int folder, const std::string& name) {
  // O_NONBLOCK: opening a pipe that somebody placed there must not wait for its writer.
  PlainFile file{
      Descriptor(open_again_on_signal(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC))};
  if (file.descriptor.get() < 0) {
    if (errno == ENXIO) return make_error(ErrorKind::kConflict, "open: not a plain file");
    return walk_error(errno, "open");
  }
  if (::fstat(file.descriptor.get(), &file.status) != 0) return errno_error(errno, "stat");
  if (!S_ISREG(file.status.st_mode)) return make_error(ErrorKind::kConflict, "open: not a plain file");
  return file;
}

}  // namespace antiphon::blobs
