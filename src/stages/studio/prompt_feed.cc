#include "stages/studio/prompt_feed.h"

#include "core/logging.h"
#include "events/codec.h"

namespace antiphon::studio {
namespace {

constexpr std::chrono::milliseconds kPoll{60'000};  // a record, a question and the end wake it
constexpr std::chrono::milliseconds kPollWhileAsked{5};
constexpr std::chrono::milliseconds kQuestionTimeMax{2'000};
constexpr std::chrono::milliseconds kPauseWhenAway{50};

}  // namespace

PromptFeed::PromptFeed(std::string topic, MakeReader make_reader, Desk& desk, const Clock& clock, Health& health,
                       StudioMetrics& metrics)
    : topic_(std::move(topic)),
      make_reader_(std::move(make_reader)),
      desk_(desk),
      clock_(clock),
      health_(health),
      metrics_(metrics),
      thread_([this] { run(); }) {}

PromptFeed::~PromptFeed() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    wake();
  }
  thread_.join();
  for (const CatchUp& waiting : catch_ups_) waiting.then(make_error(ErrorKind::kCancelled, "the studio ends"));
}

// Under the mutex.
void PromptFeed::wake() {
  if (reader_) reader_->wake();
  woken_.notify_all();
}

void PromptFeed::follow(const std::map<PartitionId, Offset>& from) {
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, offset] : from) followed_[partition] = offset;
  changed_ = true;
  wake();
}

void PromptFeed::leave(const std::set<PartitionId>& partitions) {
  const std::lock_guard lock(mutex_);
  for (const PartitionId partition : partitions) changed_ = followed_.erase(partition) > 0 || changed_;
  wake();
}

// Whether there is anything to read.
bool PromptFeed::follow_changes() {
  std::unique_lock lock(mutex_);
  woken_.wait(lock, [this] { return stopping_ || reader_ || changed_ || !catch_ups_.empty(); });
  if (!changed_) return reader_ != nullptr;
  changed_ = false;
  std::map<bus::TopicPartition, Offset> from;
  std::map<PartitionId, Offset> next;
  for (const auto& [partition, began] : followed_) {
    const auto here = next_.find(partition);
    next[partition] = here == next_.end() ? began : std::max(began, here->second);
    from[{topic_, partition}] = next[partition];
  }
  next_ = std::move(next);
  lock.unlock();
  std::unique_ptr<bus::PartitionReader> reader;
  if (!from.empty()) {
    auto made = make_reader_();
    const Result<> assigned = made ? (*made)->assign(from) : Result<>(made.error());
    if (!assigned) {
      fail(assigned.error());
      return false;
    }
    reader = std::move(*made);
  }
  lock.lock();
  reader_.swap(reader);  // the old one ends after the lock
  const bool reads = reader_ != nullptr;
  lock.unlock();
  return reads;
}

void PromptFeed::fail(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error).within("read " + topic_);
}

void PromptFeed::catch_up(PartitionId partition, std::function<void(Result<>)> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_ && catch_ups_.size() < kCatchUpsMax) {
      catch_ups_.push_back({partition, clock_.mono_now() + kCatchUpTimeMax, std::move(then), std::nullopt});
      wake();
      return;
    }
  }
  then(make_error(ErrorKind::kLimit, "too many wait for new sentences"));
}

std::map<PartitionId, Offset> PromptFeed::next() const {
  const std::lock_guard lock(mutex_);
  return next_;
}

std::optional<Error> PromptFeed::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void PromptFeed::run() {
  while (!stopping_ && !failure()) {
    if (follow_changes()) read();
    answer_catch_ups();
  }
}

void PromptFeed::read() {
  bool asked = false;
  {
    const std::lock_guard lock(mutex_);
    asked = !catch_ups_.empty();
  }
  auto message = reader_->poll(asked ? kPollWhileAsked : kPoll);
  if (message) {
    if (*message) {
      health_.set_problem("kafka", "");
      use((*message)->record());
    }
    return;
  }
  if (message.error().kind == ErrorKind::kUnavailable) {
    health_.set_problem("kafka", message.error().message);
    std::this_thread::sleep_for(
        kPauseWhenAway);  // nothing is decided by it: poll() answers at once while the brokers are away
    return;
  }
  fail(std::move(message.error()));
}

void PromptFeed::use(const IncomingRecord& record) {
  const auto prompt = events::read_prompt(record);
  if (prompt) {
    desk_.with_leases([&](Leases& leases) { leases.add(record.partition, *prompt); });
  } else {
    metrics_.count_unusable(topic_);
    logging::warn("a sentence cannot be used", {{"topic", topic_},
                                                {"partition", record.partition},
                                                {"offset", record.offset},
                                                {"reason", prompt.error().label}});
  }
  const std::lock_guard lock(mutex_);
  next_[record.partition] = record.offset + 1;
}

void PromptFeed::answer_catch_ups() {
  std::deque<CatchUp> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(catch_ups_);
  }
  std::deque<CatchUp> left;
  // A Kafka that does not answer is asked once a round: each question takes its time, and all who wait would add up.
  std::optional<Error> away;
  for (CatchUp& catch_up : asked) {
    if (stopping_ || !answer(catch_up, away)) left.push_back(std::move(catch_up));
  }
  const std::lock_guard lock(mutex_);
  catch_ups_.insert(catch_ups_.begin(), std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()));
}

bool PromptFeed::answer(CatchUp& catch_up, std::optional<Error>& away) {
  if (!reader_ || !next_.contains(catch_up.partition)) {
    catch_up.then(make_error(ErrorKind::kUnavailable, "its partition is not here"));
    return true;
  }
  if (!catch_up.end && !away) {
    const auto range = reader_->offsets({topic_, catch_up.partition}, kQuestionTimeMax);
    if (range) {
      catch_up.end = range->end;
    } else {
      away = range.error();
    }
  }
  if (!catch_up.end) {
    catch_up.then(*away);
    return true;
  }
  const auto position = reader_->position({topic_, catch_up.partition});
  const Offset here = std::max(next_[catch_up.partition], position.value_or(Offset{0}));
  if (here >= *catch_up.end) {
    catch_up.then({});
    return true;
  }
  if (clock_.mono_now() < catch_up.until) return false;
  catch_up.then(make_error(ErrorKind::kUnavailable, "the new sentences did not come in time"));
  return true;
}

}  // namespace antiphon::studio
