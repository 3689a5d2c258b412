#include "stages/studio/api.h"

namespace antiphon::studio {

void Api::add_to(http::Routes& routes) {
  using http::Method;
  using http::Request;
  using http::Responder;
  routes.add(Method::kGet, "/api/v1/prompts/next",
             [this](Request request, const Responder& to) { router_.next(std::move(request), to); });
  routes.add(Method::kDelete, "/api/v1/leases/{lease_id}",
             [this](Request request, const Responder& to) { router_.end_lease(std::move(request), to); });
  routes.add(Method::kPut, "/api/v1/recordings/{recording_id}",
             [this](Request request, const Responder& to) { router_.put_recording(std::move(request), to); },
             {.body_bytes_max = events::kAudioBytesMax});
  routes.add(Method::kGet, "/api/v1/locales",
             [this](Request request, const Responder& to) { router_.locales(std::move(request), to); });
  routes.add(Method::kGet, "/api/v1/openapi.json",
             [](const Request&, const Responder& to) { to.answer(http::Response::json(200, openapi_document())); });
}

std::optional<PartitionId> Api::partition_of_lease(const Id128& lease) {
  return desk_.with_leases([&](Leases& leases) { return leases.partition_of_lease(lease); });
}

std::vector<LocaleCount> Api::locales() {
  return desk_.with_leases([](Leases& leases) { return leases.locales(); });
}

void Api::put_recording(http::Request request, const http::Responder& responder) {
  auto read = read_upload(request);
  if (auto* refused = std::get_if<http::Response>(&read)) return void(responder.answer(std::move(*refused)));
  const auto upload = std::make_shared<Upload>(std::get<Upload>(std::move(read)));
  const auto body = std::make_shared<std::string>(std::move(request.body));
  const auto attempt = [this, upload, body, responder] { return desk_.take(*upload, *body, responder); };
  if (attempt()) return;
  const PartitionId partition =
      desk_.with_leases([&](Leases& leases) { return leases.partition_of(upload->take.prompt_id); });
  try_again_at_the_end(partition, responder, attempt, http::problem(404, "there is no such sentence"));
}

void Api::skip(const SkipRequest& request, const http::Responder& responder) {
  const auto attempt = [this, request, responder] { return desk_.skip(request, responder); };
  if (attempt()) return;
  // There is no such sentence: nobody will be given it.
  try_again_at_the_end(*partition_of_lease(request.lease), responder, attempt, http::Response::empty(204));
}

void Api::try_again_at_the_end(PartitionId partition, const http::Responder& responder, std::function<bool()> attempt,
                               http::Response unknown) {
  PromptFeed* feed = feed_;
  if (feed == nullptr) return void(responder.answer(http::problem_retry(503, "this studio ends; try again", 1)));
  feed->catch_up(
      partition, [responder, attempt = std::move(attempt), unknown = std::move(unknown)](const Result<>& result) {
        if (!result) {
          responder.answer(http::problem_retry(503, "the sentences could not be read to their end; try again", 2));
        } else if (!attempt()) {
          responder.answer(unknown);
        }
      });
}

}  // namespace antiphon::studio
