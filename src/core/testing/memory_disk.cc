#include "core/testing/memory_disk.h"

#include <algorithm>

namespace antiphon::testing {

void Inode::write(std::uint64_t position, ByteView data) {
  if (data.empty()) return;
  if (position + data.size() > cache_.size()) resize(position + data.size());
  std::copy(data.begin(), data.end(), cache_.begin() + static_cast<std::ptrdiff_t>(position));
  for (std::uint64_t index = position / kDiskBlock; index * kDiskBlock < position + data.size(); ++index) {
    DiskBlock block{};
    const std::uint64_t begin = index * kDiskBlock;
    const std::uint64_t size = std::min<std::uint64_t>(kDiskBlock, cache_.size() - begin);
    std::copy_n(cache_.begin() + static_cast<std::ptrdiff_t>(begin), size, block.begin());
    auto& versions = dirty_[index];
    versions.push_back(block);
    if (versions.size() > kBlockVersionsMax) versions.pop_front();
  }
}

void Inode::resize(std::uint64_t size) {
  *used_ += size;
  *used_ -= cache_.size();
  cache_.resize(size);
  sizes_.push_back(size);
}

void Inode::put_block(std::uint64_t index, ByteView bytes) {
  const std::uint64_t begin = index * kDiskBlock;
  if (begin >= disk_.size()) return;
  const auto size = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(bytes.size(), disk_.size() - begin));
  std::copy_n(bytes.begin(), size, disk_.begin() + static_cast<std::ptrdiff_t>(begin));
}

void Inode::sync() {
  disk_.resize(cache_.size());
  for (const auto& [index, versions] : dirty_) put_block(index, versions.back());
  dirty_.clear();
  sizes_.clear();
}

void Inode::lose_pages() {
  dirty_.clear();
  sizes_.clear();
}

void Inode::flip_bit(std::uint64_t position, unsigned bit) {
  const std::byte mask{static_cast<unsigned char>(1U << (bit & 7U))};
  if (position < cache_.size()) cache_[position] ^= mask;
  if (position < disk_.size()) disk_[position] ^= mask;
}

void Inode::crash(Random& random) {
  enum { kLoseAll, kKeepAll, kKeepFirst, kMix };
  const std::uint64_t luck = random.below(8);
  const int mode = luck == 0 ? kLoseAll : luck == 1 ? kKeepAll : luck < 4 ? kKeepFirst : kMix;
  if (mode == kKeepAll) sync();
  if (mode != kLoseAll && mode != kKeepAll && (!dirty_.empty() || !sizes_.empty())) {
    if (!sizes_.empty() && random.below(4) != 0) disk_.resize(sizes_[random.below(sizes_.size())]);
    std::uint64_t keep = random.below(dirty_.size() + 1);  // kKeepFirst: then a torn one, then nothing
    for (const auto& [index, versions] : dirty_) {
      const DiskBlock& block = versions[mode == kKeepFirst ? versions.size() - 1 : random.below(versions.size())];
      if (mode == kKeepFirst) {
        if (keep == 0) {
          put_block(index, ByteView(block).first(random.below(kDiskBlock)));
          break;
        }
        --keep;
        put_block(index, block);
        continue;
      }
      const std::uint64_t fate = random.below(4);
      if (fate < 2) put_block(index, block);
      if (fate == 2) put_block(index, ByteView(block).first(random.below(kDiskBlock)));
    }
  }
  dirty_.clear();
  sizes_.clear();
  *used_ += disk_.size();
  *used_ -= cache_.size();
  cache_ = disk_;
}

void DirectoryChange::apply_durably() const {
  if (removed_from) {
    const auto found = removed_from->durable.find(removed_name);
    if (found != removed_from->durable.end() && found->second == node) removed_from->durable.erase(found);
  }
  if (added_to) added_to->durable[added_name] = node;
}

void crash_tree(Node& node, Random& random) {
  if (!node.is_directory()) {
    node.file->crash(random);
    return;
  }
  node.entries = node.durable;
  for (auto& [name, child] : node.entries) crash_tree(*child, random);
}

}  // namespace antiphon::testing
