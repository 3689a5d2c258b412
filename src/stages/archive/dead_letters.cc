#include "stages/archive/dead_letters.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/logging.h"
#include "events/dead_letter.h"

namespace antiphon::archive {
namespace {

std::size_t bytes_of(const RecordHeader& header) {
  return header.name.size() + (header.value ? header.value->size() : 0);
}

std::size_t bytes_of(const IncomingRecord& record) {
  std::size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const auto& header : record.headers) bytes += bytes_of(header);
  return bytes;
}

// What of a record fits every dead letter topic: the beginning of its value, and its key and headers where they fit.
IncomingRecord beginning_of(const IncomingRecord& record) {
  IncomingRecord start = record;
  if (start.value && start.value->size() > kCutLetterBytesMax) start.value = start.value->first(kCutLetterBytesMax);
  if (start.key && start.key->size() > kCutLetterBytesMax) start.key.reset();
  std::size_t bytes = 0;
  std::erase_if(start.headers, [&](const RecordHeader& header) {
    bytes += bytes_of(header);
    return bytes > kCutLetterBytesMax;
  });
  return start;
}

}  // namespace

struct DeadLetters::Acknowledgements {
  struct One {
    std::uint64_t id;
    bool arrived;
    bool too_large;
  };
  std::mutex mutex;
  std::condition_variable some;
  std::vector<One> list;  // at most one a letter that is open
};

DeadLetters::DeadLetters(MakeProducer make_producer, Sender sender, const Clock& clock)
    : make_producer_(std::move(make_producer)),
      sender_(std::move(sender)),
      clock_(clock),
      acknowledgements_(std::make_shared<Acknowledgements>()) {}

DeadLetters::~DeadLetters() = default;

void DeadLetters::add(Finished finished) {
  const std::uint64_t id = next_id_++;
  open_.emplace(id, std::move(finished));
  to_send_.push_back(id);
}

Result<> DeadLetters::send(std::uint64_t id) {
  if (producer_ && producer_->fatal()) producer_.reset();
  if (!producer_) {
    auto made = make_producer_();
    if (!made) {
      logging::warn("no producer for dead letters", {{"detail", made.error().message}});
      return std::move(made).error();
    }
    producer_ = std::move(*made);
  }
  const Finished& finished = open_.at(id);
  events::DeadLetter about;
  about.refusal = std::get<Refused>(*finished.outcome);
  about.target = sender_.target;
  about.group_id = sender_.group_id;
  about.slot = sender_.slot;
  about.attempts = finished.attempts;
  about.first_failed_at = finished.first_failed_at.value_or(clock_.wall_now());
  auto shared = acknowledgements_;
  const IncomingRecord& record = finished.job.message->record();
  const bool cut = cut_.contains(id);
  OutgoingRecord letter = events::build_dead_letter(cut ? beginning_of(record) : record, about);
  if (cut) letter.headers.push_back({"x-dlq-cut-from", std::to_string(bytes_of(record))});
  return producer_->send(std::move(letter), [shared, id](const Result<bus::Delivered>& delivered) {
    const bool too_large = !delivered && delivered.error().kind == ErrorKind::kInvalidInput;
    const std::lock_guard lock(shared->mutex);
    shared->list.push_back({id, delivered.has_value(), too_large});
    shared->some.notify_one();
  });
}

std::vector<Finished> DeadLetters::advance() {
  std::vector<Acknowledgements::One> news;
  {
    const std::lock_guard lock(acknowledgements_->mutex);
    news = std::exchange(acknowledgements_->list, {});
  }
  std::vector<Finished> arrived;
  for (const auto& one : news) {
    if (!one.arrived) {
      if (one.too_large) cut_.insert(one.id);
      to_send_.push_back(one.id);
      continue;
    }
    auto node = open_.extract(one.id);
    cut_.erase(one.id);
    arrived.push_back(std::move(node.mapped()));
  }
  while (!to_send_.empty()) {
    const std::uint64_t id = to_send_.front();
    const auto sent = send(id);
    if (sent) {
      to_send_.pop_front();
      continue;
    }
    // Too large for the client already: once more, cut. Otherwise a full queue, or no producer: it stays first in line.
    if (sent.error().kind != ErrorKind::kInvalidInput || !cut_.insert(id).second) break;
  }
  return arrived;
}

void DeadLetters::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(acknowledgements_->mutex);
  acknowledgements_->some.wait_for(lock, timeout, [this] { return !acknowledgements_->list.empty(); });
}

}  // namespace antiphon::archive
