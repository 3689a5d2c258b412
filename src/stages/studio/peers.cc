#include "stages/studio/peers.h"

#include <fmt/format.h>

#include <atomic>

#include "core/logging.h"

namespace antiphon::studio {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

http::ClientRequest addressed(const PeerRequest& request, const Claim& owner) {
  http::ClientRequest sent{request.method, owner.peer + request.target, request.headers, request.body,
                           request.time_max};
  sent.headers.emplace_back(kPeerHeader, owner.token);
  return sent;
}

}  // namespace

// One ask(): a first try and, when that has failed or is doubted, a second one. Of two that are under way the first
// answer counts.
struct Peers::Asked {
  PartitionId partition;
  PeerRequest request;
  Then then;
  SteadyTime until;
  std::string first;  // the token of the owner that was tried first; empty: none was
  Error error;        // what is told when the time is over
  std::atomic<bool> told{false};
  std::atomic<bool> first_over{false};  // the first try has failed, or there is a second one already

  void tell(Result<http::Response> answer) {
    if (!told.exchange(true)) then(std::move(answer));
  }
};

Peers::Peers(PeersSettings settings, http::Client& client, Look look, StudioMetrics& metrics)
    : settings_(std::move(settings)), client_(client), look_(std::move(look)), metrics_(metrics) {
  thread_ = std::thread([this] { run(); });
}

Peers::~Peers() { stop(); }

std::optional<Claim> Peers::owner_of(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  const auto it = owners_.find(partition);
  return it == owners_.end() ? std::nullopt : std::optional(it->second);
}

void Peers::forget(PartitionId partition, const std::string& token) {
  const std::lock_guard lock(mutex_);
  const auto it = owners_.find(partition);
  if (it != owners_.end() && it->second.token == token) owners_.erase(it);
}

// A process that does not answer is away with all that it owned.
void Peers::forget_all_of(const std::string& token) {
  const std::lock_guard lock(mutex_);
  std::erase_if(owners_, [&](const auto& entry) { return entry.second.token == token; });
}

std::optional<Error> Peers::wait_for_look(Waiter waiter) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return make_error(ErrorKind::kCancelled, "asked to stop");
  if (waiters_.size() >= kWaitersForLookMax)
    return make_error(ErrorKind::kLimit, fmt::format("{} wait to learn who owns a partition", waiters_.size()));
  waiters_.push_back(std::move(waiter));
  changed_.notify_one();
  return std::nullopt;
}

void Peers::look_up(const std::function<void()>& then) {
  if (wait_for_look(then)) then();
}

void Peers::send_to(const Claim& owner, PartitionId partition, const PeerRequest& request, Then then) {
  client_.send(addressed(request, owner), [this, token = owner.token, partition,
                                           then = std::move(then)](Result<http::Response> answer) {
    if (answer && answer->status == 421) {
      metrics_.count_forwarded("misdirected");
      forget(partition, token);
      answer = make_error(ErrorKind::kUnavailable, "the studio that was asked does not own this partition any more");
    } else if (answer) {
      metrics_.count_forwarded("answered");
    } else {
      metrics_.count_forwarded("unanswered");
      if (answer.error().kind == ErrorKind::kUnavailable) forget_all_of(token);
    }
    then(std::move(answer));
  });
}

void Peers::ask(PartitionId partition, PeerRequest request, Then then) {
  const auto asked = std::make_shared<Asked>();
  asked->partition = partition;
  asked->request = std::move(request);
  asked->then = std::move(then);
  asked->until = std::chrono::steady_clock::now() + settings_.patience;
  asked->error = make_error(ErrorKind::kUnavailable, "no studio owns this partition now");
  if (const auto owner = owner_of(partition)) {
    try_owner(asked, *owner, false);
  } else {
    try_after_look(asked);
  }
}

void Peers::try_owner(const std::shared_ptr<Asked>& asked, const Claim& owner, bool second) {
  if (owner.token == settings_.token) {
    forget(asked->partition, owner.token);  // should it not be ours any more
    return asked->tell(make_error(ErrorKind::kConflict, "the owner of this partition is this studio"));
  }
  if (!second) {
    asked->first = owner.token;
    if (asked->request.method != http::Method::kPut) doubt_later(asked);
  }
  send_to(owner, asked->partition, asked->request, [this, asked, second](Result<http::Response> answer) {
    if (answer || answer.error().kind != ErrorKind::kUnavailable || second) return asked->tell(std::move(answer));
    if (asked->first_over.exchange(true)) return;  // the second try tells
    asked->error = std::move(answer).error();
    try_after_look(asked);
  });
}

// Until a look finds an owner that has not failed yet, or the time is over.
void Peers::try_after_look(const std::shared_ptr<Asked>& asked) {
  if (std::chrono::steady_clock::now() >= asked->until) return asked->tell(asked->error);
  auto refused = wait_for_look([this, asked] {
    const auto owner = owner_of(asked->partition);
    if (owner && owner->token != asked->first) {
      try_owner(asked, *owner, !asked->first.empty());
    } else {
      try_after_look(asked);
    }
  });
  if (refused) asked->tell(*std::move(refused));
}

void Peers::doubt_later(const std::shared_ptr<Asked>& asked) {
  const std::lock_guard lock(mutex_);
  doubted_.emplace_back(std::chrono::steady_clock::now() + settings_.doubt_after, asked);
  if (doubted_.size() == 1) changed_.notify_one();
}

// A look has just been done.
void Peers::doubt(const std::shared_ptr<Asked>& asked) {
  const auto owner = owner_of(asked->partition);
  if (!owner || owner->token == asked->first) return doubt_later(asked);
  if (!asked->first_over.exchange(true)) try_owner(asked, *owner, true);
}

std::vector<std::shared_ptr<Peers::Asked>> Peers::take_doubted() {
  std::vector<std::shared_ptr<Asked>> silent;
  while (!doubted_.empty() && doubted_.front().first <= std::chrono::steady_clock::now()) {
    auto asked = doubted_.front().second.lock();
    doubted_.pop_front();
    if (asked && !asked->told && !asked->first_over) silent.push_back(std::move(asked));
  }
  return silent;
}

void Peers::run() {
  SteadyTime next_look{};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto silent = take_doubted();
    if (waiters_.empty() && silent.empty()) {
      if (doubted_.empty()) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, doubted_.front().first);
      }
      continue;
    }
    if (changed_.wait_until(lock, next_look, [this] { return stopping_; })) break;
    next_look = std::chrono::steady_clock::now() + settings_.look_every;
    lock.unlock();
    const auto metadata = look_();
    say_once(metadata ? use(*metadata) : metadata.error().message);
    for (const auto& asked : silent) doubt(asked);
    lock.lock();
    tell_waiters(lock);
  }
  tell_waiters(lock);
}

void Peers::tell_waiters(std::unique_lock<std::mutex>& lock) {
  const std::vector<Waiter> waiters = std::exchange(waiters_, {});
  lock.unlock();
  for (const Waiter& waiter : waiters) waiter();
  lock.lock();
}

// Says what of it cannot be used; empty: nothing.
std::string Peers::use(const std::map<PartitionId, std::string>& metadata) {
  std::map<PartitionId, Claim> owners;
  std::string trouble;
  for (const auto& [partition, text] : metadata) {
    if (partition.value() < 0 || partition.value() >= settings_.partitions || text.empty()) continue;
    auto claim = read_claim(text);
    if (!claim) {
      trouble = fmt::format("partition {}: {}", partition.value(), claim.error().message);
    } else if (!claim->released) {
      owners.emplace(partition, *std::move(claim));
    }
  }
  const std::lock_guard lock(mutex_);
  owners_ = std::move(owners);
  return trouble;
}

void Peers::say_once(const std::string& trouble) {
  if (!trouble.empty() && trouble != trouble_)
    logging::warn("who owns which partition is not known", {{"error", trouble}});
  trouble_ = trouble;
}

void Peers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  client_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace antiphon::studio
