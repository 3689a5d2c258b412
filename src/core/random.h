// Randomness enters by constructor: the operating system's in service, a seeded one in tests and simulation.
#pragma once

#include <array>
#include <cstdint>
#include <random>

namespace antiphon {

class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;

  // Uniform in [0, bound); bound > 0. The bias of the modulus is below 2^-32 for the bounds used here.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
};

// getrandom(2), 256 bytes at a time. Not thread-safe: one a thread.
class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 32> pool_{};
  std::size_t used_ = pool_.size();
};

// The same numbers for the same seed, on every machine.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  [[nodiscard]] std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace antiphon
