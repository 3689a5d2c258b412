// The inside of MemoryFileSystem: what is cached and what is durable, and what a crash leaves of it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/random.h"

namespace antiphon::testing {

constexpr std::size_t kDiskBlock = 512;       // written whole, not at all, or torn at any byte
constexpr std::size_t kBlockVersionsMax = 4;  // of the versions a block had since the last sync, so many may come back

using DiskBlock = std::array<std::byte, kDiskBlock>;

// One file's bytes, twice: in the cache and on the disk.
class Inode {
 public:
  explicit Inode(std::shared_ptr<std::uint64_t> used) : used_(std::move(used)) {}
  ~Inode() { *used_ -= cache_.size(); }
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;

  [[nodiscard]] const Bytes& cache() const { return cache_; }
  [[nodiscard]] const Bytes& disk() const { return disk_; }
  void write(std::uint64_t position, ByteView data);
  void resize(std::uint64_t size);
  void sync();
  void lose_pages();  // what a failed sync does: never durable, but readable until the crash
  void flip_bit(std::uint64_t position, unsigned bit);
  void crash(Random& random);

 private:
  void put_block(std::uint64_t index, ByteView bytes);

  std::shared_ptr<std::uint64_t> used_;  // bytes in all caches
  Bytes cache_;
  Bytes disk_;
  std::map<std::uint64_t, std::deque<DiskBlock>> dirty_;  // versions since the last sync, oldest first
  std::vector<std::uint64_t> sizes_;                      // that the file had since the last sync
};

struct Node {
  std::shared_ptr<Inode> file;  // null: a directory
  std::map<std::string, std::shared_ptr<Node>> entries;
  std::map<std::string, std::shared_ptr<Node>> durable;

  [[nodiscard]] bool is_directory() const { return file == nullptr; }
};

// A change of one or two directories that is not durable yet. A rename is atomic: both halves or none.
struct DirectoryChange {
  std::shared_ptr<Node> removed_from;  // may be null
  std::string removed_name;
  std::shared_ptr<Node> added_to;  // may be null
  std::string added_name;
  std::shared_ptr<Node> node;

  void apply_durably() const;
};

void crash_tree(Node& node, Random& random);

}  // namespace antiphon::testing
