#include "stages/studio/api.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "speech/text/locale.h"
#include "stages/studio/locale_names.h"

namespace antiphon::studio {
namespace {

using http::Method;
using http::problem;

http::Response starting() {
  return http::problem_retry(503, "this studio reads what was left, or another one serves; try again", 1);
}

std::variant<GrantRequest, http::Response> read_grant_request(const http::Request& request) {
  GrantRequest grant;
  const auto locale = text::parse_locale(request.target.query.get("locale").value_or(""));
  if (!locale) return problem(400, fmt::format("locale: {}", locale.error().message));
  grant.locale = locale->tag();
  for (const auto& [name, id] : {std::pair{"speaker", &grant.speaker}, std::pair{"request", &grant.request}}) {
    const auto text = request.target.query.get(name);
    if (!text) continue;
    *id = id_of_uuid(*text);
    if (!*id) return problem(400, fmt::format("{} must be a UUID", name));
  }
  return grant;
}

}  // namespace

http::Handler Api::when_open(http::Handler handler) {
  return [this, handler = std::move(handler)](http::Request request, const http::Responder& responder) {
    if (feed_ == nullptr || !desk_.serves()) {
      responder.answer(starting());
    } else {
      handler(std::move(request), responder);
    }
  };
}

void Api::add_to(http::Routes& routes) {
  routes.add(Method::kGet, "/api/v1/prompts/next",
             when_open([this](const http::Request& request, const http::Responder& to) { next_prompt(request, to); }));
  routes.add(Method::kDelete, "/api/v1/leases/{lease_id}",
             when_open([this](const http::Request& request, const http::Responder& to) { end_lease(request, to); }));
  routes.add(
      Method::kPut, "/api/v1/recordings/{recording_id}",
      when_open([this](http::Request request, const http::Responder& to) { put_recording(std::move(request), to); }),
      {.body_bytes_max = events::kAudioBytesMax});
  routes.add(Method::kGet, "/api/v1/locales",
             when_open([this](const http::Request&, const http::Responder& to) { locales(to); }));
  routes.add(Method::kGet, "/api/v1/openapi.json", [](const http::Request&, const http::Responder& to) {
    to.answer(http::Response::json(200, openapi_document()));
  });
}

void Api::next_prompt(const http::Request& request, const http::Responder& responder) {
  auto grant = read_grant_request(request);
  if (auto* refused = std::get_if<http::Response>(&grant)) {
    responder.answer(std::move(*refused));
  } else {
    responder.answer(desk_.next(std::get<GrantRequest>(grant)));
  }
}

void Api::end_lease(const http::Request& request, const http::Responder& responder) {
  const auto lease = id_of_uuid(request.captures.at(0));
  const auto reason = request.target.query.get("reason");
  if (!lease) return void(responder.answer(problem(400, "a lease id is a UUID")));
  if (reason && *reason != "skip") return void(responder.answer(problem(400, "the reason can be skip, or left out")));
  desk_.give_back(*lease, reason.has_value());
  responder.answer(http::Response::empty(204));
}

void Api::put_recording(http::Request request, const http::Responder& responder) {
  auto read = read_upload(request);
  if (auto* refused = std::get_if<http::Response>(&read)) return void(responder.answer(std::move(*refused)));
  const auto upload = std::make_shared<Upload>(std::get<Upload>(std::move(read)));
  const auto body = std::make_shared<std::string>(std::move(request.body));
  if (desk_.take(*upload, *body, responder)) return;
  PromptFeed* feed = feed_;
  if (feed == nullptr) return void(responder.answer(starting()));
  const PartitionId partition =
      desk_.with_leases([&](Leases& leases) { return leases.partition_of(upload->take.prompt_id); });
  feed->catch_up(partition, [this, upload, body, responder](const Result<>& result) {
    if (!result) {
      responder.answer(http::problem_retry(503, "the sentences could not be read to their end; try again", 2));
    } else if (!desk_.take(*upload, *body, responder)) {
      responder.answer(problem(404, "there is no such sentence"));
    }
  });
}

void Api::locales(const http::Responder& responder) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const LocaleCount& count : desk_.with_leases([](Leases& leases) { return leases.locales(); })) {
    const auto locale = text::parse_locale(count.locale);
    const auto direction = locale ? locale->direction() : text::Direction::kLeftToRight;
    list.push_back({{"locale", count.locale},
                    {"name", name_of_locale(count.locale)},
                    {"direction", text::to_string(direction)},
                    {"open", count.open}});
  }
  responder.answer(
      http::Response::json(200, list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
}

}  // namespace antiphon::studio
