// Walking below a folder without ever leaving it: one openat(2) a component, none of which may be a link. What somebody
// places inside the folder (a link to /etc, a pipe, a device) is met as kConflict, never followed and never waited for.
#pragma once

#include <sys/stat.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"

namespace antiphon::blobs {

class Descriptor {  // owns a file descriptor
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// The folder a person named: links in its own path are theirs and are followed. ENOTDIR comes back as kConflict.
Result<Descriptor> open_root(const std::string& path);

// A folder below. kNotFound: a component is missing; kConflict: one is a file or a link.
Result<Descriptor> open_folder(int root, std::span<const std::string_view> components);

// One folder in another one; made if missing. `made` tells, because the maker owes its parent an fsync.
Result<Descriptor> open_or_make_folder(int parent, const std::string& name, bool& made);

// A plain file for reading. kNotFound; kConflict: a link, folder, pipe or device.
struct PlainFile {
  Descriptor descriptor;
  struct stat status {};
};
Result<PlainFile> open_plain_file(int folder, const std::string& name);

// errno of a walk as an Error: ELOOP and ENOTDIR are kConflict, the rest as errno_error says.
Error walk_error(int error_number, std::string_view what);

}  // namespace antiphon::blobs
