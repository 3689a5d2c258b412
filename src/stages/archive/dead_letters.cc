#include "stages/archive/dead_letters.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/logging.h"
#include "events/dead_letter.h"

namespace antiphon::archive {

struct DeadLetters::Acknowledgements {
  struct One {
    std::uint64_t id;
    bool arrived;
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

bool DeadLetters::send(std::uint64_t id) {
  if (producer_ && producer_->fatal()) producer_.reset();
  if (!producer_) {
    auto made = make_producer_();
    if (!made) {
      logging::warn("no producer for dead letters", {{"detail", made.error().message}});
      return false;
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
  const auto sent = producer_->send(events::build_dead_letter(finished.job.message->record(), about),
                                    [shared, id](const Result<bus::Delivered>& delivered) {
                                      const std::lock_guard lock(shared->mutex);
                                      shared->list.push_back({id, delivered.has_value()});
                                      shared->some.notify_one();
                                    });
  return sent.has_value();  // kLimit: a full queue; it stays first in line
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
      to_send_.push_back(one.id);
      continue;
    }
    auto node = open_.extract(one.id);
    arrived.push_back(std::move(node.mapped()));
  }
  while (!to_send_.empty() && send(to_send_.front())) to_send_.pop_front();
  return arrived;
}

void DeadLetters::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(acknowledgements_->mutex);
  acknowledgements_->some.wait_for(lock, timeout, [this] { return !acknowledgements_->list.empty(); });
}

}  // namespace antiphon::archive
