#include "store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "kafka/wire/record_batch.h"

namespace antiphon::bench {
namespace {

constexpr std::uint64_t kRingBytes = 64U << 20U;
constexpr std::size_t kPage = 4096;
constexpr int kIndexEvery = 4096;  // places kept in advance

int open_or_throw(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot open " + path);
  return fd;
}

void write_or_throw(int fd, const std::byte* from, std::size_t size, std::uint64_t position) {
  while (size > 0) {
    const auto n = ::pwrite(fd, from, size, static_cast<off_t>(position));
    if (n <= 0) throw std::runtime_error("cannot write");
    from += n;
    size -= static_cast<std::size_t>(n);
    position += static_cast<std::uint64_t>(n);
  }
}

}  // namespace

std::int64_t Topic::append(std::byte* bytes, std::size_t bytes_size) {
  const auto batch = kafka::wire::BatchView::at({bytes, bytes_size});
  if (!batch || !batch->crc_matches()) return -1;
  const std::int64_t first = end_offset;
  kafka::wire::patch_base_offset({bytes, bytes_size}, Offset(first));
  write_or_throw(fd, bytes, bytes_size, size);
  batches.push_back({first, size});
  size += bytes_size;
  end_offset += batch->last_offset_delta() + 1;
  return first;
}

Topic::Run Topic::read(std::int64_t offset, std::uint64_t bytes_max) const {
  if (offset < 0 || offset >= end_offset) return {};
  const auto after = std::upper_bound(batches.begin(), batches.end(), offset,
                                      [](std::int64_t asked, const Place& place) { return asked < place.offset; });
  const std::uint64_t from = std::prev(after)->position;
  const std::uint64_t first_end = after == batches.end() ? size : after->position;
  if (size - from <= bytes_max) return {from, size - from};
  const auto cut = std::upper_bound(after, batches.end(), from + bytes_max,
                                    [](std::uint64_t end, const Place& place) { return end < place.position; });
  return {from, std::max(first_end, cut == batches.begin() ? first_end : std::prev(cut)->position) - from};
}

Store::Store(std::string directory, bool durable) : directory_(std::move(directory)) {
  if (!durable) return;
  ring_ = open_or_throw(directory_ + "/ring");
  const std::vector<std::byte> zeros(1U << 20U);
  for (std::uint64_t at = 0; at < kRingBytes; at += zeros.size()) write_or_throw(ring_, zeros.data(), zeros.size(), at);
  ::fsync(ring_);
}

Topic& Store::topic(std::string_view name) {
  const auto found = topics_.find(name);
  if (found != topics_.end()) return found->second;
  Topic& topic = topics_[std::string(name)];
  topic.fd = open_or_throw(directory_ + "/topic" + std::to_string(topics_.size()));
  topic.batches.reserve(kIndexEvery);
  return topic;
}

void Store::to_ring(const std::byte* batch, std::size_t size) {
  if (ring_ >= 0) group_.insert(group_.end(), batch, batch + size);
}

void Store::sync_ring() {
  if (group_.empty()) return;
  group_.resize((group_.size() + kPage - 1) / kPage * kPage);
  if (head_ + group_.size() > kRingBytes) head_ = 0;
  write_or_throw(ring_, group_.data(), group_.size(), head_);
  head_ += group_.size();
  if (::fdatasync(ring_) != 0) throw std::runtime_error("cannot sync");
  group_.clear();
}

}  // namespace antiphon::bench
