// The other studios of the namespace: which one owns a partition, and asking it. What it knows comes from their claims
// (claim.h), is kept in memory and looked up again when it is missing or has proved wrong.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "adapters/http/client.h"
#include "core/types.h"
#include "stages/studio/claim.h"
#include "stages/studio/studio_metrics.h"

namespace antiphon::studio {

// Of a request that one studio passes to another: the token of the one that it is meant for.
constexpr std::string_view kPeerHeader = "X-Studio-Peer";
constexpr std::size_t kWaitersForLookMax = 1'000;

struct PeersSettings {
  std::string token;  // our own: what we claimed ourselves is not asked for
  std::int32_t partitions = 6;
  std::chrono::milliseconds look_every{200};  // at most
  std::chrono::milliseconds patience{2'000};  // how long ask() looks for an owner that answers
  // How long ask() believes in an owner that does not answer: then it looks whether there is a new one, and again. Not
  // with a voice: a slow owner that has given the partition away may still bring it to Kafka, and two would.
  std::chrono::milliseconds doubt_after{1'500};
};

// A request to be passed on: a ClientRequest without the place, which the claim tells.
struct PeerRequest {
  http::Method method = http::Method::kGet;
  std::string target{};  // path and query, as they came
  http::Headers headers{};
  std::shared_ptr<const std::string> body{};
  std::chrono::milliseconds time_max{0};  // as ClientRequest's
};

// Thread-safe. Nothing here waits; `then` is called once, on the client's thread, on that of Peers or within the call,
// and must not block.
class Peers {
 public:
  using Then = http::Client::Then;
  // The metadata of every partition's committed offset. It may block, though not longer than people should wait: who
  // waits is answered between two looks. Called on the thread of Peers only, and only while somebody waits.
  using Look = std::function<Result<std::map<PartitionId, std::string>>()>;

  // Client and metrics must outlive it.
  Peers(PeersSettings settings, http::Client& client, Look look, StudioMetrics& metrics);
  ~Peers();  // stop()
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  // From memory: nothing when it is not known, or when nobody owns it. It may be ourselves.
  [[nodiscard]] std::optional<Claim> owner_of(PartitionId partition) const;
  // Calls back after the next look, whether it succeeded or not; at once when too many wait for it, or at the end.
  void look_up(const std::function<void()>& then);

  // One try. kUnavailable: no answer, or 421: what was known of this owner is forgotten. Other errors are the client's.
  void send_to(const Claim& owner, PartitionId partition, const PeerRequest& request, Then then);
  // The owner of the partition, whoever that is: looked up when unknown; when it fails, another one once, if one is
  // found within `patience`; when it is silent (stopped, or cut off), another one as soon as there is one, but not for
  // a PUT. kConflict: the owner is ourselves (the caller looks at its own table again); kUnavailable: no owner was
  // found, or none that answers.
  void ask(PartitionId partition, PeerRequest request, Then then);

  [[nodiscard]] const std::string& token() const { return settings_.token; }
  // Ends the client too: everyone who has asked is told before it returns (a look that is under way is waited for).
  // Idempotent.
  void stop();

 private:
  struct Asked;
  using Waiter = std::function<void()>;
  void forget(PartitionId partition, const std::string& token);  // unless another owns it by now
  void forget_all_of(const std::string& token);
  std::optional<Error> wait_for_look(Waiter waiter);  // an error: it is not kept
  void try_owner(const std::shared_ptr<Asked>& asked, const Claim& owner, bool second);
  void try_after_look(const std::shared_ptr<Asked>& asked);
  void doubt_later(const std::shared_ptr<Asked>& asked);
  void doubt(const std::shared_ptr<Asked>& asked);
  std::vector<std::shared_ptr<Asked>> take_doubted();
  void run();
  std::string use(const std::map<PartitionId, std::string>& metadata);
  void say_once(const std::string& trouble);
  void tell_waiters(std::unique_lock<std::mutex>& lock);

  const PeersSettings settings_;
  http::Client& client_;
  const Look look_;
  StudioMetrics& metrics_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<PartitionId, Claim> owners_;
  std::vector<Waiter> waiters_;  // for the next look
  // First tries, the answered ones too, and when they are doubted: the earliest first.
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::weak_ptr<Asked>>> doubted_;
  bool stopping_ = false;
  std::string trouble_;  // of the last look; the thread's own
  std::thread thread_;
};

}  // namespace antiphon::studio
