// A random order of [0, size) that needs no memory: the place of each number follows from the seed alone.
//
// A Feistel network of kRounds rounds over the smallest even number of bits that holds `size`; numbers beyond it are
// sent through again until they fall inside (fewer than four times on average). The same seed and size give the same
// order on every machine.
#pragma once

#include <cstdint>

namespace antiphon::select {

class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t seed);
  // place < size; a bijection.
  [[nodiscard]] std::uint64_t at(std::uint64_t place) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  [[nodiscard]] std::uint64_t network(std::uint64_t value) const;

  std::uint64_t size_;
  std::uint64_t seed_;
  unsigned half_bits_ = 1;
};

}  // namespace antiphon::select
