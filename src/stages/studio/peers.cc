#include "stages/studio/peers.h"

#include <fmt/format.h>

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

// One ask(), from one try to the next.
struct Peers::Asked {
  PartitionId partition;
  PeerRequest request;
  Then then;
  SteadyTime until;
  std::string failed;  // the token of the owner that has failed; empty: none was tried yet
  Error error;         // what is told when the time is over
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

void Peers::forget(PartitionId partition) {
  const std::lock_guard lock(mutex_);
  owners_.erase(partition);
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

void Peers::look_up(std::function<void()> then) {
  if (wait_for_look(then)) then();
}

void Peers::send_to(const Claim& owner, PartitionId partition, const PeerRequest& request, Then then) {
  client_.send(addressed(request, owner), [this, token = owner.token, partition,
                                           then = std::move(then)](Result<http::Response> answer) {
    if (answer && answer->status == 421) {
      metrics_.count_forwarded("misdirected");
      forget(partition);
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
    try_owner(asked, *owner);
  } else {
    try_after_look(asked);
  }
}

void Peers::try_owner(const std::shared_ptr<Asked>& asked, const Claim& owner) {
  if (owner.token == settings_.token) {
    forget(asked->partition);  // should it not be ours any more
    return asked->then(make_error(ErrorKind::kConflict, "the owner of this partition is this studio"));
  }
  send_to(owner, asked->partition, asked->request, [this, asked, token = owner.token](Result<http::Response> answer) {
    const bool second = !asked->failed.empty();
    if (answer || answer.error().kind != ErrorKind::kUnavailable || second) return asked->then(std::move(answer));
    asked->failed = token;
    asked->error = std::move(answer).error();
    try_after_look(asked);
  });
}

// Until a look finds an owner that has not failed yet, or the time is over.
void Peers::try_after_look(const std::shared_ptr<Asked>& asked) {
  if (std::chrono::steady_clock::now() >= asked->until) return asked->then(asked->error);
  auto refused = wait_for_look([this, asked] {
    const auto owner = owner_of(asked->partition);
    if (owner && owner->token != asked->failed) {
      try_owner(asked, *owner);
    } else {
      try_after_look(asked);
    }
  });
  if (refused) asked->then(*std::move(refused));
}

void Peers::run() {
  SteadyTime next_look{};
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiters_.empty(); });
    if (changed_.wait_until(lock, next_look, [this] { return stopping_; })) break;
    next_look = std::chrono::steady_clock::now() + settings_.look_every;
    lock.unlock();
    const auto metadata = look_();
    say_once(metadata ? use(*metadata) : metadata.error().message);
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
