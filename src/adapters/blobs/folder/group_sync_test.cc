#include "adapters/blobs/folder/group_sync.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace antiphon::blobs {
namespace {

TEST(GroupSync, ThoseWhoComeWhileOneRunsShareTheNext) {
  GroupSync group;
  std::promise<void> first_runs;
  std::promise<void> first_may_end;
  std::jthread first([&] {
    EXPECT_TRUE(group.sync("f", [&]() -> Result<> {
      first_runs.set_value();
      first_may_end.get_future().wait();
      return {};
    }));
  });
  first_runs.get_future().wait();
  std::atomic<int> syncs{0};
  {
    std::vector<std::jthread> others;
    for (int i = 0; i < 8; ++i) {
      others.emplace_back([&] {
        EXPECT_TRUE(group.sync("f", [&]() -> Result<> {
          ++syncs;
          return {};
        }));
      });
    }
    while (group.callers("f") < 9) std::this_thread::yield();
    EXPECT_EQ(syncs, 0) << "a sync that had begun before covers nothing that came later";
    first_may_end.set_value();
  }
  EXPECT_EQ(syncs, 1);
  EXPECT_EQ(group.callers("f"), 0U);
}

TEST(GroupSync, AnErrorIsItsOwnersAndTheOthersSyncThemselves) {
  GroupSync group;
  std::promise<void> runs;
  std::promise<void> may_end;
  std::jthread fails([&] {
    const auto outcome = group.sync("f", [&]() -> Result<> {
      runs.set_value();
      may_end.get_future().wait();
      return make_error(ErrorKind::kIo, "sync");
    });
    EXPECT_FALSE(outcome);
  });
  runs.get_future().wait();
  bool synced = false;
  std::jthread other([&] {
    EXPECT_TRUE(group.sync("f", [&]() -> Result<> {
      synced = true;
      return {};
    }));
  });
  may_end.set_value();
  other.join();
  EXPECT_TRUE(synced);
}

TEST(GroupSync, FoldersDoNotWaitForOneAnother) {
  GroupSync group;
  EXPECT_TRUE(group.sync("a", [&]() -> Result<> { return group.sync("b", []() -> Result<> { return {}; }); }));
}

}  // namespace
}  // namespace antiphon::blobs
