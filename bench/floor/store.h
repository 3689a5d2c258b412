// The floor's topics, one file each, and its ring for durable writes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace antiphon::bench {

struct Topic {
  int fd = -1;
  std::uint64_t size = 0;
  std::int64_t end_offset = 0;
  struct Place {
    std::int64_t offset;
    std::uint64_t position;
  };
  std::vector<Place> batches;

  // Checks the CRC, sets the offset, writes to the page cache. The batch's first offset; -1: refused.
  std::int64_t append(std::byte* batch, std::size_t size);
  struct Run {
    std::uint64_t position = 0;
    std::uint64_t size = 0;
  };
  // Whole batches from the one that holds `offset`, at least one if there is one.
  [[nodiscard]] Run read(std::int64_t offset, std::uint64_t bytes_max) const;
};

class Store {
 public:
  // `durable`: a ring is written beforehand, so that a sync of it commits no metadata.
  Store(std::string directory, bool durable);
  Topic& topic(std::string_view name);
  void to_ring(const std::byte* batch, std::size_t size);
  void sync_ring();  // if anything was added

 private:
  std::string directory_;
  std::map<std::string, Topic, std::less<>> topics_;
  int ring_ = -1;
  std::uint64_t head_ = 0;
  std::vector<std::byte> group_;
};

}  // namespace antiphon::bench
