// Buffer: bytes that grow at the end and are used again. Unlike a vector it does not clear what it is about to
// overwrite.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>

#include "core/assert.h"
#include "core/bytes.h"

namespace antiphon::kafka::wire {

class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));
    swap(moved);
    return *this;
  }

  // Room for `size` more bytes, undefined until written. The pointer is valid until the next call.
  [[nodiscard]] std::byte* extend(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    std::byte* const at = data_.get() + size_;
    size_ += size;
    return at;
  }
  void append(ByteView data) {
    if (!data.empty()) std::memcpy(extend(data.size()), data.data(), data.size());
  }
  void reserve(std::size_t more) {
    if (capacity_ - size_ < more) grow(more);
  }
  // Keeps the memory.
  void clear() { size_ = 0; }
  void truncate(std::size_t size) {
    ANTIPHON_ASSERT(size <= size_);
    size_ = size;
  }
  // Gives memory above `bytes_max` back; only when empty.
  void shrink(std::size_t bytes_max) {
    if (size_ == 0 && capacity_ > bytes_max) *this = Buffer();
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::byte* data() { return data_.get(); }
  [[nodiscard]] const std::byte* data() const { return data_.get(); }
  [[nodiscard]] ByteView view() const { return {data_.get(), size_}; }
  [[nodiscard]] ByteView view(std::size_t from) const { return view().subspan(from); }

 private:
  void grow(std::size_t more);
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace antiphon::kafka::wire
