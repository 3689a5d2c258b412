// The paths of /api/v1, and what this studio answers of them by itself. docs/formats/http.md.
#pragma once

#include <atomic>

#include "adapters/http/routes.h"
#include "stages/studio/desk.h"
#include "stages/studio/prompt_feed.h"
#include "stages/studio/router.h"

namespace antiphon::studio {

class Api final : public Here {
 public:
  // The desk must outlive it, and so must the others, where there are any; they are stopped before it goes.
  explicit Api(Desk& desk, Peers* peers = nullptr) : desk_(desk), router_(*this, desk.partitions(), peers) {}

  // The API must outlive the server that gets the routes.
  void add_to(http::Routes& routes);
  // From now on partitions can be open here; before and after close() none is: requests go to their owners, and are
  // 503 with Retry-After where there is none. The feed must outlive the opening.
  void open(PromptFeed& feed) { feed_ = &feed; }
  void close() { feed_ = nullptr; }

  [[nodiscard]] bool serves(PartitionId partition) override { return feed_ != nullptr && desk_.serves(partition); }
  [[nodiscard]] std::optional<PartitionId> partition_of_lease(const Id128& lease) override;
  http::Response next(const GrantRequest& grant) override { return desk_.next(grant); }
  void give_back(const Id128& lease) override { desk_.give_back(lease); }
  void skip(const SkipRequest& request, const http::Responder& responder) override;
  void put_recording(http::Request request, const http::Responder& responder) override;
  std::vector<LocaleCount> locales() override;

 private:
  // When prompts are read to their end: the sentence may be there. `unknown`: what it is answered if it is not.
  void try_again_at_the_end(PartitionId partition, const http::Responder& responder, std::function<bool()> attempt,
                            http::Response unknown);

  Desk& desk_;
  std::atomic<PromptFeed*> feed_{nullptr};
  Router router_;
};

// GET /api/v1/openapi.json.
const std::string& openapi_document();

}  // namespace antiphon::studio
