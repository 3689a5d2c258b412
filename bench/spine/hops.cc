// Measures the hops of a running pipeline from outside and prints one JSON object. bench/spine/run starts the pipeline
// and calls this.
//
//   hop 1   a prompt is sent as the selector sends it, then the studio is asked for it until it hands it out: an upper
//   bound, as the last
//           question is inside
//   hop 2   last byte of an upload handed to the kernel until the 201 is read
//   again   the same voice a second time, from its first byte: the studio does all of its own work and answers 200
//           without Kafka
//   stored  the same beginning as hop 2 until the archive's sidecar is there
//   behind  from the 201 until then
//   ack     the same record sent straight to Kafka under acks=all: what of hop 2 is Kafka's
//   sync    write and fdatasync of as many bytes on the same file system
//
// usage: bench_spine_hops BOOTSTRAP HTTP_HOST HTTP_PORT ARCHIVE_FOLDER SYNC_FILE COUNT RATE BYTES
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "adapters/bus/producer.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/uuid.h"
#include "events/codec.h"
#include "http_client.h"
#include "speech/text/locale.h"
#include "speech/text/normalise.h"
#include "statistics.h"

namespace antiphon::bench {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::string_view kLocale = "en";
// Between two looks: a client that looks without a pause takes one of two cores from what it measures.
constexpr std::chrono::microseconds kResolution{100};

struct Plan {
  std::string bootstrap;
  std::string http_host;
  std::uint16_t http_port = 0;
  std::string archive;
  std::string sync_file;
  std::size_t count = 0;
  double rate = 0;  // a second
  std::size_t bytes = 0;
};

// A WAV file of that size whose samples are noise: no two are the same.
std::string make_voice(std::size_t bytes, Random& random) {
  const auto data_size = static_cast<std::uint32_t>(bytes - 44);
  const auto le = [](std::uint32_t value, int width) {
    std::string out;
    for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
    return out;
  };
  std::string wav = "RIFF" + le(data_size + 36, 4) + "WAVEfmt " + le(16, 4) + le(1, 2) + le(1, 2) + le(16000, 4) +
                    le(32000, 4) + le(2, 2) + le(16, 2) + "data" + le(data_size, 4);
  while (wav.size() < bytes)
    wav +=
        le(static_cast<std::uint32_t>(random.next()), static_cast<int>(std::min<std::size_t>(4, bytes - wav.size())));
  return wav;
}

void fail(const Error& error) {
  fmt::print(stderr, "bench_spine_hops: {}\n", error.message);
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

class Bench {
 public:
  explicit Bench(Plan plan) : plan_(std::move(plan)) {
    bus::Connection connection;
    connection.bootstrap = plan_.bootstrap;
    connection.client_id = "voices.bench.0";
    producer_ = must(bus::Producer::create(connection));
  }

  nlohmann::json run() {
    nlohmann::json out;
    out["sync"] = measure_sync().summary();
    // One at a time: a sentence out, a voice back, each as soon as the last is through and the next is due.
    HttpClient http = must(HttpClient::connect(plan_.http_host, plan_.http_port));
    measure_trickle(http, 20, nullptr);  // connections, page cache, partitions' first records
    Figures trickle;
    measure_trickle(http, plan_.count, &trickle);
    out["trickle"] = trickle.summary();
    Figures load;
    measure_load(load);
    out["load"] = load.summary();
    out["sync_after"] = measure_sync().summary();
    return out;
  }

 private:
  struct Figures {
    Samples hop1, hop2, again, stored, behind, ack;
    nlohmann::json summary() const {
      return {{"hop1", hop1.summary()},     {"hop2", hop2.summary()},     {"again", again.summary()},
              {"stored", stored.summary()}, {"behind", behind.summary()}, {"ack", ack.summary()}};
    }
  };
  struct Sentence {
    std::string prompt_id;
    std::string lease_id;
  };

  Samples measure_sync() {
    Samples samples;
    const int fd = ::open(plan_.sync_file.c_str(), O_RDWR | O_CREAT, 0600);
    const std::string block = make_voice(plan_.bytes, random_);
    for (int i = 0; i < 300; ++i) {  // first round writes the blocks, so that the second commits no metadata
      if (i == 100) samples = {};
      const auto begin = Steady::now();
      if (::pwrite(fd, block.data(), block.size(), static_cast<off_t>(i % 100) * static_cast<off_t>(block.size())) <
              0 ||
          ::fdatasync(fd) != 0)
        fail(errno_error(errno, plan_.sync_file));
      samples.add(Steady::now() - begin);
    }
    ::close(fd);
    return samples;
  }

  OutgoingRecord make_prompt() {
    events::Prompt prompt;
    prompt.text = fmt::format("This is sentence {} of run {}.", ++sequence_, ::getpid());
    prompt.locale = kLocale;
    prompt.id = text::prompt_id(locale_, prompt.text);
    prompt.corpus_id = fmt::format("bench-{}", ::getpid());
    prompt.sequence = sequence_;
    prompt.time = SystemClock{}.wall_now();
    return events::build_prompt(topics_, prompt);
  }

  std::optional<Sentence> ask(HttpClient& http) {
    const auto answer = must(http.call("GET", "/api/v1/prompts/next?locale=en", "", ""));
    if (answer.status != 200) return std::nullopt;
    const auto body = nlohmann::json::parse(answer.body);
    return Sentence{body.at("prompt_id").get<std::string>(), body.at("lease_id").get<std::string>()};
  }

  void measure_trickle(HttpClient& http, std::size_t count, Figures* figures) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto due = Steady::now() + std::chrono::milliseconds(20);
      const auto begin = Steady::now();
      must(producer_->send(make_prompt(), [](const Result<bus::Delivered>&) {}));
      std::optional<Sentence> sentence;
      while (!(sentence = ask(http))) std::this_thread::sleep_for(kResolution);
      const auto held = Steady::now();
      Figures one;
      upload(http, *sentence, figures == nullptr ? one : *figures, true);
      if (figures != nullptr) {
        figures->hop1.add(held - begin);
        figures->ack.add(straight_to_kafka());
      }
      std::this_thread::sleep_until(due);  // the trickle's pace
    }
  }

  void must(Result<> result) {
    if (!result) fail(result.error());
  }
  template <class T>
  T must(Result<T> result) {
    return antiphon::bench::must(std::move(result));
  }

  std::chrono::nanoseconds straight_to_kafka() {
    OutgoingRecord record{"voices.bench", std::nullopt, make_uuid_v4(random_), make_voice(plan_.bytes, random_), {},
                          std::nullopt};
    const auto begin = Steady::now();
    must(producer_->send_and_wait(std::move(record), std::chrono::seconds(30)));
    return Steady::now() - begin;
  }

  HttpAnswer put(HttpClient& http, const std::string& id, const std::string& headers, const std::string& voice,
                 int expected) {
    auto answer = must(http.call("PUT", "/api/v1/recordings/" + id, headers, voice));
    if (answer.status != expected)
      fail(make_error(ErrorKind::kInternal, fmt::format("{}: {}", answer.status, answer.body)));
    return answer;
  }

  // Sends one voice; waits in place for the archive, or leaves that to the watcher.
  void upload(HttpClient& http, const Sentence& sentence, Figures& figures, bool wait_for_archive) {
    std::string id;
    std::string voice;
    {
      const std::lock_guard lock(mutex_);
      id = make_uuid_v7(SystemClock{}.wall_now(), random_);
      voice = make_voice(plan_.bytes, random_);
    }
    const std::string headers = fmt::format(
        "Content-Type: audio/wav\r\nX-Prompt-Id: {}\r\nX-Lease-Id: {}\r\nX-Speaker-Id: "
        "4f8c1fd6-6a0c-4a55-9a0f-0d3a5a1c8f11\r\nX-Consent-Version: 1\r\n",
        sentence.prompt_id, sentence.lease_id);
    const auto answer = put(http, id, headers, voice, 201);
    const std::string sidecar = fmt::format("{}/{}/{}/{}.json", plan_.archive, kLocale, sentence.prompt_id, id);
    const std::lock_guard lock(mutex_);
    figures.hop2.add(answer.answered - answer.sent);
    if (wait_for_archive) {
      while (::access(sidecar.c_str(), F_OK) != 0) std::this_thread::sleep_for(kResolution);
      const auto stored = Steady::now();
      figures.stored.add(stored - answer.sent);
      figures.behind.add(stored - answer.answered);
      const auto begin = Steady::now();
      figures.again.add(put(http, id, headers, voice, 200).answered - begin);
    } else {
      watched_.emplace_back(sidecar, answer.sent);
    }
  }

  // Uploads at a fixed rate from as many connections as it takes; a late one is not forgiven: time counts from when it
  // was sent.
  void measure_load(Figures& figures) {
    const std::size_t total = plan_.count * 4;
    std::vector<Sentence> sentences;
    HttpClient http = must(HttpClient::connect(plan_.http_host, plan_.http_port));
    for (std::size_t i = 0; i < total; ++i) must(producer_->send(make_prompt(), [](const Result<bus::Delivered>&) {}));
    while (sentences.size() < total) {
      if (auto sentence = ask(http)) sentences.push_back(std::move(*sentence));
    }
    std::atomic<bool> ending = false;
    std::thread watcher([&] { watch(figures, ending, total); });
    constexpr std::size_t kConnections = 16;
    const auto begin = Steady::now();
    std::vector<std::thread> threads;
    for (std::size_t c = 0; c < kConnections; ++c) {
      threads.emplace_back([&, c] {
        HttpClient mine = must(HttpClient::connect(plan_.http_host, plan_.http_port));
        for (std::size_t i = c; i < total; i += kConnections) {
          std::this_thread::sleep_until(begin +
                                        std::chrono::duration_cast<Steady::duration>(
                                            std::chrono::duration<double>(static_cast<double>(i) / plan_.rate)));
          upload(mine, sentences[i], figures, false);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    watcher.join();
  }

  void watch(Figures& figures, const std::atomic<bool>&, std::size_t total) {
    std::size_t seen = 0;
    std::vector<std::pair<std::string, Steady::time_point>> open;
    while (seen < total) {
      {
        const std::lock_guard lock(mutex_);
        open.insert(open.end(), watched_.begin(), watched_.end());
        watched_.clear();
      }
      for (auto it = open.begin(); it != open.end();) {
        if (::access(it->first.c_str(), F_OK) != 0) {
          ++it;
          continue;
        }
        const std::lock_guard lock(mutex_);
        figures.stored.add(Steady::now() - it->second);
        it = open.erase(it);
        ++seen;
      }
      std::this_thread::sleep_for(kResolution);
    }
  }

  Plan plan_;
  SystemRandom random_;
  std::mutex mutex_;  // figures, random_ and watched_ under load
  std::vector<std::pair<std::string, Steady::time_point>> watched_;
  events::Topics topics_;
  text::Locale locale_ = antiphon::bench::must(text::parse_locale(kLocale));
  std::unique_ptr<bus::Producer> producer_;
  std::uint64_t sequence_ = 0;
};

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
  if (argc != 9) {
    fmt::print(stderr, "usage: {} BOOTSTRAP HTTP_HOST HTTP_PORT ARCHIVE_FOLDER SYNC_FILE COUNT RATE BYTES\n", argv[0]);
    return 64;
  }
  antiphon::bench::Plan plan{argv[1],
                             argv[2],
                             static_cast<std::uint16_t>(std::atoi(argv[3])),
                             argv[4],
                             argv[5],
                             static_cast<std::size_t>(std::atoll(argv[6])),
                             std::atof(argv[7]),
                             static_cast<std::size_t>(std::atoll(argv[8]))};
  fmt::print("{}\n", antiphon::bench::Bench(std::move(plan)).run().dump(2));
  return 0;
}
