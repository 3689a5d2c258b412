// Any studio answers any browser: what is open here is answered here, the rest is asked of its owner. A request that
// another studio passed on (X-Studio-Peer) is answered here or refused with 421, never passed on: no request makes two
// steps.
#pragma once

#include <memory>
#include <vector>

#include "adapters/http/routes.h"
#include "stages/studio/leases.h"
#include "stages/studio/peers.h"

namespace antiphon::studio {

// What this instance answers by itself, for the partitions that are open here. Any thread; nothing in it blocks.
class Here {
 public:
  virtual ~Here() = default;
  [[nodiscard]] virtual bool serves(PartitionId partition) = 0;
  [[nodiscard]] virtual std::optional<PartitionId> partition_of_lease(const Id128& lease) = 0;
  virtual http::Response next(const GrantRequest& grant) = 0;  // 200 or 204
  virtual void give_back(const Id128& lease) = 0;
  // The lease's partition is open here.
  virtual void skip(const SkipRequest& request, const http::Responder& responder) = 0;
  // The prompt's partition is open here, or the request names no prompt: then it says what is wrong with it.
  virtual void put_recording(http::Request request, const http::Responder& responder) = 0;
  virtual std::vector<LocaleCount> locales() = 0;
};

class Router {
 public:
  // `peers` nullptr: there are no others. Both must outlive the router; stop the peers before it goes.
  Router(Here& here, std::int32_t partitions, Peers* peers) : here_(here), partitions_(partitions), peers_(peers) {}

  // GET /prompts/next: the owner that the speaker (else the request) is at home with, then the others in turn.
  void next(http::Request request, const http::Responder& responder);
  // DELETE /leases/ID and PUT /recordings/ID: the owner of the sentence.
  void end_lease(http::Request request, const http::Responder& responder);
  void put_recording(http::Request request, const http::Responder& responder);
  // GET /locales: the sum over all owners that answer.
  void locales(http::Request request, const http::Responder& responder);

 private:
  struct Walk;
  struct Sum;
  using Local = std::function<void(http::Request request, const http::Responder& responder)>;
  enum class From : std::uint8_t { kBrowser, kPeer, kStranger };

  [[nodiscard]] From from(const http::Request& request) const;
  [[nodiscard]] std::optional<PartitionId> first_open_here();
  [[nodiscard]] std::optional<Claim> other_owner(PartitionId partition) const;
  [[nodiscard]] std::int32_t home_of(const GrantRequest& grant);
  void at_owner(PartitionId partition, http::Request request, const http::Responder& responder, const Local& local);
  void walk(const std::shared_ptr<Walk>& walk);
  void ask_on(const std::shared_ptr<Walk>& walk, PartitionId partition, const Claim& owner);
  void add_others(const std::shared_ptr<Sum>& sum);

  Here& here_;
  const std::int32_t partitions_;
  Peers* const peers_;
};

}  // namespace antiphon::studio
