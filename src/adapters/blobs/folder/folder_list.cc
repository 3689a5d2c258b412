// Listing in byte order of whole names, one folder's entries in memory at a time, and the cleaning of leftovers.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "adapters/blobs/folder/folder_store.h"
#include "adapters/blobs/name.h"

namespace antiphon::blobs {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// Names of one folder; those of folders end with '/', so that sorting them sorts the whole names: a.txt before a/b
// before a0.
Result<std::vector<std::string>> entries_of(int folder) {
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return errno_error(errno, "open folder");
  const std::unique_ptr<DIR, CloseFolder> stream(::fdopendir(copy));
  if (!stream) {
    ::close(copy);
    return errno_error(errno, "list folder");
  }
  std::vector<std::string> names;
  for (errno = 0; const dirent* entry = ::readdir(stream.get()); errno = 0) {
    std::string name(entry->d_name);
    if (name == "." || name == "..") continue;
    unsigned char type = entry->d_type;
    if (type == DT_UNKNOWN) {
      struct stat status {};
      if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      type = static_cast<unsigned char>(IFTODT(status.st_mode));
    }
    if (type != DT_REG && type != DT_DIR) continue;
    if (type == DT_DIR) name.push_back('/');
    if (names.size() >= FolderStore::kFolderEntriesMax) {
      return make_error(ErrorKind::kLimit,
                        fmt::format("a folder has more than {} entries", FolderStore::kFolderEntriesMax));
    }
    names.push_back(std::move(name));
  }
  if (errno != 0) return errno_error(errno, "list folder");
  std::sort(names.begin(), names.end());
  return names;
}

class Walk {
 public:
  Walk(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each) : prefix_(prefix), each_(each) {}

  // False: `each` wants no more.
  Result<bool> folder(int fd, const std::string& base, int depth) {
    if (depth > FolderStore::kFolderDepthMax)
      return make_error(ErrorKind::kLimit, "folders are nested more than 64 deep");
    ANTIPHON_TRY(names, entries_of(fd));
    for (const auto& name : names) {
      const std::string full = base + name;
      ANTIPHON_TRY(go_on, name.back() == '/' ? subfolder(fd, name, full, depth) : file(fd, name, full));
      if (!go_on) return false;
    }
    return true;
  }

 private:
  Result<bool> subfolder(int fd, const std::string& name, const std::string& full, int depth) {
    if (depth == 0 && name == fmt::format("{}/", FolderStore::kTemporaryFolder)) return true;
    if (!full.starts_with(prefix_) && !prefix_.starts_with(full)) return true;
    const std::string_view component(name.data(), name.size() - 1);
    auto below = open_folder(fd, std::span(&component, 1));
    if (!below) {
      const auto kind = below.error().kind;
      if (kind == ErrorKind::kNotFound || kind == ErrorKind::kConflict) return true;  // gone, or replaced, meanwhile
      return std::move(below).error();
    }
    return folder(below->get(), full, depth + 1);
  }

  Result<bool> file(int fd, const std::string& name, const std::string& full) {
    if (!full.starts_with(prefix_) || !check_name(full)) return true;
    struct stat status {};
    if (::fstatat(fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) return true;
    return each_(BlobInfo{full, static_cast<std::uint64_t>(status.st_size), FolderStore::version_of(status)});
  }

  const std::string& prefix_;
  const std::function<bool(const BlobInfo&)>& each_;
};

}  // namespace

Result<> FolderStore::list(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each) {
  auto root = open();
  if (!root) return std::move(root).error().within(fmt::format("list {}", path_));
  if (!root->only.empty()) {
    if (!root->only.starts_with(prefix)) return {};
    ANTIPHON_TRY(found, head(root->only));
    each(found.info);
    return {};
  }
  // The folders that the prefix names whole are gone into at once, without listing what stands beside them.
  const std::string base = prefix.substr(0, prefix.rfind('/') + 1);
  std::vector<std::string_view> parts;
  if (!base.empty()) {
    const auto name = std::string_view(base).substr(0, base.size() - 1);
    if (!check_name(name)) return {};
    parts = components_of(name);
    if (parts.front() == kTemporaryFolder) return {};
  }
  auto start = open_folder(root->folder.get(), parts);
  if (!start) {
    const auto kind = start.error().kind;
    if (kind == ErrorKind::kNotFound || kind == ErrorKind::kConflict) return {};
    return std::move(start).error().within(fmt::format("list {}", path_));
  }
  auto walked = Walk(prefix, each).folder(start->get(), base, static_cast<int>(parts.size()));
  if (!walked) return std::move(walked).error().within(fmt::format("list {}", path_));
  return {};
}

Result<> FolderStore::remove_leftovers(int root) const {
  const std::string_view name = kTemporaryFolder;
  auto folder = open_folder(root, std::span(&name, 1));
  if (!folder && folder.error().kind == ErrorKind::kNotFound) return {};
  if (!folder) return std::move(folder).error();
  ANTIPHON_TRY(names, entries_of(folder->get()));
  for (const auto& left : names) {
    auto file = open_plain_file(folder->get(), left);
    if (!file) continue;
    if (::flock(file->descriptor.get(), LOCK_EX | LOCK_NB) != 0) continue;  // somebody is writing it
    ::unlinkat(folder->get(), left.c_str(), 0);
  }
  return {};
}

}  // namespace antiphon::blobs
