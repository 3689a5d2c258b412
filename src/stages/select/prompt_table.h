// All prompts of the namespace: which were published (once only), and how many are open in each locale (how many are
// wanted).
//
// At most 32 bytes a prompt, at any size: 18 bytes a slot (16 of the id, 2 of locale and standing) in open-addressing
// shards that grow by a quarter when 85 % full, so that no shard is ever below 68 %; shards grow one by one, so that a
// growing table is never held twice. A prompt is never removed. Single-threaded.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/types.h"

namespace antiphon::select {

constexpr std::size_t kBytesAPromptMax = 32;
constexpr std::size_t kTableFixedBytesMax = 256UL * 1024;  // shards of an empty table
constexpr std::size_t kLocalesMax = 8'000;                 // more are kept but not told apart

using PromptKey = std::array<std::byte, 16>;  // what the 26 digits of a prompt id stand for
std::optional<PromptKey> key_of(
    std::string_view prompt_id);  // nothing: not 26 digits of Crockford's alphabet, upper case

class PromptTable {
 public:
  PromptTable();
  // False: it was there before, and nothing changed. A new one is open.
  bool insert(const PromptKey& key, std::string_view locale);
  [[nodiscard]] bool contains(const PromptKey& key) const;
  // Open: neither leased, parked nor complete. A prompt that is not there is passed over.
  void set_open(const PromptKey& key, bool open);

  [[nodiscard]] std::uint64_t open(std::string_view locale) const;
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& open_by_locale() const { return open_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Of all slots, used or not.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  using Mark = std::uint16_t;  // 0: a free slot; else bit 15: closed, the rest: number of the locale, from 1
  struct Shard {
    std::unique_ptr<PromptKey[]> keys;
    std::unique_ptr<Mark[]> marks;
    std::uint32_t slots = 0;
    std::uint32_t used = 0;
  };
  static constexpr std::size_t kShards = 256;
  static constexpr std::uint32_t kSlotsMin = 32;

  Shard& shard_of(const PromptKey& key) { return shards_[std::to_integer<std::size_t>(key[0])]; }
  [[nodiscard]] const Shard& shard_of(const PromptKey& key) const {
    return shards_[std::to_integer<std::size_t>(key[0])];
  }
  // The slot of the key, or the free one where it would be.
  static std::uint32_t slot_of(const Shard& shard, const PromptKey& key);
  static Shard make_shard(std::uint32_t slots);
  static void grow(Shard& shard);
  Mark locale_mark(std::string_view locale);

  std::array<Shard, kShards> shards_;
  std::vector<std::uint64_t*> open_counts_;  // by mark; into open_, whose nodes stay where they are
  std::map<std::string, std::uint64_t, std::less<>> open_;
  std::map<std::string, Mark, std::less<>> marks_;
  std::uint64_t size_ = 0;
};

}  // namespace antiphon::select
