#include "stages/select/prompt_table.h"

#include <cstring>

#include "core/crockford.h"

namespace antiphon::select {
namespace {

constexpr std::uint16_t kClosed = 0x8000;
constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

std::optional<PromptKey> key_of(std::string_view prompt_id) {
  if (!is_crockford_128(prompt_id)) return std::nullopt;
  // 26 digits hold 130 bits, the first two of them zero: bit i of the digits is bit i - 2 of the number.
  PromptKey key{};
  for (std::size_t digit = 0; digit < prompt_id.size(); ++digit) {
    const auto value = static_cast<unsigned>(kDigits.find(prompt_id[digit]));
    for (std::size_t bit = 0; bit < 5; ++bit) {
      const std::size_t position = digit * 5 + bit;
      if (position < 2 || ((value >> (4 - bit)) & 1U) == 0) continue;
      key[(position - 2) / 8] |= std::byte{1} << (7 - (position - 2) % 8);
    }
  }
  return key;
}

PromptTable::PromptTable() : open_counts_(1, nullptr) {
  for (Shard& shard : shards_) shard = make_shard(kSlotsMin);
}

PromptTable::Shard PromptTable::make_shard(std::uint32_t slots) {
  Shard shard;
  shard.keys = std::make_unique<PromptKey[]>(slots);
  shard.marks = std::make_unique<Mark[]>(slots);
  shard.slots = slots;
  return shard;
}

std::uint32_t PromptTable::slot_of(const Shard& shard, const PromptKey& key) {
  // The ids are hashes: any of their bytes are as good as a hash of them. Byte 0 chose the shard.
  std::uint64_t hash = 0;
  std::memcpy(&hash, key.data() + 8, sizeof hash);
  auto slot = static_cast<std::uint32_t>(hash % shard.slots);
  while (shard.marks[slot] != 0 && shard.keys[slot] != key) slot = slot + 1 == shard.slots ? 0 : slot + 1;
  return slot;
}

void PromptTable::grow(Shard& shard) {
  Shard larger = make_shard(shard.slots + shard.slots / 4);
  for (std::uint32_t i = 0; i < shard.slots; ++i) {
    if (shard.marks[i] == 0) continue;
    const std::uint32_t slot = slot_of(larger, shard.keys[i]);
    larger.keys[slot] = shard.keys[i];
    larger.marks[slot] = shard.marks[i];
  }
  larger.used = shard.used;
  shard = std::move(larger);
}

PromptTable::Mark PromptTable::locale_mark(std::string_view locale) {
  if (const auto it = marks_.find(locale); it != marks_.end()) return it->second;
  if (marks_.size() >= kLocalesMax) locale = "other";
  const auto count = open_.try_emplace(std::string(locale), 0).first;
  const auto known = marks_.find(locale);
  if (known != marks_.end()) return known->second;
  const auto mark = static_cast<Mark>(open_counts_.size());
  open_counts_.push_back(&count->second);
  marks_.emplace(locale, mark);
  return mark;
}

bool PromptTable::insert(const PromptKey& key, std::string_view locale) {
  Shard& shard = shard_of(key);
  if (shard.marks[slot_of(shard, key)] != 0) return false;
  if ((shard.used + 1) * std::uint64_t{100} > shard.slots * std::uint64_t{85}) grow(shard);
  const std::uint32_t slot = slot_of(shard, key);
  const Mark mark = locale_mark(locale);
  shard.keys[slot] = key;
  shard.marks[slot] = mark;
  shard.used += 1;
  *open_counts_[mark] += 1;
  size_ += 1;
  return true;
}

bool PromptTable::contains(const PromptKey& key) const {
  const Shard& shard = shard_of(key);
  return shard.marks[slot_of(shard, key)] != 0;
}

void PromptTable::set_open(const PromptKey& key, bool open) {
  Shard& shard = shard_of(key);
  Mark& mark = shard.marks[slot_of(shard, key)];
  if (mark == 0 || ((mark & kClosed) == 0) == open) return;
  mark = static_cast<Mark>(mark ^ kClosed);
  std::uint64_t& count = *open_counts_[mark & ~kClosed];
  open ? ++count : --count;
}

std::uint64_t PromptTable::open(std::string_view locale) const {
  const auto it = open_.find(locale);
  return it == open_.end() ? 0 : it->second;
}

std::size_t PromptTable::memory_bytes() const {
  std::size_t slots = 0;
  for (const Shard& shard : shards_) slots += shard.slots;
  return sizeof *this + slots * (sizeof(PromptKey) + sizeof(Mark));
}

}  // namespace antiphon::select
