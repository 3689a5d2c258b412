// The paths of /api/v1 and what they ask of the desk. docs/formats/http.md.
#pragma once

#include <atomic>

#include "adapters/http/routes.h"
#include "stages/studio/desk.h"
#include "stages/studio/prompt_feed.h"

namespace antiphon::studio {

class Api {
 public:
  explicit Api(Desk& desk) : desk_(desk) {}  // the desk must outlive it

  // The API must outlive the server that gets the routes.
  void add_to(http::Routes& routes);
  // From now on requests are answered; before and after close() with 503 and Retry-After. The feed must outlive the
  // opening.
  void open(PromptFeed& feed) { feed_ = &feed; }
  void close() { feed_ = nullptr; }

 private:
  void next_prompt(const http::Request& request, const http::Responder& responder);
  void end_lease(const http::Request& request, const http::Responder& responder);
  void put_recording(http::Request request, const http::Responder& responder);
  void locales(const http::Responder& responder);
  http::Handler when_open(http::Handler handler);

  Desk& desk_;
  std::atomic<PromptFeed*> feed_{nullptr};
};

// GET /api/v1/openapi.json.
const std::string& openapi_document();

}  // namespace antiphon::studio
