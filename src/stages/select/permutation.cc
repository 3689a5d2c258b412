#include "stages/select/permutation.h"

#include "core/assert.h"

namespace antiphon::select {
namespace {

constexpr unsigned kRounds = 6;

// SplitMix64's finaliser (public domain constants by Sebastiano Vigna): every bit of the input moves every bit of the
// output.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

}  // namespace

Permutation::Permutation(std::uint64_t size, std::uint64_t seed) : size_(size), seed_(seed) {
  ANTIPHON_ASSERT(size <= (std::uint64_t{1} << 62));
  while ((std::uint64_t{1} << (2 * half_bits_)) < size) ++half_bits_;
}

std::uint64_t Permutation::network(std::uint64_t value) const {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t left = value >> half_bits_;
  std::uint64_t right = value & mask;
  for (unsigned round = 0; round < kRounds; ++round) {
    const std::uint64_t key = mix(seed_ + (round + 1) * 0x9e3779b97f4a7c15ULL);
    const std::uint64_t next = left ^ (mix(right ^ key) & mask);
    left = right;
    right = next;
  }
  return (left << half_bits_) | right;
}

std::uint64_t Permutation::at(std::uint64_t place) const {
  ANTIPHON_ASSERT(place < size_);
  std::uint64_t value = network(place);
  while (value >= size_) value = network(value);
  return value;
}

}  // namespace antiphon::select
