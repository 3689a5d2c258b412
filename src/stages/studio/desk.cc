#include "stages/studio/desk.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/logging.h"
#include "events/codec.h"
#include "events/prompt_state.h"
#include "speech/text/locale.h"

namespace antiphon::studio {
namespace {

constexpr int kRetryAfterSeconds = 2;

std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

http::Response receipt_answer(int status, const events::Receipt& receipt) {
  return http::Response::json(status, dump({{"recording_id", receipt.recording_id.value()},
                                            {"topic", receipt.topic},
                                            {"partition", receipt.partition.value()},
                                            {"offset", receipt.offset.value()},
                                            {"sha256", receipt.sha256}}));
}

http::Response come_again(std::string_view why) { return http::problem_retry(503, why, kRetryAfterSeconds); }

std::string_view direction_of(const std::string& locale) {
  const auto parsed = text::parse_locale(locale);
  return text::to_string(parsed ? parsed->direction() : text::Direction::kLeftToRight);
}

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Match(Cases...) -> Match<Cases...>;

}  // namespace

Desk::Desk(DeskSettings settings, bus::Producer& producer, const Clock& clock, Random& random, StudioMetrics& metrics)
    : settings_(std::move(settings)),
      producer_(producer),
      clock_(clock),
      metrics_(metrics),
      leases_(settings_.partitions, settings_.rules, settings_.topics.recordings(), random) {}

http::Response Desk::next(const GrantRequest& request) {
  const auto grant = with_leases([&](Leases& leases) { return leases.grant(request, clock_.wall_now()); });
  if (!grant) return http::Response::empty(204);
  return http::Response::json(200, dump({{"prompt_id", grant->prompt_id.value()},
                                         {"text", grant->text},
                                         {"locale", grant->locale},
                                         {"direction", direction_of(grant->locale)},
                                         {"lease_id", grant->lease_id.value()},
                                         {"lease_expires_at", format_rfc3339(grant->expires_at)}}));
}

void Desk::give_back(const Id128& lease) {
  with_leases([&](Leases& leases) { return leases.give_back(lease); });
}

bool Desk::skip(const SkipRequest& request, const http::Responder& responder) {
  std::optional<http::Response> answer;
  bool known = true;
  {
    const ChangeTold told(*this);
    const auto wait = [&](const Skipped& skipped) {
      const auto lease = request.prompt_id ? std::nullopt : std::optional(request.lease);
      if (!skips_.wait(skipped, responder, clock_.mono_now() + settings_.receipt_time_max, lease))
        answer = come_again("this skip is on its way; try again");
    };
    const Match decide{
        [&](const NotOurs&) { answer = come_again("this sentence is at another studio; try again"); },
        [&](const UnknownPrompt&) { known = false; },
        [&](const NothingToSkip&) {
          const auto under_way = skips_.of_lease(request.lease);
          if (under_way) return wait(*under_way);
          answer = http::Response::empty(204);
        },
        [&](const Skipped& skipped) { wait(skipped); },
    };
    if (skips_.full()) {
      answer = come_again("too many skips wait for Kafka; try again");
    } else {
      std::visit(decide, leases_.skip(request));
    }
  }
  if (answer) responder.answer(std::move(*answer));
  return known;
}

bool Desk::join(std::uint64_t number, const http::Responder& responder, int status) {
  std::vector<Waiter>& waiters = waiters_[number];
  if (waiters.size() >= kWaitersPerTakeMax) return false;
  waiters.push_back({responder, status, clock_.mono_now() + settings_.receipt_time_max});
  return true;
}

std::vector<Desk::Waiter> Desk::take_waiters(std::uint64_t number) {
  const auto node = waiters_.extract(number);
  return node ? std::move(node.mapped()) : std::vector<Waiter>();
}

bool Desk::take(const Upload& upload, std::string& body, const http::Responder& responder) {
  std::optional<http::Response> answer;
  std::optional<ToBeSent> to_send;
  bool known = true;
  {
    const ChangeTold told(*this);
    const Match decide{
        // It went while the request was on its way here.
        [&](const NotOurs&) { answer = come_again("this sentence is at another studio; try again"); },
        [&](const UnknownPrompt&) { known = false; },
        [&](const AlreadyHere& here) { answer = receipt_answer(200, here.receipt); },
        [&](const OtherBytes&) { answer = http::problem(409, "this recording id stands for another sound"); },
        [&](const OtherSentence&) { answer = http::problem(409, "this recording id stands for another sentence"); },
        [&](const OnItsWay& way) {
          if (!join(way.number, responder, 200)) answer = come_again("this recording is on its way; try again");
        },
        [&](ToBeSent& decision) {
          if (in_flight_bytes_ + body.size() > settings_.in_flight_bytes_max) {
            leases_.abandon_take(decision.number, clock_.wall_now());
            answer = come_again("the studio holds as many recordings as it can; try again");
            return;
          }
          in_flight_bytes_ += body.size();
          static_cast<void>(join(decision.number, responder, 201));
          to_send = std::move(decision);
        },
    };
    TakeDecision decision = leases_.begin_take(upload.take, clock_.wall_now());
    std::visit(decide, decision);
  }
  if (answer) responder.answer(std::move(*answer));
  if (to_send) send(upload, std::move(body), *to_send);
  return known;
}

void Desk::send(const Upload& upload, std::string body, const ToBeSent& decision) {
  const std::size_t bytes = body.size();
  const std::uint64_t number = decision.number;
  OutgoingRecord record = events::build_recording(settings_.topics, recording_of(upload, decision, clock_.wall_now()),
                                                  std::move(body), settings_.partitions);
  metrics_.set_in_flight_bytes(in_flight_bytes());
  const auto queued = producer_.send(
      std::move(record), [this, number, bytes, standing = decision.standing](const Result<bus::Delivered>& result) {
        if (result) metrics_.count_take(standing);
        delivered(number, bytes, result);
      });
  if (!queued) failed(number, bytes, queued.error());
}

void Desk::delivered(std::uint64_t number, std::size_t bytes, const Result<bus::Delivered>& result) {
  if (!result) return failed(number, bytes, result.error());
  if (!result->offset) {
    return failed(number, bytes,
                  make_error(ErrorKind::kUnavailable,
                             "it is acknowledged, but where it stands is not told; a new start "
                             "reads it"));
  }
  std::vector<Waiter> waiters;
  events::Receipt receipt;
  {
    const ChangeTold told(*this);
    in_flight_bytes_ -= bytes;
    receipt = leases_.finish_take(number, *result->offset);
    waiters = take_waiters(number);
  }
  answered_.notify_all();
  for (const Waiter& waiter : waiters) waiter.responder.answer(receipt_answer(waiter.status, receipt));
  metrics_.set_in_flight_bytes(in_flight_bytes());
}

void Desk::failed(std::uint64_t number, std::size_t bytes, const Error& error) {
  // Unavailable after it was accepted: nobody knows whether it stands in the log, so it is neither given back nor
  // counted here.
  const bool unknown = error.kind == ErrorKind::kUnavailable;
  if (unknown) outcome_lost_ = true;
  std::vector<Waiter> waiters;
  {
    const ChangeTold told(*this);
    in_flight_bytes_ -= bytes;
    if (!unknown) leases_.abandon_take(number, clock_.wall_now());
    waiters = take_waiters(number);
  }
  answered_.notify_all();
  logging::error("a recording could not be sent", {{"error", error.message}, {"outcome_known", !unknown}});
  for (const Waiter& waiter : waiters)
    waiter.responder.answer(come_again("Kafka did not take this recording; try again"));
  metrics_.set_in_flight_bytes(in_flight_bytes());
}

void Desk::wait_for_work(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  writer_idle_ = true;
  work_.wait_for(lock, timeout, [this] { return nudged_ || has_work(); });
  writer_idle_ = false;
  nudged_ = false;
}

void Desk::nudge() {
  const std::lock_guard lock(mutex_);
  nudged_ = true;
  work_.notify_one();
}

void Desk::tick() {
  std::vector<Waiter> tired;
  Skips::Waiters tired_of_skips;
  {
    const std::lock_guard lock(mutex_);
    leases_.expire(clock_.wall_now());
    const MonoTime now = clock_.mono_now();
    tired_of_skips = skips_.tired(now);
    for (auto& [number, waiters] : waiters_) {
      const auto first_tired =
          std::stable_partition(waiters.begin(), waiters.end(), [&](const Waiter& w) { return w.until > now; });
      tired.insert(tired.end(), std::make_move_iterator(first_tired), std::make_move_iterator(waiters.end()));
      waiters.erase(first_tired, waiters.end());
    }
    std::erase_if(waiters_, [](const auto& entry) { return entry.second.empty(); });
  }
  for (const Waiter& waiter : tired) {
    waiter.responder.answer(come_again("Kafka has not acknowledged this recording yet; ask again for its receipt"));
  }
  for (const http::Responder& responder : tired_of_skips) {
    responder.answer(come_again("Kafka has not taken this skip yet; try again"));
  }
}

std::vector<StateChange> Desk::changes(std::size_t most) {
  std::vector<StateChange> changes;
  const std::lock_guard lock(mutex_);
  while (changes.size() < most) {
    auto change = leases_.next_change(clock_.wall_now());
    if (!change) break;
    changes.push_back(std::move(*change));
  }
  return changes;
}

void Desk::written(const std::vector<StateChange>& changes) {
  Skips::Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    for (const StateChange& change : changes) {
      leases_.written(change);
      const Skips::Waiters stand = skips_.written(change);
      waiters.insert(waiters.end(), stand.begin(), stand.end());
    }
  }
  for (const http::Responder& responder : waiters) responder.answer(http::Response::empty(204));
}

void Desk::changed_again(const std::vector<StateChange>& changes) {
  const std::lock_guard lock(mutex_);
  for (const StateChange& change : changes) leases_.changed_again(change);
}

void Desk::disown(const std::set<PartitionId>& partitions) {
  Skips::Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    for (const PartitionId partition : partitions) {
      leases_.disown(partition);
      const Skips::Waiters gone = skips_.gone(partition);
      waiters.insert(waiters.end(), gone.begin(), gone.end());
    }
  }
  for (const http::Responder& responder : waiters)
    responder.answer(come_again("this sentence goes to another studio; try again"));
}

bool Desk::wait_until_answered(PartitionId partition, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return answered_.wait_for(lock, timeout, [&] { return leases_.takes_on_their_way(partition) == 0; });
}

bool Desk::serves(PartitionId partition) {
  const std::lock_guard lock(mutex_);
  return settings_.sure() && leases_.is_open(partition);
}

bool Desk::serves() {
  const std::lock_guard lock(mutex_);
  return settings_.sure() && !leases_.open_partitions().empty();
}

std::size_t Desk::in_flight_bytes() const {
  const std::lock_guard lock(mutex_);
  return in_flight_bytes_;
}

}  // namespace antiphon::studio
