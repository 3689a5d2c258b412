#include "stages/studio/router.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <mutex>
#include <set>

#include "core/bytes.h"
#include "core/murmur2.h"
#include "events/shapes.h"
#include "speech/text/locale.h"
#include "stages/studio/locale_list.h"

namespace antiphon::studio {
namespace {

using http::problem;
using http::Responder;

// One of several that are asked in turn, while a person waits for a sentence.
constexpr std::chrono::milliseconds kOneOfManyTimeMax{2'000};
// What of a request an owner needs; nothing else is passed on.
constexpr std::array<std::string_view, 9> kRequestHeaders{"Content-Type", "X-Prompt-Id",       "X-Lease-Id",
                                                          "X-Speaker-Id", "X-Consent-Version", "X-Session-Id",
                                                          "X-Take",       "traceparent",       "tracestate"};
// Date, because a lease's end is told by its owner's clock.
constexpr std::array<std::string_view, 4> kResponseHeaders{"Content-Type", "Retry-After", "Cache-Control", "Date"};

template <std::size_t N>
http::Headers only(const std::array<std::string_view, N>& names, const http::Headers& headers) {
  http::Headers kept;
  for (const std::string_view name : names) {
    if (const auto value = http::find_header(headers, name)) kept.emplace_back(name, *value);
  }
  return kept;
}

// The request's body moves into what is passed on. HEAD is GET without the body, and that is our server's business.
PeerRequest passed_on(http::Request& request) {
  const auto method = request.method == http::Method::kHead ? http::Method::kGet : request.method;
  PeerRequest passed{method, request.target.text, only(kRequestHeaders, request.headers)};
  if (!request.body.empty()) passed.body = std::make_shared<const std::string>(std::move(request.body));
  return passed;
}

http::Response passed_back(http::Response answer) {
  answer.headers = only(kResponseHeaders, answer.headers);
  return answer;
}

http::Response starting() { return http::problem_retry(503, "this studio reads what was left; try again", 1); }
http::Response come_again(std::string_view why) { return http::problem_retry(503, why, 1); }
http::Response not_here() { return problem(421, "what is asked for is not open at this studio"); }

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

// The lease, and what else is named of it.
std::variant<SkipRequest, http::Response> read_skip_request(const http::Request& request) {
  const auto lease = id_of_uuid(request.captures.at(0));
  if (!lease) return problem(400, "a lease id is a UUID");
  SkipRequest skip{*lease, std::nullopt, std::nullopt};
  if (const auto prompt = request.target.query.get("prompt")) {
    if (!events::is_prompt_id(*prompt)) return problem(400, "prompt must be a prompt id");
    skip.prompt_id = PromptId(std::string(*prompt));
  }
  if (const auto speaker = request.target.query.get("speaker")) {
    skip.speaker = id_of_uuid(*speaker);
    if (!skip.speaker) return problem(400, "speaker must be a UUID");
  }
  return skip;
}

}  // namespace

Router::From Router::from(const http::Request& request) const {
  const auto token = request.header(kPeerHeader);
  if (!token) return From::kBrowser;
  return peers_ != nullptr && equal_in_constant_time(*token, peers_->token()) ? From::kPeer : From::kStranger;
}

std::optional<PartitionId> Router::first_open_here() {
  for (std::int32_t p = 0; p < partitions_; ++p) {
    if (here_.serves(PartitionId(p))) return PartitionId(p);
  }
  return std::nullopt;
}

// What stands as our own claim while the partition is not open here tells as little as none.
std::optional<Claim> Router::other_owner(PartitionId partition) const {
  auto owner = peers_ == nullptr ? std::nullopt : peers_->owner_of(partition);
  return owner && owner->token != peers_->token() ? owner : std::nullopt;
}

// ---- one owner ----

void Router::at_owner(PartitionId partition, http::Request request, const Responder& responder, const Local& local) {
  const From from = this->from(request);
  if (from == From::kStranger) return void(responder.answer(not_here()));
  if (here_.serves(partition)) return local(std::move(request), responder);
  if (from == From::kPeer) return void(responder.answer(not_here()));
  if (peers_ == nullptr) return void(responder.answer(starting()));
  PeerRequest passed = passed_on(request);
  const auto kept = std::make_shared<http::Request>(std::move(request));  // without its body
  const auto body = passed.body;
  peers_->ask(partition, std::move(passed),
              [this, partition, kept, body, responder, local](Result<http::Response> answer) {
                if (answer) {
                  responder.answer(passed_back(*std::move(answer)));
                } else if (answer.error().kind == ErrorKind::kConflict && here_.serves(partition)) {
                  if (body) kept->body = *body;  // rare: it has become ours a moment ago
                  local(std::move(*kept), responder);
                } else {
                  responder.answer(come_again("the studio that has this sentence does not answer now; try again"));
                }
              });
}

void Router::put_recording(http::Request request, const Responder& responder) {
  const std::string prompt(request.header("X-Prompt-Id").value_or(""));
  if (!events::is_prompt_id(prompt)) return here_.put_recording(std::move(request), responder);
  at_owner(partition_of(prompt, partitions_), std::move(request), responder,
           [this](http::Request r, const Responder& to) { here_.put_recording(std::move(r), to); });
}

void Router::end_lease(http::Request request, const Responder& responder) {
  const auto reason = request.target.query.get("reason");
  auto read = read_skip_request(request);
  if (auto* refused = std::get_if<http::Response>(&read)) return void(responder.answer(std::move(*refused)));
  if (reason && *reason != "skip") return void(responder.answer(problem(400, "the reason can be skip, or left out")));
  const auto& named = std::get<SkipRequest>(read);
  const auto partition = here_.partition_of_lease(named.lease);
  if (!partition) return void(responder.answer(http::Response::empty(204)));  // none of ours: nobody holds it
  if (named.prompt_id && partition_of(named.prompt_id->value(), partitions_) != *partition)
    return void(responder.answer(problem(400, "the lease is of another sentence")));
  at_owner(*partition, std::move(request), responder,
           [this, named, skip = reason.has_value()](const http::Request&, const Responder& to) {
             if (skip) return here_.skip(named, to);
             here_.give_back(named.lease);
             to.answer(http::Response::empty(204));
           });
}

// ---- a sentence from any owner ----

// Goes once around the partitions from the speaker's home; every owner is asked once.
//
//   open here, or its owner known     -> ask: 200 is the answer, after 204 the next one, anything else is a failure
//   nobody known for it               -> one look for all of them; then it is a failure
//   around                            -> 204 if there was no failure, else 503: somebody may have a sentence
struct Router::Walk {
  GrantRequest grant;
  PeerRequest request;
  Responder responder;
  std::int32_t home = 0;
  std::int32_t step = 0;
  std::set<std::string> asked{};  // tokens of owners; our own is ""
  bool looked = false;
  bool failed = false;
};

std::int32_t Router::home_of(const GrantRequest& grant) {
  const auto& key = grant.speaker ? grant.speaker : grant.request;
  return key ? partition_of(uuid_of_id(*key), partitions_).value() : first_open_here().value_or(PartitionId(0)).value();
}

void Router::next(http::Request request, const Responder& responder) {
  const From from = this->from(request);
  if (from == From::kStranger) return void(responder.answer(not_here()));
  auto read = read_grant_request(request);
  if (auto* refused = std::get_if<http::Response>(&read)) return void(responder.answer(std::move(*refused)));
  auto& grant = std::get<GrantRequest>(read);
  if (from == From::kPeer || peers_ == nullptr) {
    return void(responder.answer(first_open_here() ? here_.next(grant) : starting()));
  }
  const auto walk = std::make_shared<Walk>(Walk{std::move(grant), passed_on(request), responder});
  walk->request.time_max = kOneOfManyTimeMax;
  walk->home = home_of(walk->grant);
  this->walk(walk);
}

void Router::walk(const std::shared_ptr<Walk>& walk) {
  for (; walk->step < partitions_; ++walk->step) {
    const PartitionId partition((walk->home + walk->step) % partitions_);
    if (here_.serves(partition)) {
      if (!walk->asked.insert("").second) continue;
      auto answer = here_.next(walk->grant);
      if (answer.status == 200) return void(walk->responder.answer(std::move(answer)));
      walk->failed |= answer.status != 204;
    } else if (const auto owner = other_owner(partition)) {
      if (walk->asked.insert(owner->token).second) return ask_on(walk, partition, *owner);
    } else if (!std::exchange(walk->looked, true)) {
      return peers_->look_up([this, walk] { this->walk(walk); });
    } else {
      walk->failed = true;
    }
  }
  walk->responder.answer(walk->failed ? come_again("a studio that may have a sentence does not answer now; try again")
                                      : http::Response::empty(204));
}

void Router::ask_on(const std::shared_ptr<Walk>& walk, PartitionId partition, const Claim& owner) {
  ++walk->step;
  peers_->send_to(owner, partition, walk->request, [this, walk](Result<http::Response> answer) {
    if (answer && answer->status == 200) return void(walk->responder.answer(passed_back(*std::move(answer))));
    walk->failed |= !answer || answer->status != 204;
    this->walk(walk);
  });
}

// ---- the sum over all owners ----

struct Router::Sum {
  explicit Sum(Responder to) : responder(std::move(to)) {}

  PeerRequest request;
  const Responder responder;
  std::mutex mutex;
  std::map<std::string, std::size_t> open;  // by locale
  std::size_t left = 1;                     // answers, and the one who asks
  bool any = false;

  void add(const std::vector<LocaleCount>& counts) {
    const std::lock_guard lock(mutex);
    for (const LocaleCount& count : counts) open[count.locale] += count.open;
    any = true;
  }
  void end_one() {
    const std::lock_guard lock(mutex);
    if (--left > 0) return;
    if (!any) return void(responder.answer(starting()));
    std::vector<LocaleCount> counts;
    counts.reserve(open.size());
    for (const auto& [locale, number] : open) counts.push_back({locale, number});
    responder.answer(http::Response::json(200, locale_list(counts)));
  }
};

void Router::locales(http::Request request, const Responder& responder) {
  const From from = this->from(request);
  if (from == From::kStranger) return void(responder.answer(not_here()));
  const auto sum = std::make_shared<Sum>(responder);
  sum->request = passed_on(request);
  sum->request.time_max = kOneOfManyTimeMax;
  if (first_open_here()) sum->add(here_.locales());
  if (from == From::kPeer || peers_ == nullptr) return sum->end_one();
  for (std::int32_t p = 0; p < partitions_; ++p) {
    if (here_.serves(PartitionId(p)) || other_owner(PartitionId(p))) continue;
    return peers_->look_up([this, sum] { add_others(sum); });
  }
  add_others(sum);
}

void Router::add_others(const std::shared_ptr<Sum>& sum) {
  std::set<std::string> asked;
  for (std::int32_t p = 0; p < partitions_; ++p) {
    const auto owner = here_.serves(PartitionId(p)) ? std::nullopt : other_owner(PartitionId(p));
    if (!owner || !asked.insert(owner->token).second) continue;
    {
      const std::lock_guard lock(sum->mutex);
      ++sum->left;
    }
    peers_->send_to(*owner, PartitionId(p), sum->request, [sum](const Result<http::Response>& answer) {
      if (answer && answer->status == 200) {
        if (const auto counts = read_locale_list(answer->body)) sum->add(*counts);
      }
      sum->end_one();
    });
  }
  sum->end_one();
}

}  // namespace antiphon::studio
