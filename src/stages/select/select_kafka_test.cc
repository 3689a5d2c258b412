// The whole selector as a process against a real broker, named by ANTIPHON_TEST_BOOTSTRAP. The judge is kcat, not our
// code.
//
// Every selector is a forked child, so that it can be killed as processes are. The parent starts no thread.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/random.h"
#include "core/uuid.h"
#include "events/prompt_state.h"
#include "stages/select/select.h"
#include "stages/select/testing/temporary_folder.h"

namespace antiphon::select {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

struct Seen {
  std::int64_t timestamp_ms = 0;
  std::string key;
  std::uint64_t sequence = 0;
  std::string source;
  std::string text;
};

class SelectOnKafka : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* bootstrap = std::getenv("ANTIPHON_TEST_BOOTSTRAP");
    ASSERT_NE(bootstrap, nullptr) << "set ANTIPHON_TEST_BOOTSTRAP=HOST:PORT";
    bootstrap_ = bootstrap;
    SystemRandom random;
    name_space_ = "select-" + make_uuid_v4(random).substr(0, 8);
    settings_.kafka.bootstrap = bootstrap_;
    settings_.name_space = name_space_;
    settings_.spool_dir = folder_.path() + "/spool";
    settings_.relist_every = 300ms;
    settings_.state_every = 50ms;
    settings_.retry_delay_max = 500ms;
    std::filesystem::create_directories(corpus());
    settings_.corpus_urls = {"file://" + corpus() + "?id=c&column=text"};
  }
  void TearDown() override {
    while (!children_.empty()) finish(*children_.begin(), SIGKILL);
  }

  [[nodiscard]] std::string corpus() const { return folder_.path() + "/corpus"; }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(corpus() + "/" + name, std::ios::binary) << bytes;
  }
  // `count` different sentences without digits.
  static std::string sentences(const std::string& word, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      std::string tail;
      for (int n = i + 1; n > 0; n /= 20) tail += std::string{"bdfgklmnprstvyzhjcqx"[n % 20], 'a'};
      text.append(word).append(" ").append(tail).append(".\n");
    }
    return text;
  }

  pid_t start() {
    standing_by_.push_back(static_cast<std::atomic<bool>*>(
        ::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)));
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      StopSource stop;
      stop.install_signal_handlers();
      Health health;
      std::thread([&health, standing_by = standing_by_.back()] {
        for (;; std::this_thread::sleep_for(20ms)) *standing_by = health.report().problems.contains("standby");
      }).detach();
      prometheus::Registry registry;
      const auto ended = run_select(settings_, stop.token(), health, registry);
      if (!ended) std::fprintf(stderr, "child ends: %s\n", ended.error().message.c_str());
      ::_exit(ended ? 0 : exit_code(ended.error().kind));
    }
    children_.insert(pid);
    return pid;
  }
  int finish(pid_t pid, int signal) {
    if (signal != 0) ::kill(pid, signal);
    int status = 0;
    ::waitpid(pid, &status, 0);
    children_.erase(pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  [[nodiscard]] std::vector<Seen> prompts() const {
    std::vector<Seen> all;
    std::istringstream lines(
        kcat(fmt::format("-C -t {}.prompts -o beginning -e -q -f '%T\\t%k\\t%h\\t%s\\n'", name_space_)));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields(line);
      Seen seen;
      std::string timestamp, headers;
      std::getline(fields, timestamp, '\t');
      std::getline(fields, seen.key, '\t');
      std::getline(fields, headers, '\t');
      std::getline(fields, seen.text);
      seen.timestamp_ms = std::stoll(timestamp);
      std::istringstream parts(headers);
      for (std::string part; std::getline(parts, part, ',');) {
        if (part.starts_with("ce_sequence=")) seen.sequence = std::stoull(part.substr(12));
        if (part.starts_with("ce_source=")) seen.source = part.substr(10);
      }
      all.push_back(std::move(seen));
    }
    return all;
  }
  // The last corpus-state of the corpus "c", as JSON.
  [[nodiscard]] nlohmann::json corpus_state() const {
    std::istringstream lines(
        kcat(fmt::format("-C -t {}.corpus-state -o beginning -e -q -f '%k\\t%s\\n'", name_space_)));
    nlohmann::json last;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("c\t")) last = nlohmann::json::parse(line.substr(2));
    }
    return last;
  }
  [[nodiscard]] std::string condition() const {
    const auto state = corpus_state();
    return state.is_object() ? state["condition"].get<std::string>() : "";
  }
  [[nodiscard]] std::string kcat(const std::string& arguments) const {
    std::string out;
    FILE* pipe = ::popen(fmt::format("kcat -b {} {} 2>/dev/null", bootstrap_, arguments).c_str(), "r");
    std::array<char, 65536> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
    ::pclose(pipe);
    return out;
  }
  // The condition is asked again until it holds; the waiting is bounded, not the test's point.
  static bool eventually(std::chrono::seconds limit, const std::function<bool()>& condition) {
    const auto deadline = SteadyClock::now() + limit;
    while (SteadyClock::now() < deadline) {
      if (condition()) return true;
      std::this_thread::sleep_for(50ms);
    }
    return condition();
  }
  static void expect_each_once(const std::vector<Seen>& all) {
    std::set<std::string> keys;
    for (const Seen& seen : all) EXPECT_TRUE(keys.insert(seen.key).second) << seen.text << " is there twice";
  }
  static void expect_each_once_and_dense(const std::vector<Seen>& all) {
    std::set<std::string> keys;
    std::map<std::string, std::set<std::uint64_t>> sequences;
    for (const Seen& seen : all) {
      EXPECT_TRUE(keys.insert(seen.key).second) << seen.text << " is there twice";
      EXPECT_TRUE(sequences[seen.source].insert(seen.sequence).second) << seen.sequence << " is there twice";
    }
    for (const auto& [source, numbers] : sequences)
      EXPECT_EQ(*numbers.rbegin(), numbers.size()) << source << " has holes";
  }

  const testing::TemporaryFolder folder_;
  std::string bootstrap_;
  std::string name_space_;
  SelectSettings settings_;
  std::set<pid_t> children_;
  std::vector<std::atomic<bool>*> standing_by_;  // of each child, in shared memory, in the order of their starts
};

TEST_F(SelectOnKafka, PublishesWhatIsWantedAndMoreWhenALeaseTakesOne) {
  put("sw.txt", sentences("Neno", 40));
  put("en.csv", "id,text\n1,The sun is warm. A child sings.\n2,\"Bread, and water.\"\n3,We walk home.\n");
  settings_.ahead = 3;
  const pid_t pid = start();
  ASSERT_TRUE(eventually(20s, [&] { return prompts().size() == 6; }));
  const auto first = prompts();
  const events::Topics topics = *events::Topics::in(name_space_);
  const std::string produce = fmt::format(
      "kcat -b {} -P -t {}.prompt-state -K '\t' -H content-type=application/json "
      "-X partitioner=murmur2_random -X linger.ms=0 2>/dev/null",
      bootstrap_, name_space_);
  bool english_ended = false;
  for (const Seen& seen : first) {
    events::PromptState state;
    state.prompt_id = PromptId(seen.key);
    state.locale = seen.text.starts_with("Neno") ? "sw" : "en";
    state.parked = true;
    const auto record = *events::build_prompt_state(topics, state);
    const std::size_t before = prompts().size();
    FILE* producer = ::popen(produce.c_str(), "w");  // one each: kcat reads its input ahead
    std::fprintf(producer, "%s\t%s\n", record.key->c_str(), record.value->c_str());
    ::pclose(producer);
    const bool more_to_come = state.locale == "sw" || !std::exchange(english_ended, true);  // it has one more
    EXPECT_TRUE(eventually(10s, [&] { return prompts().size() == before + (more_to_come ? 1 : 0); }));
  }
  ASSERT_TRUE(eventually(10s, [&] { return prompts().size() == 10; })) << prompts().size();
  // How long after the state was sent the next sentence was: both clocks are this machine's.
  std::istringstream sent(kcat(fmt::format("-C -t {}.prompt-state -o beginning -e -q -f '%T\\n'", name_space_)));
  std::vector<std::int64_t> reasons, answers;
  for (std::string line; std::getline(sent, line);) reasons.push_back(std::stoll(line));
  for (const Seen& seen : prompts()) answers.push_back(seen.timestamp_ms);
  std::sort(reasons.begin(), reasons.end());
  std::sort(answers.begin(), answers.end());
  std::string waits;
  for (std::size_t i = 6; i < answers.size(); ++i) {
    const auto reason = std::upper_bound(reasons.begin(), reasons.end(), answers[i]);
    if (reason != reasons.begin()) waits += fmt::format(" {}", answers[i] - *std::prev(reason));
  }
  std::printf("ms from a state to the next sentence:%s\n", waits.c_str());
  expect_each_once_and_dense(prompts());
  EXPECT_EQ(finish(pid, SIGTERM), 0);
  EXPECT_EQ(prompts().size(), 10U);
}

TEST_F(SelectOnKafka, KilledAtRandomEachSentenceIsThereOnceAndTheNumbersAreDense) {
  const char* asked_for = std::getenv("ANTIPHON_TEST_ROUNDS");
  const int rounds = asked_for != nullptr ? std::atoi(asked_for) : 5;
  for (int file = 0; file < 8; ++file)
    put(fmt::format("sw-{}.txt", file),
        sentences(fmt::format("Neno {}", std::string(1, static_cast<char>('a' + file / 2))), 500));
  put("am.txt", "ሰላም ለሁሉም።\nእንደምን አደርክ።\nውሃ እጠጣለሁ።\n");
  settings_.ahead = 100'000;
  SystemRandom random;
  for (int round = 0; round < rounds; ++round) {
    const auto before = prompts().size();
    const pid_t pid = start();
    // It waits for the dead one's baton first; then it is killed in the middle of its work.
    ASSERT_TRUE(eventually(30s, [&] {
      return !kcat(fmt::format("-C -t {}.corpus-state -o beginning -e -q -f '%k\\n'", name_space_)).empty() &&
             (before >= 2'003 || prompts().size() > before);
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(120)));
    finish(pid, SIGKILL);
    // What was on the wire to one partition may be missing while later numbers arrived in another: the next start fills
    // it in.
    std::printf("round %d: %zu prompts\n", round, prompts().size());
    expect_each_once(prompts());
  }
  const pid_t pid = start();
  ASSERT_TRUE(eventually(60s, [&] { return condition() == "done"; })) << corpus_state().dump();
  EXPECT_EQ(finish(pid, SIGTERM), 0);
  expect_each_once_and_dense(prompts());
  EXPECT_EQ(prompts().size(), 4U * 500 + 3);
  EXPECT_EQ(corpus_state()["next_sequence"], 4U * 500 + 3 + 1);
}

TEST_F(SelectOnKafka, ASecondOneStandsByAndTakesOver) {
  put("sw.txt", sentences("Neno", 10));
  const pid_t first = start();
  ASSERT_TRUE(eventually(20s, [&] { return condition() == "done"; }));
  settings_.slot = "1";
  const pid_t second = start();
  ASSERT_TRUE(eventually(20s, [&] { return standing_by_.back()->load(); }));
  EXPECT_EQ(prompts().size(), 10U);
  put("sw-b.txt", sentences("Jambo", 5));
  ASSERT_TRUE(eventually(10s, [&] { return prompts().size() == 15; }));
  EXPECT_EQ(finish(first, SIGTERM), 0);
  put("sw-c.txt", sentences("Kazi", 5));
  ASSERT_TRUE(eventually(20s, [&] { return prompts().size() == 20; }));
  expect_each_once_and_dense(prompts());
  EXPECT_EQ(finish(second, SIGTERM), 0);
}

// Were it to wait for the dead one's session, it would wait five minutes.
TEST_F(SelectOnKafka, OneThatWasKilledHasTheBatonBackAtOnceUnderItsSlot) {
  settings_.slot = "7";
  settings_.session_timeout = 300s;
  put("sw.txt", sentences("Neno", 10));
  const pid_t first = start();
  ASSERT_TRUE(eventually(20s, [&] { return condition() == "done"; }));
  finish(first, SIGKILL);
  put("sw-b.txt", sentences("Jambo", 5));
  const pid_t second = start();
  ASSERT_TRUE(eventually(60s, [&] { return prompts().size() == 15; }));
  expect_each_once_and_dense(prompts());
  EXPECT_EQ(finish(second, SIGTERM), 0);
}

// It is the newer one that stays. Who was first ends with a word to a person, and a supervisor may start it again: a
// coordinator that was cut off makes one process look like two.
TEST_F(SelectOnKafka, TwoWithOneSlotAreAMistakeThatIsSaid) {
  settings_.slot = "7";
  put("sw.txt", sentences("Neno", 10));
  const pid_t first = start();
  ASSERT_TRUE(eventually(20s, [&] { return condition() == "done"; }));
  const pid_t second = start();
  EXPECT_EQ(finish(first, 0), 75);
  EXPECT_EQ(finish(second, SIGTERM), 0);
}

// SIGSTOP longer than the session: it wakes up as a selector that has lost the baton and does not know it.
TEST_F(SelectOnKafka, OneThatStoodStillDoesNotPublishBesideItsSuccessor) {
  put("sw.txt", sentences("Neno", 10));
  settings_.ahead = 10'000;
  const pid_t first = start();
  const std::atomic<bool>& first_stands_by = *standing_by_.back();
  ASSERT_TRUE(eventually(20s, [&] { return condition() == "done"; }));
  ::kill(first, SIGSTOP);
  settings_.slot = "1";
  const pid_t second = start();
  put("sw-b.txt", sentences("Jambo", 300));
  ASSERT_TRUE(eventually(30s, [&] { return prompts().size() == 310; }));
  put("sw-c.txt", sentences("Kazi", 300));
  ::kill(first, SIGCONT);
  ASSERT_TRUE(eventually(20s, [&] { return prompts().size() >= 610 && first_stands_by; }));
  expect_each_once_and_dense(prompts());
  EXPECT_EQ(finish(second, SIGTERM), 0);
  EXPECT_EQ(finish(first, SIGTERM), 0);
}

TEST_F(SelectOnKafka, ACorpusThatGoesAwayIsSaidAndReadOnWhenItIsBack) {
  put("sw.txt", sentences("Neno", 10));
  const pid_t pid = start();
  ASSERT_TRUE(eventually(20s, [&] { return condition() == "done"; }));
  std::filesystem::rename(corpus(), corpus() + ".away");
  ASSERT_TRUE(eventually(10s, [&] { return condition() == "offline"; })) << corpus_state().dump();
  EXPECT_NE(corpus_state()["detail"].get<std::string>().find("trying again in"), std::string::npos);
  std::filesystem::rename(corpus() + ".away", corpus());
  put("sw-b.txt", sentences("Jambo", 5));
  ASSERT_TRUE(eventually(10s, [&] { return prompts().size() == 15 && condition() == "done"; }))
      << corpus_state().dump();
  EXPECT_EQ(finish(pid, SIGTERM), 0);
  // Away at the start, but known: it is waited for.
  std::filesystem::rename(corpus(), corpus() + ".away");
  const pid_t next = start();
  ASSERT_TRUE(eventually(20s, [&] { return condition() == "offline"; }));
  std::filesystem::rename(corpus() + ".away", corpus());
  ASSERT_TRUE(eventually(10s, [&] { return condition() == "done"; }));
  EXPECT_EQ(finish(next, SIGTERM), 0);
  expect_each_once_and_dense(prompts());
}

TEST_F(SelectOnKafka, ACorpusThatWasNeverThereEndsTheStartWithAClearError) {
  settings_.corpus_urls = {"file://" + corpus() + "/typo"};
  EXPECT_EQ(finish(start(), 0), 78);
  settings_.corpus_urls = {"file://" + corpus()};
  put("sentences.txt", "Which language?\n");
  EXPECT_EQ(finish(start(), 0), 78);
}

TEST_F(SelectOnKafka, ShuffledGoesOnInTheSameOrderAfterItsSpoolIsLost) {
  put("sw.txt", sentences("Neno", 400));
  settings_.corpus_urls = {"file://" + corpus() + "?id=c&order=shuffled&seed=3"};
  settings_.ahead = 50;
  const pid_t pid = start();
  ASSERT_TRUE(eventually(20s, [&] { return prompts().size() == 50; }));
  finish(pid, SIGKILL);
  std::filesystem::remove_all(settings_.spool_dir);
  settings_.ahead = 100'000;
  const pid_t next = start();
  ASSERT_TRUE(eventually(30s, [&] { return condition() == "done"; }));
  EXPECT_EQ(finish(next, SIGTERM), 0);
  const auto all = prompts();
  EXPECT_EQ(all.size(), 400U);
  expect_each_once_and_dense(all);
}

}  // namespace
}  // namespace antiphon::select
