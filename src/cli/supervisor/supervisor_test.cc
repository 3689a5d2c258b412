#include "cli/supervisor/supervisor.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace antiphon::cli {
namespace {

using namespace std::chrono_literals;

ChildSpec shell(const std::string& name, const std::string& script, int order = 0) {
  return {name, {"/bin/sh", "-c", script}, order};
}

class SupervisorTest : public ::testing::Test {
 protected:
  StopSource stop_;
  SystemClock clock_;
  Supervisor supervisor_{stop_.token(), clock_, {}};
};

TEST(RestartDelay, DoublesToItsMaximumAndBeginsAnewAfterALongLife) {
  RestartDelay delay;
  EXPECT_EQ(delay.next(1s), 100ms);
  EXPECT_EQ(delay.next(1s), 200ms);
  for (int i = 0; i < 20; ++i) static_cast<void>(delay.next(1s));
  EXPECT_EQ(delay.next(1s), 10'000ms);
  EXPECT_EQ(delay.next(31s), 100ms);
}

TEST_F(SupervisorTest, HandsOnWhatAProcessSaysWhenItIsReady) {
  ASSERT_TRUE(supervisor_.start(shell("a", "echo status http://x; echo ready here I am; exec sleep 60")));
  const auto ready = supervisor_.wait_ready("a");
  ASSERT_TRUE(ready) << ready.error().message;
  EXPECT_EQ(*ready, "here I am");
  EXPECT_EQ(supervisor_.report()[0].status_url, "http://x");
  EXPECT_TRUE(supervisor_.stop_all());
}

TEST_F(SupervisorTest, AnErrorThatNoRestartCuresEndsTheStart) {
  ASSERT_TRUE(supervisor_.start(shell("a", "exit 78")));
  EXPECT_FALSE(supervisor_.wait_ready("a"));
  EXPECT_EQ(supervisor_.fatal_code(), 78);
}

TEST_F(SupervisorTest, AProcessThatWasReadyIsStartedAgain) {
  ASSERT_TRUE(supervisor_.start(shell("a", "echo ready; exec sleep 60")));
  ASSERT_TRUE(supervisor_.wait_ready("a"));
  const pid_t first = supervisor_.report()[0].pid;
  supervisor_.on_change([&] {
    const auto report = supervisor_.report()[0];
    if (report.restarts == 1 && !report.ready.empty()) stop_.request_stop();
  });
  ::kill(first, SIGKILL);
  EXPECT_TRUE(supervisor_.run());
  EXPECT_EQ(supervisor_.report()[0].restarts, 1);
  EXPECT_NE(supervisor_.report()[0].pid, first);
  EXPECT_TRUE(supervisor_.stop_all());
}

TEST_F(SupervisorTest, ChildrenEndInTheirOrder) {
  std::string pattern = "/tmp/antiphon-order-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  const auto script = [&](const std::string& name) {
    return "trap 'echo " + name + " >> " + folder + "/order; exit 0' TERM; echo ready; while :; do sleep 0.02; done";
  };
  ASSERT_TRUE(supervisor_.start(shell("last", script("last"), 2)));
  ASSERT_TRUE(supervisor_.start(shell("first", script("first"), 0)));
  ASSERT_TRUE(supervisor_.start(shell("middle", script("middle"), 1)));
  for (const char* name : {"last", "first", "middle"}) ASSERT_TRUE(supervisor_.wait_ready(name));
  EXPECT_TRUE(supervisor_.stop_all());
  Result<Child> reader = Child::start({"/bin/cat", folder + "/order"}, {});
  ASSERT_TRUE(reader);
  std::vector<std::string> lines;
  while (reader->output_fd() >= 0) {
    for (auto& line : reader->read_lines()) lines.push_back(std::move(line));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"first", "middle", "last"}));
}

TEST_F(SupervisorTest, AStopWhileStartingIsNoError) {
  ASSERT_TRUE(supervisor_.start(shell("a", "exec sleep 60")));
  stop_.request_stop();
  const auto result = supervisor_.wait_ready("a");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kCancelled);
  EXPECT_TRUE(supervisor_.stop_all());
}

}  // namespace
}  // namespace antiphon::cli
