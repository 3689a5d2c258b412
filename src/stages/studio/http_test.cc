// The interface over loopback against a Kafka that fails on demand: what a real one cannot be made to do.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <nlohmann/json.hpp>

#include "adapters/http/server.h"
#include "core/bytes.h"
#include "core/murmur2.h"
#include "core/sha256.h"
#include "core/uuid.h"
#include "events/codec.h"
#include "stages/studio/api.h"
#include "stages/studio/ownership.h"
#include "stages/studio/writer.h"

namespace antiphon::studio {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr std::int32_t kPartitions = 2;

// Keeps what is sent until the test lets it through.
class FakeProducer final : public bus::Producer {
 public:
  Result<> send(OutgoingRecord record, bus::DeliveryCallback on_delivery) override {
    const std::lock_guard lock(mutex_);
    if (full_) return make_error(ErrorKind::kLimit, "the queue is full");
    held_.push_back({std::move(record), std::move(on_delivery)});
    changed_.notify_all();
    return {};
  }
  Result<> write_states(const std::vector<StateChange>& changes) {
    std::unique_lock lock(mutex_);
    ++writes_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return permits_ != 0; });
    if (permits_ > 0) --permits_;
    if (refuses_states_) return make_error(ErrorKind::kConflict, "the group divides anew");
    for (const StateChange& change : changes) {
      auto record = events::build_prompt_state(events::Topics::in("voices").value(), change.state);
      EXPECT_TRUE(record);
      states_.push_back(std::move(*record));
    }
    changed_.notify_all();
    return {};
  }
  Result<bus::Delivered> send_and_wait(OutgoingRecord, milliseconds) override {
    return make_error(ErrorKind::kInternal, "not used");
  }
  bool flush(milliseconds) override { return true; }
  [[nodiscard]] bool fatal() const override { return false; }
  [[nodiscard]] std::size_t in_flight() const override { return 0; }

  void set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }
  void refuse_states(bool refuse) {
    const std::lock_guard lock(mutex_);
    refuses_states_ = refuse;
  }
  // How many writes of states go through from now on; -1: all.
  void permit_states(int writes) {
    const std::lock_guard lock(mutex_);
    permits_ = writes;
    changed_.notify_all();
  }
  int writes_begun() {
    const std::lock_guard lock(mutex_);
    return writes_;
  }
  void wait_for_writes(int count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds{10}, [&] { return writes_ >= count; }));
  }
  OutgoingRecord wait_for_recording(std::size_t at = 0) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds{10}, [&] { return held_.size() > at; }));
    return held_.at(at).record;
  }
  std::size_t recordings() {
    const std::lock_guard lock(mutex_);
    return held_.size() + answered_;
  }
  void answer_oldest(Result<bus::Delivered> result) {
    bus::DeliveryCallback callback;
    {
      const std::lock_guard lock(mutex_);
      callback = std::move(held_.front().callback);
      held_.pop_front();
      ++answered_;
    }
    callback(std::move(result));
  }
  // The last value that prompt-state has for a sentence, once `accept` likes it.
  json wait_for_state(const std::string& prompt, const std::function<bool(const json&)>& accept) {
    std::unique_lock lock(mutex_);
    json found;
    EXPECT_TRUE(changed_.wait_for(lock, seconds{10}, [&] {
      for (const OutgoingRecord& record : states_) {
        if (record.key == prompt) found = json::parse(*record.value);
      }
      return !found.is_null() && accept(found);
    })) << found.dump();
    return found;
  }

 private:
  struct Held {
    OutgoingRecord record;
    bus::DeliveryCallback callback;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Held> held_;
  std::vector<OutgoingRecord> states_;
  std::size_t answered_ = 0;
  bool full_ = false;
  bool refuses_states_ = false;
  int permits_ = -1;
  int writes_ = 0;
};

// The end of prompts is where the test says; what lies there is handed out when it says so.
struct FakeLog {
  std::mutex mutex;
  std::condition_variable news;
  std::int64_t end = 0;
  bool away = false;
  milliseconds away_takes{0};  // how long a question waits for nothing
  int asked_in_vain = 0;
  std::deque<OutgoingRecord> to_hand_out;
};

class FakeMessage final : public bus::Message {
 public:
  FakeMessage(OutgoingRecord owned, Offset offset) : owned_(std::move(owned)) {
    record_.topic = owned_.topic;
    record_.partition = partition_of(*owned_.key, kPartitions);
    record_.offset = offset;
    record_.key = as_bytes(*owned_.key);
    record_.value = as_bytes(*owned_.value);
    record_.headers = owned_.headers;
  }
  [[nodiscard]] const IncomingRecord& record() const override { return record_; }

 private:
  OutgoingRecord owned_;
  IncomingRecord record_;
};

class FakeReader final : public bus::PartitionReader {
 public:
  explicit FakeReader(FakeLog& log) : log_(log) {}
  Result<> assign(const std::map<bus::TopicPartition, Offset>&) override { return {}; }
  Result<std::unique_ptr<bus::Message>> poll(milliseconds timeout) override {
    std::unique_lock lock(log_.mutex);
    log_.news.wait_for(lock, timeout, [this] { return woken_ || !log_.to_hand_out.empty(); });
    woken_ = false;
    if (log_.to_hand_out.empty()) return std::unique_ptr<bus::Message>();
    OutgoingRecord record = std::move(log_.to_hand_out.front());
    log_.to_hand_out.pop_front();
    return std::unique_ptr<bus::Message>(std::make_unique<FakeMessage>(std::move(record), Offset(log_.end - 1)));
  }
  void wake() override {
    const std::lock_guard lock(log_.mutex);
    woken_ = true;
    log_.news.notify_all();
  }
  Result<bus::OffsetRange> offsets(const bus::TopicPartition&, milliseconds) override {
    std::unique_lock lock(log_.mutex);
    if (log_.away) {
      ++log_.asked_in_vain;
      const milliseconds takes = log_.away_takes;
      lock.unlock();
      std::this_thread::sleep_for(takes);
      return make_error(ErrorKind::kUnavailable, "away");
    }
    return bus::OffsetRange{Offset(0), Offset(log_.end)};
  }
  [[nodiscard]] std::optional<Offset> position(const bus::TopicPartition&) const override { return std::nullopt; }
  Result<Offset> offset_at(const bus::TopicPartition&, std::int64_t, milliseconds) override { return Offset(0); }

 private:
  FakeLog& log_;
  bool woken_ = false;  // under the log's lock
};

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] json parsed() const { return json::parse(body); }
};

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  [[nodiscard]] bool answered_within(milliseconds time) const {
    pollfd readable{socket_, POLLIN, 0};
    return ::poll(&readable, 1, static_cast<int>(time.count())) > 0;
  }
  Answer answer() const {
    std::string all;
    char chunk[65536];
    while (true) {
      const std::size_t end = all.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t at = all.find("Content-Length: ");
        const std::size_t size = at < end ? std::stoul(all.substr(at + 16)) : 0;
        if (all.size() >= end + 4 + size) return {std::stoi(all.substr(9, 3)), all.substr(0, end), all.substr(end + 4)};
      }
      const ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
      if (got <= 0) return {};
      all.append(chunk, static_cast<std::size_t>(got));
    }
  }

 private:
  int socket_;
};

// 44 bytes of header and a little silence: a WAV file as the sniffer wants it.
std::string wav(std::size_t samples) {
  const auto u32 = [](std::size_t v) {
    return std::string{char(v & 255), char(v >> 8 & 255), char(v >> 16 & 255), char(v >> 24 & 255)};
  };
  const auto u16 = [](std::size_t v) { return std::string{char(v & 255), char(v >> 8 & 255)}; };
  return "RIFF" + u32(36 + samples * 2) + "WAVEfmt " + u32(16) + u16(1) + u16(1) + u32(16000) + u32(32000) + u16(2) +
         u16(16) + "data" + u32(samples * 2) + std::string(samples * 2, '\0');
}

class StudioHttpTest : public ::testing::Test {
 protected:
  void start(DeskSettings settings = {}) {
    settings.partitions = kPartitions;
    desk_ = std::make_unique<Desk>(settings, producer_, clock_, random_, metrics_);
    desk_->with_leases([](Leases& leases) {
      for (std::int32_t p = 0; p < kPartitions; ++p) {
        leases.own(PartitionId(p));
        leases.open(PartitionId(p));
      }
    });
    api_ = std::make_unique<Api>(*desk_);
    feed_ = std::make_unique<PromptFeed>(
        "voices.prompts",
        [this]() -> Result<std::unique_ptr<bus::PartitionReader>> { return std::make_unique<FakeReader>(log_); },
        *desk_, clock_, health_, metrics_);
    feed_->follow({{PartitionId(0), Offset(0)}, {PartitionId(1), Offset(0)}});
    writer_ = std::make_unique<Writer>(
        *desk_, [this](const std::vector<StateChange>& changes) { return producer_.write_states(changes); }, health_,
        metrics_, milliseconds{5});
    http::Routes routes;
    api_->add_to(routes);
    http::ServerSettings http;
    http.limits.loopback_exempt = true;
    http.io_threads = 2;
    auto server = http::Server::start(http, std::move(routes), nullptr);
    ASSERT_TRUE(server);
    server_ = std::move(*server);
    api_->open(*feed_);
  }
  ~StudioHttpTest() override {
    producer_.permit_states(-1);
    if (server_) server_->stop(milliseconds{200});
    feed_.reset();
    writer_.reset();
  }

  events::Prompt prompt(int n, int wanted = 1) {
    events::Prompt made;
    made.id = PromptId(prompt_of_id({static_cast<std::uint64_t>(n), 42}));
    made.text = "Habari ya asubuhi " + std::to_string(n);
    made.locale = "sw";
    made.corpus_id = "test";
    made.sequence = static_cast<std::uint64_t>(n);
    made.wanted = wanted;
    made.time = clock_.wall_now();
    return made;
  }
  events::Prompt publish(int n, int wanted = 1) {
    events::Prompt made = prompt(n, wanted);
    desk_->with_leases([&](Leases& leases) { leases.add(leases.partition_of(made.id), made); });
    return made;
  }
  Answer ask(const std::string& method, const std::string& target) const {
    Connection connection(server_->port());
    connection.send(request_to(method, target));
    return connection.answer();
  }
  std::string upload_of(const std::string& recording, const PromptId& prompt, const std::string& body,
                        const std::string& more = {}) const {
    return "PUT /api/v1/recordings/" + recording +
           " HTTP/1.1\r\nHost: x\r\nContent-Type: text/lie\r\nX-Prompt-Id: " + prompt.value() +
           "\r\nX-Speaker-Id: " + speaker_ + "\r\nX-Consent-Version: v1\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  json grant() { return ask("GET", "/api/v1/prompts/next?locale=sw&speaker=" + speaker_).parsed(); }
  static std::string skip_of(const json& grant) {
    return "/api/v1/leases/" + grant["lease_id"].get<std::string>() + "?reason=skip";
  }
  std::string named_skip_of(const json& grant) const {
    return skip_of(grant) + "&prompt=" + grant["prompt_id"].get<std::string>() + "&speaker=" + speaker_;
  }
  static std::string request_to(const std::string& method, const std::string& target) {
    return method + " " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  std::string new_recording() { return make_uuid_v7(clock_.wall_now(), random_); }

  SystemClock clock_;
  SystemRandom random_;
  prometheus::Registry registry_;
  StudioMetrics metrics_{registry_};
  Health health_;
  FakeProducer producer_;
  FakeLog log_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<PromptFeed> feed_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<http::Server> server_;
  const std::string speaker_ = "0b5e7c1a-0000-4000-8000-000000000001";
};

TEST_F(StudioHttpTest, AReceiptComesOnlyWithTheAcknowledgement) {
  start();
  const events::Prompt sentence = publish(1);
  const json grant = ask("GET", "/api/v1/prompts/next?locale=SW&speaker=" + speaker_).parsed();
  EXPECT_EQ(grant["prompt_id"], sentence.id.value());
  EXPECT_EQ(grant["direction"], "ltr");
  const std::string id = new_recording(), body = wav(100);
  Connection connection(server_->port());
  connection.send(upload_of(id, sentence.id, body, "X-Lease-Id: " + grant["lease_id"].get<std::string>() + "\r\n"));
  const OutgoingRecord record = producer_.wait_for_recording();
  EXPECT_EQ(record.key, id);
  EXPECT_EQ(record.value, body);
  EXPECT_EQ(record.partition, partition_of(sentence.id.value(), kPartitions));
  EXPECT_EQ(find_header(record.headers, "content-type"), "audio/wav") << "the bytes say it, not the request";
  EXPECT_EQ(find_header(record.headers, "ce_lease"), "held");
  EXPECT_EQ(find_header(record.headers, "ce_source"), "/upload/" + id);
  EXPECT_EQ(find_header(record.headers, "ce_prompttext"), sentence.text);
  desk_->with_leases([&](Leases& leases) { leases.advance_next_offset(*record.partition, Offset(17)); });
  producer_.answer_oldest(bus::Delivered{*record.partition, Offset(17)});
  const Answer answer = connection.answer();
  EXPECT_EQ(answer.status, 201);
  const json expected{{"recording_id", id},
                      {"topic", "voices.recordings"},
                      {"partition", record.partition->value()},
                      {"offset", 17},
                      {"sha256", sha256_hex(as_bytes(body))}};
  EXPECT_EQ(answer.parsed(), expected);
  connection.send(upload_of(id, sentence.id, body));
  const Answer again = connection.answer();
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, answer.body);
  connection.send(upload_of(id, sentence.id, wav(101)));
  EXPECT_EQ(connection.answer().status, 409);
  EXPECT_EQ(producer_.recordings(), 1U);
  const json state = producer_.wait_for_state(sentence.id.value(), [](const json& s) { return !s["takes"].empty(); });
  EXPECT_EQ(state["recordings_next_offset"], 18);
  EXPECT_TRUE(state["leases"].empty());
}

TEST_F(StudioHttpTest, ARetryWhileTheFirstIsUnderWayJoinsItsWait) {
  start();
  const events::Prompt sentence = publish(1);
  const std::string id = new_recording(), body = wav(100);
  Connection first(server_->port()), second(server_->port()), third(server_->port());
  first.send(upload_of(id, sentence.id, body));
  producer_.wait_for_recording();
  second.send(upload_of(id, sentence.id, body));
  third.send(upload_of(id, sentence.id, wav(101)));
  EXPECT_EQ(third.answer().status, 409);
  producer_.answer_oldest(bus::Delivered{PartitionId(0), Offset(3)});
  const Answer one = first.answer(), two = second.answer();
  EXPECT_EQ(one.status, 201);
  EXPECT_EQ(two.status, 200);
  EXPECT_EQ(one.body, two.body);
  EXPECT_EQ(producer_.recordings(), 1U);
}

TEST_F(StudioHttpTest, KafkaThatDoesNotAnswerIsA503AndTheReceiptCountsWhenItComes) {
  DeskSettings settings;
  settings.receipt_time_max = milliseconds{100};
  start(settings);
  const events::Prompt sentence = publish(1);
  const std::string id = new_recording(), body = wav(100);
  Connection connection(server_->port());
  connection.send(upload_of(id, sentence.id, body));
  const Answer tired = connection.answer();
  EXPECT_EQ(tired.status, 503);
  EXPECT_THAT(tired.head, HasSubstr("Retry-After: "));
  EXPECT_THAT(tired.head, HasSubstr("application/problem+json"));
  producer_.answer_oldest(bus::Delivered{PartitionId(0), Offset(9)});
  connection.send(upload_of(id, sentence.id, body));
  const Answer answer = connection.answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.parsed()["offset"], 9);
  EXPECT_EQ(producer_.recordings(), 1U);
}

TEST_F(StudioHttpTest, ASendThatFailedLeavesTheLeaseAndCanBeTriedAgain) {
  start();
  const events::Prompt sentence = publish(1);
  const json grant = ask("GET", "/api/v1/prompts/next?locale=sw&speaker=" + speaker_).parsed();
  const std::string id = new_recording(), body = wav(100);
  const std::string lease = "X-Lease-Id: " + grant["lease_id"].get<std::string>() + "\r\n";
  Connection connection(server_->port());
  producer_.set_full(true);
  connection.send(upload_of(id, sentence.id, body, lease));
  EXPECT_EQ(connection.answer().status, 503);
  producer_.set_full(false);
  connection.send(upload_of(id, sentence.id, body, lease));
  producer_.wait_for_recording();
  producer_.answer_oldest(make_error(ErrorKind::kPermission, "not allowed"));
  EXPECT_EQ(connection.answer().status, 503);
  connection.send(upload_of(id, sentence.id, body, lease));
  const OutgoingRecord record = producer_.wait_for_recording();
  EXPECT_EQ(find_header(record.headers, "ce_lease"), "held");
  producer_.answer_oldest(bus::Delivered{PartitionId(0), Offset(1)});
  EXPECT_EQ(connection.answer().status, 201);
  EXPECT_FALSE(desk_->outcome_lost());
}

TEST_F(StudioHttpTest, AnOutcomeThatNobodyKnowsEndsTheStudio) {
  start();
  const events::Prompt sentence = publish(1);
  Connection connection(server_->port());
  connection.send(upload_of(new_recording(), sentence.id, wav(100)));
  producer_.wait_for_recording();
  producer_.answer_oldest(make_error(ErrorKind::kUnavailable, "fatal"));
  EXPECT_EQ(connection.answer().status, 503);
  EXPECT_TRUE(desk_->outcome_lost());
}

// Seen on a cluster after the death of a leader: receipts with the offset -1001, and states that no reader took.
TEST_F(StudioHttpTest, AnAcknowledgedRecordingWhosePlaceIsNotToldEndsTheStudioAndGetsNoReceipt) {
  start();
  const events::Prompt sentence = publish(1);
  Connection connection(server_->port());
  connection.send(upload_of(new_recording(), sentence.id, wav(100)));
  producer_.wait_for_recording();
  producer_.answer_oldest(bus::Delivered{PartitionId(0), std::nullopt});
  EXPECT_EQ(connection.answer().status, 503);
  EXPECT_TRUE(desk_->outcome_lost());
}

TEST_F(StudioHttpTest, BytesInFlightAreBounded) {
  DeskSettings settings;
  settings.in_flight_bytes_max = 5000;
  start(settings);
  const events::Prompt sentence = publish(1);
  const std::string id = new_recording(), body = wav(2000);
  Connection first(server_->port()), second(server_->port());
  first.send(upload_of(id, sentence.id, body));
  producer_.wait_for_recording();
  EXPECT_EQ(desk_->in_flight_bytes(), body.size());
  second.send(upload_of(new_recording(), sentence.id, body));
  EXPECT_EQ(second.answer().status, 503);
  producer_.answer_oldest(bus::Delivered{PartitionId(0), Offset(1)});
  EXPECT_EQ(first.answer().status, 201);
  EXPECT_EQ(desk_->in_flight_bytes(), 0U);
  second.send(upload_of(new_recording(), sentence.id, body));
  producer_.wait_for_recording();
  producer_.answer_oldest(bus::Delivered{PartitionId(0), Offset(2)});
  EXPECT_EQ(second.answer().status, 201);
}

TEST_F(StudioHttpTest, AnUnknownSentenceIsLookedForAtTheTopicsEndBeforeIts404) {
  start();
  const events::Prompt late = prompt(7);
  Connection connection(server_->port());
  connection.send(upload_of(new_recording(), late.id, wav(100)));
  EXPECT_EQ(connection.answer().status, 404);
  {
    const std::lock_guard lock(log_.mutex);
    log_.end = 1;  // it stands in the topic, and has not been read yet
  }
  connection.send(upload_of(new_recording(), late.id, wav(100)));
  {
    const std::lock_guard lock(log_.mutex);
    log_.to_hand_out.push_back(events::build_prompt(events::Topics(), late));
    log_.news.notify_all();
  }
  producer_.wait_for_recording();
  producer_.answer_oldest(bus::Delivered{PartitionId(0), Offset(1)});
  EXPECT_EQ(connection.answer().status, 201);
  {
    const std::lock_guard lock(log_.mutex);
    log_.away = true;
  }
  connection.send(upload_of(new_recording(), prompt(8).id, wav(100)));
  EXPECT_EQ(connection.answer().status, 503) << "whether it is unknown cannot be said now";
}

TEST_F(StudioHttpTest, AKafkaThatHangsIsNotAskedForEveryUnknownSentenceInTurn) {
  start();
  log_.away = true;
  log_.away_takes = milliseconds{300};
  std::vector<std::unique_ptr<Connection>> people;
  for (int n = 0; n < 20; ++n) {
    people.push_back(std::make_unique<Connection>(server_->port()));
    people.back()->send(upload_of(new_recording(), prompt(100 + n).id, wav(100)));
  }
  for (const auto& person : people) EXPECT_EQ(person->answer().status, 503);
  const std::lock_guard lock(log_.mutex);
  EXPECT_LT(log_.asked_in_vain, 10) << "those who wait together share one answer";
}

struct BadUpload {
  const char* name;
  int status;
  std::string request;
};
class BadUploads : public StudioHttpTest, public ::testing::WithParamInterface<BadUpload> {};
TEST_P(BadUploads, AreRefusedWithAProblem) {
  start();
  Connection connection(server_->port());
  connection.send(GetParam().request);
  const Answer answer = connection.answer();
  EXPECT_EQ(answer.status, GetParam().status) << answer.body;
  EXPECT_THAT(answer.head, HasSubstr("application/problem+json"));
  EXPECT_EQ(answer.parsed()["status"], GetParam().status);
  EXPECT_EQ(producer_.recordings(), 0U);
}
std::string bad(const std::string& path, const std::string& headers, const std::string& body = wav(100)) {
  return "PUT " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
const std::string kPath = "/api/v1/recordings/01a20491-263b-7d5b-bf43-565da4ab5ca7";
const std::string kPrompt = "X-Prompt-Id: 16VAHQ3ZDK8QKMHETNY0DKA6Z7\r\n";
const std::string kSpeaker = "X-Speaker-Id: 0b5e7c1a-0000-4000-8000-000000000001\r\n";
const std::string kConsent = "X-Consent-Version: v1\r\n";
INSTANTIATE_TEST_SUITE_P(
    Named, BadUploads,
    ::testing::Values(
        BadUpload{"unknown_sentence", 404, bad(kPath, kPrompt + kSpeaker + kConsent)},
        BadUpload{"not_audio", 415, bad(kPath, kPrompt + kSpeaker + kConsent, "hello")},
        BadUpload{"empty", 415, bad(kPath, kPrompt + kSpeaker + kConsent, "")},
        BadUpload{"too_large", 413,
                  bad(kPath, kPrompt + kSpeaker + kConsent, std::string(events::kAudioBytesMax + 1, 'x'))},
        BadUpload{"id_of_another_version", 400,
                  bad("/api/v1/recordings/0b5e7c1a-0000-4000-8000-000000000001", kPrompt + kSpeaker + kConsent)},
        BadUpload{"id_is_none", 400, bad("/api/v1/recordings/x", kPrompt + kSpeaker + kConsent)},
        BadUpload{"no_prompt", 400, bad(kPath, kSpeaker + kConsent)},
        BadUpload{"bad_prompt", 400, bad(kPath, "X-Prompt-Id: 16vahq3zdk8qkmhetny0dka6z7\r\n" + kSpeaker + kConsent)},
        BadUpload{"no_speaker", 400, bad(kPath, kPrompt + kConsent)},
        BadUpload{"no_consent", 400, bad(kPath, kPrompt + kSpeaker)},
        BadUpload{"bad_consent", 400, bad(kPath, kPrompt + kSpeaker + "X-Consent-Version: a b\r\n")},
        BadUpload{"bad_lease", 400, bad(kPath, kPrompt + kSpeaker + kConsent + "X-Lease-Id: 7\r\n")},
        BadUpload{"take_without_session", 400, bad(kPath, kPrompt + kSpeaker + kConsent + "X-Take: 1\r\n")},
        BadUpload{"session_without_take", 400,
                  bad(kPath, kPrompt + kSpeaker + kConsent + "X-Session-Id: 0b5e7c1a-0000-4000-8000-000000000001\r\n")},
        BadUpload{"take_zero", 400,
                  bad(kPath, kPrompt + kSpeaker + kConsent +
                                 "X-Session-Id: 0b5e7c1a-0000-4000-8000-000000000001\r\nX-Take: 0\r\n")}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(StudioHttpTest, RefusesQuestionsThatMeanNothing) {
  start();
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next").status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=!!").status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=sw&speaker=me").status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=sw&request=1").status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=sw").status, 204);
  EXPECT_EQ(ask("DELETE", "/api/v1/leases/none?reason=skip").status, 400);
  EXPECT_EQ(ask("DELETE", "/api/v1/leases/" + speaker_ + "?reason=bored").status, 400);
  EXPECT_EQ(ask("DELETE", "/api/v1/leases/" + speaker_ + "?reason=skip").status, 204);
}

TEST_F(StudioHttpTest, AGrantIsNeverCachedAndWrittenBehind) {
  start();
  const events::Prompt sentence = publish(1);
  const Answer answer = ask(
      "GET", "/api/v1/prompts/next?locale=sw&speaker=" + speaker_ + "&request=0b5e7c1a-0000-4000-8000-00000000000a");
  EXPECT_THAT(answer.head, HasSubstr("Cache-Control: no-store"));
  const json state = producer_.wait_for_state(sentence.id.value(), [](const json& s) { return !s["leases"].empty(); });
  EXPECT_EQ(state["leases"][0]["id"], answer.parsed()["lease_id"]);
  EXPECT_EQ(state["leases"][0]["expires_at"], answer.parsed()["lease_expires_at"]);
  EXPECT_EQ(ask("DELETE", "/api/v1/leases/" + answer.parsed()["lease_id"].get<std::string>() + "?reason=skip").status,
            204);
  const json skipped = producer_.wait_for_state(sentence.id.value(), [](const json& s) { return s["leases"].empty(); });
  EXPECT_EQ(skipped["skipped_by"][0], speaker_);
}

constexpr milliseconds kSurely{50};  // an answer that is there, or about to be, is seen in it

TEST_F(StudioHttpTest, ASkipIsAnsweredOnceItIsWritten) {
  start();
  const events::Prompt sentence = publish(1);
  const json given = grant();
  producer_.refuse_states(true);  // the group divides; the partition stays
  Connection connection(server_->port());
  connection.send(request_to("DELETE", skip_of(given)));
  producer_.wait_for_writes(producer_.writes_begun() + 3);
  EXPECT_FALSE(connection.answered_within(kSurely)) << "nobody may be told what may be forgotten";
  producer_.refuse_states(false);
  EXPECT_EQ(connection.answer().status, 204);
  const json state =
      producer_.wait_for_state(sentence.id.value(), [](const json& s) { return !s["skipped_by"].empty(); });
  EXPECT_EQ(state["skipped_by"][0], speaker_);
}

TEST_F(StudioHttpTest, AWriteThatBeganBeforeTheSkipDoesNotAnswerIt) {
  start();
  publish(1);
  producer_.permit_states(0);
  const json given = grant();
  producer_.wait_for_writes(1);  // of the lease
  Connection connection(server_->port());
  connection.send(request_to("DELETE", skip_of(given)));
  const auto held = [&] { return desk_->with_leases([](Leases& leases) { return leases.leases_held(); }); };
  const auto until = std::chrono::steady_clock::now() + seconds{10};
  while (held() > 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  producer_.permit_states(1);
  producer_.wait_for_writes(2);
  EXPECT_FALSE(connection.answered_within(kSurely)) << "what was written says nothing of it";
  producer_.permit_states(-1);
  EXPECT_EQ(connection.answer().status, 204);
}

// Seen on a cluster: a skip was answered, its state refused while the group divided, and the partition's next owner
// gave the sentence again.
TEST_F(StudioHttpTest, ASkipThatIsRefusedUntilItsPartitionGoesComesAgainAndCountsAtTheNextOwner) {
  DeskSettings settings;
  settings.receipt_time_max = minutes{10};
  start(settings);
  const events::Prompt sentence = publish(1);
  const PartitionId partition = desk_->with_leases([&](Leases& leases) { return leases.partition_of(sentence.id); });
  producer_.refuse_states(true);  // neither the lease nor the skip reaches prompt-state
  const json given = grant();
  Connection connection(server_->port());
  connection.send(request_to("DELETE", named_skip_of(given)));
  producer_.wait_for_writes(producer_.writes_begun() + 3);

  Ownership ownership(*desk_, health_);
  Ownership::Parts parts;
  parts.flush = [this] { return writer_->flush(); };
  parts.leave = [](const auto&) {};
  StopSource stopped;
  stopped.request_stop();
  ASSERT_TRUE(ownership.serve(parts, stopped.token(), []() -> Result<> { return {}; }));
  EXPECT_TRUE(ownership.on_given_up({partition}).empty()) << "it was refused";
  ASSERT_TRUE(connection.answered_within(seconds{10}));
  const Answer refused = connection.answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.head, HasSubstr("Retry-After: "));

  producer_.refuse_states(false);
  desk_->with_leases([&](Leases& leases) {  // the next owner has read what was written: the sentence, no state
    leases.own(partition);
    leases.add(partition, sentence);
    leases.open(partition);
  });
  EXPECT_EQ(ask("DELETE", named_skip_of(given)).status, 204) << "the page repeats it";
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=sw&speaker=" + speaker_).status, 204) << "not given again";
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=sw").status, 200) << "others may have it";
}

TEST_F(StudioHttpTest, ASkipThatTakesTooLongIsA503AndItsRepeatWaitsForTheSameWrite) {
  DeskSettings settings;
  settings.receipt_time_max = milliseconds{100};
  start(settings);
  publish(1);
  const json given = grant();
  producer_.refuse_states(true);
  for (int n = 0; n < 2; ++n) {
    EXPECT_EQ(ask("DELETE", skip_of(given)).status, 503) << n;  // the second one names a lease that is gone
    EXPECT_EQ(ask("DELETE", named_skip_of(given)).status, 503) << n;
  }
  producer_.refuse_states(false);
  int status = 503;
  for (int n = 0; n < 20 && status == 503; ++n) status = ask("DELETE", skip_of(given)).status;
  EXPECT_EQ(status, 204);
}

TEST_F(StudioHttpTest, WhoWaitsForOneSkipIsBounded) {
  start();
  publish(1);
  const json given = grant();
  producer_.refuse_states(true);
  std::vector<std::unique_ptr<Connection>> waiting;
  for (std::size_t n = 0; n < kWaitersPerSkipMax; ++n) {
    waiting.push_back(std::make_unique<Connection>(server_->port()));
    waiting.back()->send(request_to("DELETE", named_skip_of(given)));
  }
  EXPECT_FALSE(waiting.back()->answered_within(kSurely));
  EXPECT_EQ(ask("DELETE", named_skip_of(given)).status, 503);
  producer_.refuse_states(false);
  for (const auto& connection : waiting) EXPECT_EQ(connection->answer().status, 204);
}

TEST_F(StudioHttpTest, ASkipOfASentenceThatIsNotReadYetIsLookedForAtTheTopicsEnd) {
  start();
  const events::Prompt late = prompt(7);
  const PartitionId partition = desk_->with_leases([&](Leases& leases) { return leases.partition_of(late.id); });
  const Id128 lease{(static_cast<std::uint64_t>(partition.value()) << 48) | 0x8001, 0x8000000000000001};
  const std::string target = named_skip_of({{"lease_id", uuid_of_id(lease)}, {"prompt_id", late.id.value()}});
  EXPECT_EQ(ask("DELETE", target).status, 204) << "there is none: nobody will be given it";
  Connection connection(server_->port());
  {
    const std::lock_guard lock(log_.mutex);
    log_.end = 1;
  }
  connection.send(request_to("DELETE", target));
  {
    const std::lock_guard lock(log_.mutex);
    log_.to_hand_out.push_back(events::build_prompt(events::Topics(), late));
    log_.news.notify_all();
  }
  EXPECT_EQ(connection.answer().status, 204);
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=sw&speaker=" + speaker_).status, 204);
  EXPECT_EQ(ask("GET", "/api/v1/prompts/next?locale=sw").status, 200);
}

TEST_F(StudioHttpTest, LocalesAreNamedAsTheirSpeakersDo) {
  start();
  publish(1);
  const json locales = ask("GET", "/api/v1/locales").parsed();
  const json expected = json::array({{{"locale", "sw"}, {"name", "Kiswahili"}, {"direction", "ltr"}, {"open", 1}}});
  EXPECT_EQ(locales, expected);
}

TEST_F(StudioHttpTest, ClosedMeansComeAgain) {
  start();
  api_->close();
  const Answer answer = ask("GET", "/api/v1/prompts/next?locale=sw");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.head, HasSubstr("Retry-After: "));
  EXPECT_TRUE(json::accept(ask("GET", "/api/v1/openapi.json").body));
}

}  // namespace
}  // namespace antiphon::studio
