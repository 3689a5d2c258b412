#include "core/testing/memory_file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>
#include <utility>

#include "core/testing/memory_disk.h"

namespace antiphon::testing {

struct MemoryFileSystem::State {
  mutable std::mutex mutex;
  std::shared_ptr<std::uint64_t> used = std::make_shared<std::uint64_t>(0);
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max() / 2;
  std::uint64_t generation = 0;  // of the process: a crash or a kill makes the next one
  std::uint64_t operations = 0;
  std::shared_ptr<Node> root = std::make_shared<Node>();
  std::vector<DirectoryChange> changes;  // not durable yet, in order
  std::vector<Fault> faults;
  std::set<std::string> locks;

  // The fault that is due for this operation, if any.
  std::optional<Fault::Kind> fault(FileOperation operation, const std::string& path) {
    ++operations;
    for (Fault& fault : faults) {
      if (fault.only && *fault.only != operation) continue;
      if (path.find(fault.path_contains) == std::string::npos) continue;
      if (fault.after > 0) {
        --fault.after;
        continue;
      }
      if (fault.count == 0) continue;
      if (fault.count != std::numeric_limits<std::uint64_t>::max()) --fault.count;
      return fault.kind;
    }
    return std::nullopt;
  }
  Result<> check(FileOperation operation, const std::string& path, std::string_view call) {
    const auto kind = fault(operation, path);
    if (!kind) return {};
    return errno_error(*kind == Fault::Kind::kNoSpace ? ENOSPC : EIO, fmt::format("{} {}", call, path));
  }

  void change(DirectoryChange change) {
    if (change.removed_from) change.removed_from->entries.erase(change.removed_name);
    if (change.added_to) change.added_to->entries[change.added_name] = change.node;
    changes.push_back(std::move(change));
  }
  void sync_directory(const std::shared_ptr<Node>& directory) {
    std::vector<DirectoryChange> left;
    for (DirectoryChange& change : changes) {
      if (change.removed_from == directory || change.added_to == directory) {
        change.apply_durably();
      } else {
        left.push_back(std::move(change));
      }
    }
    changes = std::move(left);
  }
  void remove_below(const std::shared_ptr<Node>& parent, const std::string& name, const std::shared_ptr<Node>& node) {
    const auto children = node->entries;
    for (const auto& [child_name, child] : children) remove_below(node, child_name, child);
    change({parent, name, nullptr, {}, node});
  }
};

namespace {

using State = MemoryFileSystem::State;

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

std::shared_ptr<Node> find(const std::shared_ptr<Node>& root, const std::vector<std::string>& parts) {
  std::shared_ptr<Node> node = root;
  for (const std::string& part : parts) {
    const auto found = node->entries.find(part);
    if (found == node->entries.end()) return nullptr;
    node = found->second;
  }
  return node;
}

struct Place {
  std::shared_ptr<Node> parent;  // null: there is none
  std::string name;
  std::shared_ptr<Node> node;  // null: missing
};
Place place_of(const std::shared_ptr<Node>& root, const std::string& path) {
  auto parts = parts_of(path);
  if (parts.empty()) return {nullptr, {}, root};
  Place place;
  place.name = parts.back();
  parts.pop_back();
  place.parent = find(root, parts);
  if (place.parent && !place.parent->is_directory()) place.parent = nullptr;
  if (!place.parent) return place;
  const auto found = place.parent->entries.find(place.name);
  if (found != place.parent->entries.end()) place.node = found->second;
  return place;
}

Error missing(std::string_view call, const std::string& path) {
  return errno_error(ENOENT, fmt::format("{} {}", call, path));
}

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string path)
      : state_(std::move(state)), inode_(std::move(inode)), path_(std::move(path)), generation_(state_->generation) {}
  ~MemoryFile() override {
    const std::lock_guard lock(state_->mutex);
    inode_.reset();
  }

  Result<std::size_t> read_at(std::uint64_t position, MutableByteView out) const override {
    const std::lock_guard lock(state_->mutex);
    ANTIPHON_TRY_VOID(alive(FileOperation::kRead, "read"));
    const Bytes& bytes = inode_->cache();
    if (position >= bytes.size()) return std::size_t{0};
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), bytes.size() - position));
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(position), size, out.begin());
    return size;
  }
  Result<> write_at(std::uint64_t position, ByteView data) override {
    return write_at(position, std::span<const ByteView>(&data, 1));
  }
  Result<> write_at(std::uint64_t position, std::span<const ByteView> pieces) override {
    const std::lock_guard lock(state_->mutex);
    std::uint64_t total = 0;
    for (const ByteView piece : pieces) total += piece.size();
    std::uint64_t room = total;
    if (generation_ != state_->generation) return dead("write");
    const auto fault = state_->fault(FileOperation::kWrite, path_);
    if (fault == Fault::Kind::kIo || fault == Fault::Kind::kLostPages) return failed(EIO, "write");
    if (fault == Fault::Kind::kNoSpace) room = total / 2;
    const std::uint64_t growth =
        position + total > inode_->cache().size() ? position + total - inode_->cache().size() : 0;
    const std::uint64_t left = state_->capacity - std::min(state_->capacity, *state_->used);
    if (growth > left) room = std::min(room, total - std::min(total, growth - left));
    const bool enough = room == total;
    for (const ByteView piece : pieces) {
      const auto part = piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, piece.size())));
      inode_->write(position, part);
      position += part.size();
      room -= part.size();
    }
    if (!enough) return failed(ENOSPC, "write");
    return {};
  }
  Result<> sync_data() override {
    const std::lock_guard lock(state_->mutex);
    if (generation_ != state_->generation) return dead("fdatasync");
    const auto fault = state_->fault(FileOperation::kSync, path_);
    if (fault == Fault::Kind::kLostPages) inode_->lose_pages();
    if (fault) return failed(*fault == Fault::Kind::kNoSpace ? ENOSPC : EIO, "fdatasync");
    inode_->sync();
    return {};
  }
  Result<> truncate(std::uint64_t size) override {
    const std::lock_guard lock(state_->mutex);
    ANTIPHON_TRY_VOID(alive(FileOperation::kTruncate, "truncate"));
    inode_->resize(size);
    return {};
  }
  Result<> allocate(std::uint64_t size) override {
    const std::lock_guard lock(state_->mutex);
    ANTIPHON_TRY_VOID(alive(FileOperation::kAllocate, "allocate"));
    if (size <= inode_->cache().size()) return {};
    if (*state_->used + (size - inode_->cache().size()) > state_->capacity) return failed(ENOSPC, "allocate");
    inode_->resize(size);
    return {};
  }
  Result<std::uint64_t> size() const override {
    const std::lock_guard lock(state_->mutex);
    if (generation_ != state_->generation) return dead("stat");
    return static_cast<std::uint64_t>(inode_->cache().size());
  }
  [[nodiscard]] int native_handle() const override { return -1; }

 private:
  Result<> alive(FileOperation operation, std::string_view call) const {
    if (generation_ != state_->generation) return dead(call);
    return state_->check(operation, path_, call);
  }
  [[nodiscard]] Error failed(int error, std::string_view call) const {
    return errno_error(error, fmt::format("{} {}", call, path_));
  }
  [[nodiscard]] Error dead(std::string_view call) const {
    return make_error(ErrorKind::kIo, fmt::format("{} {}: opened before the crash", call, path_));
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Inode> inode_;
  std::string path_;
  std::uint64_t generation_;
};

class MemoryLock final : public FileLock {
 public:
  MemoryLock(std::shared_ptr<State> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)), generation_(state_->generation) {}
  ~MemoryLock() override {
    const std::lock_guard lock(state_->mutex);
    if (generation_ == state_->generation) state_->locks.erase(path_);
  }

 private:
  std::shared_ptr<State> state_;
  std::string path_;
  std::uint64_t generation_;
};

}  // namespace

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<State>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kOpen, path, "open"));
  Place place = place_of(state_->root, path);
  if (place.node && place.node->is_directory()) return errno_error(EISDIR, fmt::format("open {}", path));
  if (place.node && mode == OpenMode::kCreateNew) return errno_error(EEXIST, fmt::format("open {}", path));
  if (!place.node) {
    if (!place.parent || mode == OpenMode::kRead || mode == OpenMode::kReadWrite) return missing("open", path);
    place.node = std::make_shared<Node>();
    place.node->file = std::make_shared<Inode>(state_->used);
    state_->change({nullptr, {}, place.parent, place.name, place.node});
  }
  return std::unique_ptr<File>(std::make_unique<MemoryFile>(state_, place.node->file, path));
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& directory) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kList, directory, "list"));
  const auto node = find(state_->root, parts_of(directory));
  if (!node || !node->is_directory()) return missing("list", directory);
  std::vector<DirectoryEntry> entries;
  entries.reserve(node->entries.size());
  for (const auto& [name, child] : node->entries) entries.push_back({name, child->is_directory()});
  return entries;
}

Result<> MemoryFileSystem::make_directories(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kMakeDirectory, path, "make folder"));
  std::shared_ptr<Node> node = state_->root;
  for (const std::string& part : parts_of(path)) {
    auto found = node->entries.find(part);
    if (found == node->entries.end()) {
      state_->change({nullptr, {}, node, part, std::make_shared<Node>()});
      state_->sync_directory(node);
      found = node->entries.find(part);
    }
    if (!found->second->is_directory()) return errno_error(ENOTDIR, fmt::format("make folder {}", path));
    node = found->second;
  }
  return {};
}

Result<> MemoryFileSystem::make_directory(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kMakeDirectory, path, "make folder"));
  const Place place = place_of(state_->root, path);
  if (!place.parent) return missing("make folder", path);
  if (place.node && !place.node->is_directory()) return errno_error(ENOTDIR, fmt::format("make folder {}", path));
  if (!place.node) state_->change({nullptr, {}, place.parent, place.name, std::make_shared<Node>()});
  return {};
}

Result<> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kRename, from, "rename"));
  const Place source = place_of(state_->root, from);
  const Place target = place_of(state_->root, to);
  if (!source.node || !source.parent || !target.parent) return missing("rename", from);
  if (target.node && target.node->is_directory() && !target.node->entries.empty()) {
    return errno_error(ENOTEMPTY, fmt::format("rename {} to {}", from, to));
  }
  state_->change({source.parent, source.name, target.parent, target.name, source.node});
  return {};
}

Result<> MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kRemove, path, "remove"));
  const Place place = place_of(state_->root, path);
  if (!place.node || !place.parent) return missing("remove", path);
  if (place.node->is_directory()) return errno_error(EISDIR, fmt::format("remove {}", path));
  state_->change({place.parent, place.name, nullptr, {}, place.node});
  return {};
}

Result<> MemoryFileSystem::remove_tree(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kRemove, path, "remove"));
  const Place place = place_of(state_->root, path);
  if (place.node && place.parent) state_->remove_below(place.parent, place.name, place.node);
  return {};
}

Result<> MemoryFileSystem::sync_directory(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  ANTIPHON_TRY_VOID(state_->check(FileOperation::kSyncDirectory, path, "fsync folder"));
  const auto node = find(state_->root, parts_of(path));
  if (!node || !node->is_directory()) return missing("fsync folder", path);
  state_->sync_directory(node);
  return {};
}

Result<bool> MemoryFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  return find(state_->root, parts_of(path)) != nullptr;
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  ANTIPHON_TRY(file, open(path, OpenMode::kCreate));
  const std::lock_guard lock(state_->mutex);
  if (!state_->locks.insert(path).second) {
    return make_error(ErrorKind::kAlreadyExists, fmt::format("{} is held by process unknown", path));
  }
  return std::unique_ptr<FileLock>(std::make_unique<MemoryLock>(state_, path));
}

Result<std::uint64_t> MemoryFileSystem::free_bytes(const std::string&) {
  const std::lock_guard lock(state_->mutex);
  return state_->capacity - std::min(state_->capacity, *state_->used);
}

void MemoryFileSystem::crash(std::uint64_t seed) {
  const std::lock_guard lock(state_->mutex);
  SeededRandom random(seed);
  const std::uint64_t luck = random.below(4);  // of four crashes one loses every change of a directory, one keeps all
  for (const DirectoryChange& change : state_->changes) {
    if (luck == 1 || (luck > 1 && random.below(2) == 0)) change.apply_durably();
  }
  state_->changes.clear();
  crash_tree(*state_->root, random);
  ++state_->generation;
  state_->locks.clear();
}

void MemoryFileSystem::kill_process() {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
  state_->locks.clear();
}

void MemoryFileSystem::inject(Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->faults.push_back(std::move(fault));
}
void MemoryFileSystem::clear_faults() {
  const std::lock_guard lock(state_->mutex);
  state_->faults.clear();
}
std::uint64_t MemoryFileSystem::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}
void MemoryFileSystem::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

Result<> MemoryFileSystem::flip_bit(const std::string& path, std::uint64_t position, unsigned bit) {
  const std::lock_guard lock(state_->mutex);
  const auto node = find(state_->root, parts_of(path));
  if (!node || node->is_directory()) return missing("flip a bit of", path);
  node->file->flip_bit(position, bit);
  return {};
}

std::optional<Bytes> MemoryFileSystem::durable_bytes(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  std::shared_ptr<Node> node = state_->root;
  for (const std::string& part : parts_of(path)) {
    const auto found = node->durable.find(part);
    if (found == node->durable.end()) return std::nullopt;
    node = found->second;
  }
  if (node->is_directory()) return std::nullopt;
  return node->file->disk();
}

}  // namespace antiphon::testing
