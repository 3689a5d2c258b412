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

PromptFeed::PromptFeed(std::string topic, std::unique_ptr<bus::PartitionReader> reader,
                       std::map<PartitionId, Offset> from, Desk& desk, const Clock& clock, Health& health,
                       StudioMetrics& metrics)
    : topic_(std::move(topic)),
      reader_(std::move(reader)),
      next_(std::move(from)),
      desk_(desk),
      clock_(clock),
      health_(health),
      metrics_(metrics) {}

PromptFeed::~PromptFeed() {
  stopping_ = true;
  reader_->wake();
  if (thread_.joinable()) thread_.join();
  for (const CatchUp& waiting : catch_ups_) waiting.then(make_error(ErrorKind::kCancelled, "the studio ends"));
}

Result<> PromptFeed::start() {
  std::map<bus::TopicPartition, Offset> from;
  for (const auto& [partition, offset] : next_) from[{topic_, partition}] = offset;
  ANTIPHON_TRY_VOID(reader_->assign(from));
  thread_ = std::thread([this] { run(); });
  return {};
}

void PromptFeed::catch_up(PartitionId partition, std::function<void(Result<>)> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_ && catch_ups_.size() < kCatchUpsMax) {
      catch_ups_.push_back({partition, clock_.mono_now() + kCatchUpTimeMax, std::move(then), std::nullopt});
      reader_->wake();
      return;
    }
  }
  then(make_error(ErrorKind::kLimit, "too many wait for new sentences"));
}

std::optional<Error> PromptFeed::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void PromptFeed::run() {
  while (!stopping_ && !failure()) {
    read();
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
  const std::lock_guard lock(mutex_);
  failure_ = std::move(message.error()).within("read " + topic_);
}

void PromptFeed::use(const IncomingRecord& record) {
  const auto prompt = events::read_prompt(record);
  if (prompt) {
    desk_.with_leases([&](Leases& leases) {
      if (leases.owns(record.partition)) leases.add(record.partition, *prompt);
    });
  } else {
    metrics_.count_unusable(topic_);
    logging::warn("a sentence cannot be used", {{"topic", topic_},
                                                {"partition", record.partition},
                                                {"offset", record.offset},
                                                {"reason", prompt.error().label}});
  }
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
