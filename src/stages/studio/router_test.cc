// Several studios in one process, each with its own server, over a directory of claims that the test writes.
#include "stages/studio/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <deque>
#include <future>
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/http/server.h"
#include "core/murmur2.h"

namespace antiphon::studio {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int32_t kPartitions = 6;

// What the group's offsets say: the test's own.
class Directory {
 public:
  Peers::Look look() {
    return [this]() -> Result<std::map<PartitionId, std::string>> {
      const std::lock_guard lock(mutex_);
      ++looks_;
      looked_.notify_all();
      if (on_look_) on_look_();
      if (away_) return make_error(ErrorKind::kUnavailable, "Kafka is away");
      return claims_;
    };
  }
  void set(std::int32_t partition, const std::string& metadata) {
    const std::lock_guard lock(mutex_);
    claims_[PartitionId(partition)] = metadata;
  }
  void set(std::int32_t partition, const Claim& claim) { set(partition, to_string(claim)); }
  // Within on_look().
  void set_unlocked(std::int32_t partition, const Claim& claim) { claims_[PartitionId(partition)] = to_string(claim); }
  void set_away(bool away) {
    const std::lock_guard lock(mutex_);
    away_ = away;
  }
  void on_look(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    on_look_ = std::move(action);
  }
  int looks() {
    const std::lock_guard lock(mutex_);
    return looks_;
  }
  void wait_for_looks(int count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(looked_.wait_for(lock, seconds{20}, [&] { return looks_ >= count; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable looked_;
  std::map<PartitionId, std::string> claims_;
  std::function<void()> on_look_;
  bool away_ = false;
  int looks_ = 0;
};

constexpr int kAtLast = 201;  // what who was silent answers then

// A studio's own half: says what was asked of it.
class FakeHere final : public Here {
 public:
  bool serves(PartitionId partition) override {
    const std::lock_guard lock(mutex_);
    return open_.contains(partition);
  }
  std::optional<PartitionId> partition_of_lease(const Id128& lease) override {
    const auto partition = static_cast<std::int32_t>(lease.high >> 48);
    return partition < kPartitions ? std::optional(PartitionId(partition)) : std::nullopt;
  }
  http::Response next(const GrantRequest& grant) override {
    const std::lock_guard lock(mutex_);
    ++nexts_;
    if (sentences_ == 0) return http::Response::empty(204);
    --sentences_;
    return http::Response::json(200, json{{"from", name}, {"locale", grant.locale}}.dump());
  }
  void give_back(const Id128& lease) override {
    const std::lock_guard lock(mutex_);
    ended_.push_back(uuid_of_id(lease));
  }
  void skip(const SkipRequest& request, const http::Responder& responder) override {
    const std::lock_guard lock(mutex_);
    if (silent) return stay_silent(responder);
    ended_.push_back(uuid_of_id(request.lease) + " skipped" +
                     (request.prompt_id ? ", " + request.prompt_id->value() : "") +
                     (request.speaker ? " by " + uuid_of_id(*request.speaker) : ""));
    responder.answer(status == 503 ? http::problem_retry(503, "it is not written yet", 2) : http::Response::empty(204));
  }
  void put_recording(http::Request request, const http::Responder& responder) override {
    const std::lock_guard lock(mutex_);
    if (!request.header("X-Prompt-Id")) return void(responder.answer(http::problem(400, "no sentence is named")));
    if (silent) return stay_silent(responder);
    http::Response answer = http::Response::json(status, json{{"from", name}, {"bytes", request.body.size()}}.dump());
    answer.headers.emplace_back("X-Own", "stays here");
    if (status == 503) answer.headers.emplace_back("Retry-After", "7");
    taken_.push_back(std::move(request));
    responder.answer(std::move(answer));
  }
  std::vector<LocaleCount> locales() override { return {{"sw", 2}, {name == "a" ? "am" : "ar", 1}}; }

  void open(const std::set<std::int32_t>& partitions) {
    const std::lock_guard lock(mutex_);
    open_.clear();
    for (const std::int32_t p : partitions) open_.insert(PartitionId(p));
  }
  void have(int sentences) {
    const std::lock_guard lock(mutex_);
    sentences_ = sentences;
  }
  int nexts() {
    const std::lock_guard lock(mutex_);
    return nexts_;
  }
  std::vector<std::string> ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  std::vector<http::Request> taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  // What was asked while it was silent.
  void wait_until_asked() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(asked_.wait_for(lock, seconds{20}, [&] { return !unanswered_.empty(); }));
  }
  void answer_at_last(int code = kAtLast) {
    const std::lock_guard lock(mutex_);
    for (const http::Responder& to : unanswered_) to.answer(http::Response::json(code, json{{"from", name}}.dump()));
    unanswered_.clear();
  }
  std::string name;
  int status = 201;
  std::atomic<bool> silent = false;

 private:
  void stay_silent(const http::Responder& responder) {
    unanswered_.push_back(responder);
    asked_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable asked_;
  std::vector<http::Responder> unanswered_;
  std::set<PartitionId> open_;
  int sentences_ = 0;
  int nexts_ = 0;
  std::vector<std::string> ended_;
  std::vector<http::Request> taken_;
};

struct Studio {
  Studio(Directory& directory, const std::string& name, int number, std::uint16_t port = 0)
      : token("0b5e7c1a-0000-4000-8000-00000000000" + std::to_string(number)) {
    here.name = name;
    client = std::move(*http::Client::start({.answer_time_max = milliseconds{5'000}}));
    peers = std::make_unique<Peers>(PeersSettings{.token = token,
                                                  .partitions = kPartitions,
                                                  .look_every = milliseconds{20},
                                                  .patience = milliseconds{500},
                                                  .doubt_after = milliseconds{50}},
                                    *client, directory.look(), metrics);
    router = std::make_unique<Router>(here, kPartitions, peers.get());
    http::Routes routes;
    using http::Method;
    routes.add(Method::kGet, "/api/v1/prompts/next",
               [this](http::Request r, const http::Responder& to) { router->next(std::move(r), to); });
    routes.add(Method::kDelete, "/api/v1/leases/{lease_id}",
               [this](http::Request r, const http::Responder& to) { router->end_lease(std::move(r), to); });
    routes.add(Method::kPut, "/api/v1/recordings/{recording_id}",
               [this](http::Request r, const http::Responder& to) { router->put_recording(std::move(r), to); },
               {.body_bytes_max = 4U << 20});
    routes.add(Method::kGet, "/api/v1/locales",
               [this](http::Request r, const http::Responder& to) { router->locales(std::move(r), to); });
    http::ServerSettings settings;
    settings.port = port;
    settings.limits.loopback_exempt = true;
    server = std::move(*http::Server::start(settings, std::move(routes), nullptr));
  }
  ~Studio() { stop(); }
  void stop() {
    server->stop(milliseconds{0});
    peers->stop();
  }
  [[nodiscard]] Claim claim() const {
    return {"http://127.0.0.1:" + std::to_string(server->port()), token, "voices.studio.a", false};
  }
  [[nodiscard]] std::string metric() const { return prometheus::TextSerializer().Serialize(registry.Collect()); }

  const std::string token;
  prometheus::Registry registry;
  StudioMetrics metrics{registry};
  FakeHere here;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<Peers> peers;
  std::unique_ptr<Router> router;
  std::unique_ptr<http::Server> server;
};

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    own(a_, {0, 1, 2});
    own(b_, {3, 4, 5});
  }
  // The partitions are open there, and the directory says so.
  void own(Studio& studio, const std::set<std::int32_t>& partitions) {
    studio.here.open(partitions);
    for (const std::int32_t p : partitions) directory_.set(p, studio.claim());
  }
  http::Response ask(const Studio& studio, http::Method method, const std::string& target, http::Headers headers = {},
                     const std::string& body = {}) {
    http::ClientRequest request{method, studio.claim().peer + target, std::move(headers)};
    if (!body.empty()) request.body = std::make_shared<const std::string>(body);
    std::promise<Result<http::Response>> told;
    browser_->send(std::move(request), [&](Result<http::Response> result) { told.set_value(std::move(result)); });
    auto result = told.get_future().get();
    EXPECT_TRUE(result) << result.error().message;
    return result ? *std::move(result) : http::Response::empty(0);
  }
  http::Response next(const Studio& studio, const std::string& more = {}) {
    return ask(studio, http::Method::kGet, "/api/v1/prompts/next?locale=sw" + more);
  }
  http::Response put(const Studio& studio, std::int32_t partition, http::Headers headers = {}) {
    headers.emplace_back("X-Prompt-Id", prompt_in(partition));
    return ask(studio, http::Method::kPut, "/api/v1/recordings/01a20491-263b-7d5b-bf43-565da4ab5ca7",
               std::move(headers), "voice");
  }
  int skip(const Studio& studio, std::int32_t partition) {
    return ask(studio, http::Method::kDelete, "/api/v1/leases/" + lease_in(partition) + "?reason=skip").status;
  }
  static std::string prompt_in(std::int32_t partition) {
    for (std::uint64_t n = 0;; ++n) {
      std::string id = prompt_of_id({n, 42});
      if (partition_of(id, kPartitions) == PartitionId(partition)) return id;
    }
  }
  // "&speaker=..." of someone who is at home there.
  static std::string speaker_of(std::int32_t partition) {
    for (std::uint64_t n = 0;; ++n) {
      const std::string id = uuid_of_id({n, 0x8000'0000'0000'0042});
      if (partition_of(id, kPartitions) == PartitionId(partition)) return "&speaker=" + id;
    }
  }
  static std::string lease_in(std::int32_t partition) {
    return uuid_of_id({static_cast<std::uint64_t>(partition) << 48, 7});
  }
  static std::string from(const http::Response& answer) { return json::parse(answer.body)["from"].get<std::string>(); }

  Directory directory_;
  Studio a_{directory_, "a", 1};
  Studio b_{directory_, "b", 2};
  std::unique_ptr<http::Client> browser_ = std::move(*http::Client::start({.answer_time_max = milliseconds{20'000}}));
};

TEST_F(RouterTest, AVoiceGoesToTheOwnerOfItsSentenceWithWhatTheInterfaceKnowsAndNothingElse) {
  const http::Response answer =
      put(a_, 4, {{"X-Speaker-Id", "s"}, {"traceparent", "t"}, {"Cookie", "secret"}, {"Content-Type", "audio/webm"}});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(from(answer), "b");
  EXPECT_EQ(http::find_header(answer.headers, "Content-Type"), "application/json");
  EXPECT_FALSE(http::find_header(answer.headers, "X-Own"));
  ASSERT_EQ(b_.here.taken().size(), 1U);
  const http::Request heard = b_.here.taken().front();
  EXPECT_EQ(heard.body, "voice");
  EXPECT_EQ(heard.captures.at(0), "01a20491-263b-7d5b-bf43-565da4ab5ca7");
  EXPECT_EQ(heard.header("X-Speaker-Id"), "s");
  EXPECT_EQ(heard.header("traceparent"), "t");
  EXPECT_EQ(heard.header("Content-Type"), "audio/webm");
  EXPECT_EQ(heard.header("X-Studio-Peer"), b_.token);
  EXPECT_FALSE(heard.header("Cookie"));
  EXPECT_TRUE(a_.here.taken().empty());
  EXPECT_THAT(a_.metric(), HasSubstr("studio_forwarded_total{outcome=\"answered\"} 1"));
}

TEST_F(RouterTest, WhatIsOpenHereStaysHereAndNobodyIsLookedUp) {
  EXPECT_EQ(from(put(a_, 1)), "a");
  EXPECT_EQ(ask(a_, http::Method::kPut, "/api/v1/recordings/x").status, 400) << "no sentence is named";
  EXPECT_EQ(directory_.looks(), 0);
}

TEST_F(RouterTest, TheOwnersRefusalComesBackWithItsRetryAfter) {
  b_.here.status = 503;
  const http::Response answer = put(a_, 3);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(http::find_header(answer.headers, "Retry-After"), "7");
}

TEST_F(RouterTest, OneLookServesManyRequests) {
  for (int i = 0; i < 20; ++i) put(a_, 3 + i % 3);
  EXPECT_EQ(directory_.looks(), 1);
}

TEST_F(RouterTest, ALeaseEndsAtItsOwner) {
  const auto end = [&](const std::string& what) {
    return ask(a_, http::Method::kDelete, "/api/v1/leases/" + what).status;
  };
  EXPECT_EQ(end(lease_in(5) + "?reason=skip"), 204);
  EXPECT_EQ(end(lease_in(0)), 204);
  EXPECT_EQ(end(lease_in(kPartitions)), 204) << "none of ours";
  EXPECT_EQ(end("none"), 400);
  EXPECT_EQ(end(lease_in(5) + "?reason=bored"), 400);
  EXPECT_EQ(end(lease_in(5) + "?reason=skip&speaker=me"), 400);
  EXPECT_EQ(end(lease_in(5) + "?reason=skip&prompt=me"), 400);
  const std::string speaker = "0b5e7c1a-0000-4000-8000-00000000000a";
  const std::string prompt = prompt_in(5);
  EXPECT_EQ(end(lease_in(4) + "?reason=skip&prompt=" + prompt), 400) << "the lease is of another sentence";
  EXPECT_EQ(end(lease_in(5) + "?reason=skip&prompt=" + prompt + "&speaker=" + speaker), 204);
  EXPECT_THAT(b_.here.ended(),
              ElementsAre(lease_in(5) + " skipped", lease_in(5) + " skipped, " + prompt + " by " + speaker));
  EXPECT_THAT(a_.here.ended(), ElementsAre(lease_in(0)));
}

TEST_F(RouterTest, ASentenceIsAskedOfTheSpeakersHomeFirst) {
  a_.here.have(100);
  b_.here.have(100);
  for (std::int32_t p = 0; p < kPartitions; ++p) {
    for (const Studio* asked : {&a_, &b_}) EXPECT_EQ(from(next(*asked, speaker_of(p))), p < 3 ? "a" : "b");
  }
  const std::string request = "&request=" + speaker_of(4).substr(9);
  EXPECT_EQ(from(next(a_, request)), "b") << "without a speaker the request decides";
  EXPECT_EQ(from(next(a_)), "a") << "neither: here";
  EXPECT_EQ(from(next(b_)), "b");
}

TEST_F(RouterTest, NobodyHasASentenceOnlyWhenEveryOwnerSaysSo) {
  EXPECT_EQ(next(a_, speaker_of(4)).status, 204);
  EXPECT_EQ(a_.here.nexts(), 1);
  EXPECT_EQ(b_.here.nexts(), 1) << "each owner once, however many partitions it has";
  a_.here.have(1);
  EXPECT_EQ(from(next(b_, speaker_of(4))), "a");
  b_.here.have(1);
  EXPECT_EQ(from(next(a_)), "b");
  EXPECT_EQ(next(a_).status, 204);
}

TEST_F(RouterTest, AnOwnerThatIsAwayHidesNoOtherSentenceAndNoneIsA503) {
  b_.server->stop(milliseconds{0});
  a_.here.have(1);
  EXPECT_EQ(from(next(a_, speaker_of(4))), "a");
  EXPECT_FALSE(a_.peers->owner_of(PartitionId(5))) << "who does not answer is away with all that it owned";
  const http::Response none = next(a_, speaker_of(4));
  EXPECT_EQ(none.status, 503) << "the one that is away may have a sentence";
  EXPECT_TRUE(http::find_header(none.headers, "Retry-After"));
  EXPECT_THAT(a_.metric(), HasSubstr("studio_forwarded_total{outcome=\"unanswered\"}"));
}

TEST_F(RouterTest, AnOwnerThatIsNotReadyYetMayHaveASentence) {
  b_.here.open({});  // and says 503
  EXPECT_EQ(next(a_).status, 503);
}

TEST_F(RouterTest, ANewProcessAtAnOldAddressIsLearntByItsRefusal) {
  EXPECT_EQ(next(a_, speaker_of(3)).status, 204);
  const std::uint16_t port = b_.server->port();
  b_.server->stop(milliseconds{0});
  Studio reborn(directory_, "b again", 4, port);
  own(reborn, {3, 4, 5});
  reborn.here.have(1);
  EXPECT_EQ(next(a_, speaker_of(3)).status, 503) << "421: the token is of another process";
  EXPECT_EQ(from(next(a_, speaker_of(3))), "b again");
}

TEST_F(RouterTest, WhilePartitionsMoveNoneIsA503) {
  Claim released = b_.claim();
  released.released = true;
  b_.here.open({3, 4});
  directory_.set(5, released);
  EXPECT_EQ(next(a_).status, 503);
  EXPECT_EQ(directory_.looks(), 1) << "one look for all of them";
  EXPECT_EQ(put(a_, 5).status, 503);
}

TEST_F(RouterTest, BadQuestionsGoNowhere) {
  EXPECT_EQ(ask(a_, http::Method::kGet, "/api/v1/prompts/next").status, 400);
  EXPECT_EQ(next(a_, "&speaker=me").status, 400);
  EXPECT_EQ(directory_.looks(), 0);
}

TEST_F(RouterTest, LanguagesAreTheSumOverAllOwners) {
  const json both = json::parse(ask(a_, http::Method::kGet, "/api/v1/locales").body);
  ASSERT_EQ(both.size(), 3U);
  EXPECT_EQ(both[0]["locale"], "am");
  EXPECT_EQ(both[1]["direction"], "rtl");
  const json swahili{{"locale", "sw"}, {"name", "Kiswahili"}, {"direction", "ltr"}, {"open", 4}};
  EXPECT_EQ(both[2], swahili);
  b_.server->stop(milliseconds{0});
  const json mine = json::parse(ask(a_, http::Method::kGet, "/api/v1/locales").body);
  ASSERT_EQ(mine.size(), 2U) << "who cannot be asked is left out";
  a_.here.open({});
  EXPECT_EQ(ask(a_, http::Method::kGet, "/api/v1/locales").status, 503);
}

TEST_F(RouterTest, APassedOnRequestIsAnsweredHereOrRefused) {
  const auto as_peer = [&](http::Method method, const std::string& target, const std::string& token,
                           http::Headers headers = {}) {
    headers.emplace_back("X-Studio-Peer", token);
    return ask(a_, method, target, std::move(headers)).status;
  };
  b_.here.have(10);
  const std::string recording = "/api/v1/recordings/01a20491-263b-7d5b-bf43-565da4ab5ca7";
  for (const std::string& stranger : {b_.token, std::string("x"), a_.token + "0"}) {
    EXPECT_EQ(as_peer(http::Method::kGet, "/api/v1/prompts/next?locale=sw", stranger), 421);
    EXPECT_EQ(as_peer(http::Method::kGet, "/api/v1/locales", stranger), 421);
    EXPECT_EQ(as_peer(http::Method::kDelete, "/api/v1/leases/" + lease_in(0), stranger), 421);
    EXPECT_EQ(as_peer(http::Method::kPut, recording, stranger, {{"X-Prompt-Id", prompt_in(0)}}), 421);
  }
  EXPECT_EQ(as_peer(http::Method::kPut, recording, a_.token, {{"X-Prompt-Id", prompt_in(0)}}), 201);
  EXPECT_EQ(as_peer(http::Method::kPut, recording, a_.token, {{"X-Prompt-Id", prompt_in(3)}}), 421);
  EXPECT_EQ(as_peer(http::Method::kDelete, "/api/v1/leases/" + lease_in(0), a_.token), 204);
  EXPECT_EQ(as_peer(http::Method::kDelete, "/api/v1/leases/" + lease_in(3), a_.token), 421);
  EXPECT_EQ(as_peer(http::Method::kGet, "/api/v1/prompts/next?locale=sw", a_.token), 204);
  a_.here.open({});
  EXPECT_EQ(as_peer(http::Method::kGet, "/api/v1/prompts/next?locale=sw", a_.token), 503) << "nothing is open here yet";
  EXPECT_EQ(as_peer(http::Method::kGet, "/api/v1/locales", a_.token), 503);
  EXPECT_EQ(directory_.looks(), 0) << "nothing was passed on";
  EXPECT_EQ(b_.here.nexts(), 0);
}

TEST_F(RouterTest, TwoWhoTakeEachOtherForTheOwnerEndTheRequest) {
  a_.here.open({});
  b_.here.open({});
  directory_.set(0, b_.claim());
  const http::Response answer = put(a_, 0);
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(http::find_header(answer.headers, "Retry-After"));
  EXPECT_THAT(a_.metric(), HasSubstr("studio_forwarded_total{outcome=\"misdirected\"} 1"));
  EXPECT_THAT(b_.metric(), ::testing::Not(HasSubstr("studio_forwarded_total{")));
}

TEST_F(RouterTest, WhoHasMovedIsLookedUpAndFoundWithinTheSameRequest) {
  EXPECT_EQ(from(put(a_, 3)), "b");
  Studio c(directory_, "c", 3);
  b_.here.open({4, 5});
  own(c, {3});
  EXPECT_EQ(from(put(a_, 3)), "c") << "b says 421, the directory says c";
  EXPECT_EQ(from(put(a_, 4)), "b");
}

TEST_F(RouterTest, AMoveThatIsUnderWayIsWaitedFor) {
  EXPECT_EQ(from(put(a_, 3)), "b");
  Studio c(directory_, "c", 3);
  b_.here.open({});
  const int looks = directory_.looks();
  std::thread mover([&] {
    directory_.wait_for_looks(looks + 2);  // the request has been refused and looks again
    own(c, {3});
  });
  EXPECT_EQ(from(put(a_, 3)), "c");
  mover.join();
}

TEST_F(RouterTest, ASilentOwnerIsLeftAsSoonAsThereIsAnother) {
  EXPECT_EQ(skip(a_, 3), 204);
  Studio c(directory_, "c", 3);
  b_.here.silent = true;  // as a process that is stopped: it takes the request and says nothing
  const int looks = directory_.looks();
  std::thread mover([&] {
    directory_.wait_for_looks(looks + 2);  // b is doubted, and nobody else is there yet
    own(c, {3});
  });
  EXPECT_EQ(skip(a_, 3), 204);
  mover.join();
  b_.here.answer_at_last();
  EXPECT_EQ(skip(a_, 3), 204);
  EXPECT_EQ(b_.here.ended().size(), 1U);
  EXPECT_EQ(c.here.ended().size(), 2U);
}

TEST_F(RouterTest, ALateNoOfAFormerOwnerDoesNotMakeTheNewOneForgotten) {
  EXPECT_EQ(skip(a_, 3), 204);
  b_.here.silent = true;
  Studio c(directory_, "c", 3);
  own(c, {3});
  EXPECT_EQ(skip(a_, 3), 204);
  b_.here.answer_at_last(421);
  const auto until = std::chrono::steady_clock::now() + seconds{20};
  while (a_.metric().find("\"misdirected\"} 1") == std::string::npos && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  const auto owner = a_.peers->owner_of(PartitionId(3));
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->token, c.token);
}

// It may be on its way to Kafka still: from a second studio it would come twice.
TEST_F(RouterTest, AVoiceWaitsForTheOwnerThatHasIt) {
  EXPECT_EQ(from(put(a_, 3)), "b");
  b_.here.silent = true;
  auto voice = std::async(std::launch::async, [&] { return put(a_, 3); });
  b_.here.wait_until_asked();
  Studio c(directory_, "c", 3);
  own(c, {3});
  EXPECT_EQ(skip(a_, 3), 204);  // asked of b later than the voice, and doubted: so long has the voice waited
  EXPECT_EQ(c.here.ended().size(), 1U);
  b_.here.answer_at_last();
  EXPECT_EQ(from(voice.get()), "b");
  EXPECT_TRUE(c.here.taken().empty());
}

TEST_F(RouterTest, AnOwnerThatIsOnlySlowIsWaitedFor) {
  EXPECT_EQ(skip(a_, 3), 204);
  b_.here.silent = true;
  const int looks = directory_.looks();
  std::thread slow([&] {
    directory_.wait_for_looks(looks + 3);
    b_.here.answer_at_last();
  });
  EXPECT_EQ(skip(a_, 3), kAtLast);
  slow.join();
}

TEST_F(RouterTest, ASilentOwnerWhosePartitionHasBecomeOursIsAnsweredFor) {
  EXPECT_EQ(skip(a_, 3), 204);
  b_.here.silent = true;
  directory_.on_look([&] {
    a_.here.open({0, 1, 2, 3});
    directory_.set_unlocked(3, a_.claim());
  });
  EXPECT_EQ(skip(a_, 3), 204);
  EXPECT_EQ(a_.here.ended().size(), 1U);
}

TEST_F(RouterTest, AnOwnerThatDiedAndCameBackIsFoundAgain) {
  EXPECT_EQ(from(put(a_, 3)), "b");
  const std::uint16_t port = b_.server->port();
  b_.server->stop(milliseconds{0});
  const http::Response dead = put(a_, 3);
  EXPECT_EQ(dead.status, 503);
  EXPECT_TRUE(http::find_header(dead.headers, "Retry-After"));
  Studio reborn(directory_, "b again", 4, port);
  own(reborn, {3, 4, 5});
  EXPECT_EQ(from(put(a_, 3)), "b again");
}

TEST_F(RouterTest, WhatHasBecomeOursWhileItWasLookedUpIsAnsweredHere) {
  directory_.set(3, a_.claim());
  EXPECT_EQ(put(a_, 3).status, 503) << "ours by the directory, and not open yet";
  directory_.on_look([&] { a_.here.open({0, 1, 2, 3}); });
  EXPECT_EQ(from(put(a_, 3)), "a");
  EXPECT_EQ(a_.here.taken().at(0).body, "voice");
}

TEST_F(RouterTest, AKafkaThatIsAwayEndsNothingThatIsKnown) {
  EXPECT_EQ(from(put(a_, 3)), "b");
  directory_.set_away(true);
  EXPECT_EQ(from(put(a_, 3)), "b");
  b_.here.have(1);
  EXPECT_EQ(from(next(a_, speaker_of(3))), "b");
  EXPECT_EQ(put(b_, 0).status, 503) << "b has never learnt who owns it";
}

TEST_F(RouterTest, ClaimsThatCannotBeReadAreNobodys) {
  directory_.set(3, "sarama");
  EXPECT_EQ(put(a_, 3).status, 503);
  EXPECT_EQ(from(put(a_, 4)), "b");
}

TEST_F(RouterTest, WhoAsksTooMuchAtOnceIsToldAndForgetsNobody) {
  const auto full = std::move(*http::Client::start({.requests_max = 0}));
  Peers peers({.token = a_.token, .partitions = kPartitions}, *full, directory_.look(), a_.metrics);
  std::promise<Result<http::Response>> told;
  peers.ask(PartitionId(3), {}, [&](Result<http::Response> result) { told.set_value(std::move(result)); });
  const auto result = told.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(peers.owner_of(PartitionId(3)));
}

TEST_F(RouterTest, TheEndAnswersWhoeverWaits) {
  directory_.set_away(true);
  std::promise<Result<http::Response>> told;
  a_.peers->ask(PartitionId(3), {}, [&](Result<http::Response> result) { told.set_value(std::move(result)); });
  directory_.wait_for_looks(1);
  a_.peers->stop();
  const auto result = told.get_future().get();
  ASSERT_FALSE(result);
  std::promise<void> looked;
  a_.peers->look_up([&] { looked.set_value(); });
  looked.get_future().get();
}

}  // namespace
}  // namespace antiphon::studio
