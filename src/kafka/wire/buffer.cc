#include "kafka/wire/buffer.h"

#include <algorithm>

namespace antiphon::kafka::wire {

void Buffer::grow(std::size_t more) {
  constexpr std::size_t kFirstBytes = 256;
  const std::size_t capacity = std::max({size_ + more, capacity_ * 2, kFirstBytes});
  auto data = std::make_unique_for_overwrite<std::byte[]>(capacity);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

}  // namespace antiphon::kafka::wire
