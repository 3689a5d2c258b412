#include "core/testing/memory_file_system.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>

namespace antiphon::testing {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

std::unique_ptr<File> open(MemoryFileSystem& files, const std::string& path, OpenMode mode = OpenMode::kCreate) {
  auto file = files.open(path, mode);
  EXPECT_TRUE(file) << file.error().message;
  return std::move(*file);
}

std::string content(MemoryFileSystem& files, const std::string& path) {
  auto bytes = read_file(files, path, 1 << 20);
  return bytes ? std::string(as_text(*bytes)) : "missing";
}

TEST(MemoryFileSystem, SyncedBytesAndEntriesSurviveEveryCrash) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    MemoryFileSystem files;
    ASSERT_TRUE(files.make_directories("d"));
    auto file = open(files, "d/a");
    ASSERT_TRUE(file->write_at(0, as_bytes("kept")));
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(files.sync_directory("d"));
    files.crash(seed);
    EXPECT_EQ(content(files, "d/a"), "kept") << "seed " << seed;
  }
}

TEST(MemoryFileSystem, UnsyncedBytesAreLostTornOrKeptByTheSeed) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    MemoryFileSystem files;
    auto file = open(files, "a");
    ASSERT_TRUE(file->write_at(0, as_bytes(std::string(1024, 'o'))));
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(files.sync_directory("."));
    ASSERT_TRUE(file->write_at(0, as_bytes(std::string(2048, 'n'))));
    files.crash(seed);
    const std::string now = content(files, "a");
    ASSERT_GE(now.size(), 1024U);
    outcomes.insert(now);
    EXPECT_EQ(now, std::string(as_text(*files.durable_bytes("a"))));
  }
  EXPECT_TRUE(outcomes.contains(std::string(1024, 'o')));
  EXPECT_TRUE(outcomes.contains(std::string(2048, 'n')));
  EXPECT_TRUE(outcomes.contains(std::string(1024, 'n') + std::string(1024, '\0')));
  bool reordered = false;  // the second block is there, the first is not
  for (const std::string& now : outcomes) reordered = reordered || (now[0] == 'o' && now[600] == 'n');
  EXPECT_TRUE(reordered);
  EXPECT_GT(outcomes.size(), 50U);
}

TEST(MemoryFileSystem, AnEntryWithoutASyncOfItsDirectoryMayBeLost) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    MemoryFileSystem files;
    auto file = open(files, "a");
    ASSERT_TRUE(file->write_at(0, as_bytes("x")));
    ASSERT_TRUE(file->sync_data());
    files.crash(seed);
    outcomes.insert(content(files, "a"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"missing", "x"}));
}

TEST(MemoryFileSystem, ARenameIsAtomicWhateverIsLost) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    MemoryFileSystem files;
    ASSERT_TRUE(write_file_atomically(files, "a", as_bytes("old")));
    auto file = open(files, "a.tmp");
    ASSERT_TRUE(file->write_at(0, as_bytes("new")));
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(files.rename("a.tmp", "a"));
    EXPECT_EQ(content(files, "a"), "new");
    files.crash(seed);
    outcomes.insert(content(files, "a"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"old", "new"}));
}

TEST(MemoryFileSystem, AFileOpenedBeforeTheCrashIsDead) {
  MemoryFileSystem files;
  auto file = open(files, "a");
  auto lock = files.lock("lock");
  ASSERT_TRUE(lock);
  EXPECT_EQ(files.lock("lock").error().kind, ErrorKind::kAlreadyExists);
  files.kill_process();
  EXPECT_EQ(file->write_at(0, as_bytes("x")).error().kind, ErrorKind::kIo);
  EXPECT_TRUE(files.lock("lock"));
  EXPECT_EQ(content(files, "a"), "");  // a kill loses no cache
}

TEST(MemoryFileSystem, AFailedSyncThatLosesPagesNeverMakesThemDurable) {
  MemoryFileSystem files;
  auto file = open(files, "a");
  ASSERT_TRUE(files.sync_directory("."));
  ASSERT_TRUE(file->write_at(0, as_bytes("lost")));
  Fault fault;
  fault.kind = Fault::Kind::kLostPages;
  fault.only = FileOperation::kSync;
  files.inject(fault);
  EXPECT_EQ(file->sync_data().error().kind, ErrorKind::kIo);
  EXPECT_EQ(content(files, "a"), "lost");
  EXPECT_TRUE(file->sync_data());  // as the kernel does: told once
  EXPECT_EQ(std::string(as_text(*files.durable_bytes("a"))), std::string(4, '\0'));
}

TEST(MemoryFileSystem, TheNthMatchingOperationFails) {
  MemoryFileSystem files;
  auto file = open(files, "wanted");
  auto other = open(files, "other");
  Fault fault;
  fault.after = 1;
  fault.count = 2;
  fault.only = FileOperation::kWrite;
  fault.path_contains = "wanted";
  files.inject(fault);
  EXPECT_TRUE(other->write_at(0, as_bytes("x")));
  EXPECT_TRUE(file->write_at(0, as_bytes("1")));
  EXPECT_FALSE(file->write_at(1, as_bytes("2")));
  EXPECT_FALSE(file->write_at(1, as_bytes("3")));
  EXPECT_TRUE(file->write_at(1, as_bytes("4")));
  EXPECT_EQ(content(files, "wanted"), "14");
}

TEST(MemoryFileSystem, AFullDiskTakesAPartOfAWriteAndRoomComesBackWithARemoval) {
  MemoryFileSystem files;
  files.set_capacity(10);
  {
    auto file = open(files, "a");
    EXPECT_TRUE(file->write_at(0, as_bytes("12345678")));
    EXPECT_FALSE(file->write_at(8, as_bytes("90ab")));
    EXPECT_EQ(content(files, "a"), "1234567890");
    EXPECT_TRUE(file->write_at(0, as_bytes("x")));  // in place
    EXPECT_EQ(files.free_bytes(".").value(), 0U);
    ASSERT_TRUE(file->truncate(4));
    EXPECT_EQ(files.free_bytes(".").value(), 6U);
  }
  ASSERT_TRUE(files.sync_directory("."));
  ASSERT_TRUE(files.remove("a"));
  ASSERT_TRUE(files.sync_directory("."));
  EXPECT_EQ(files.free_bytes(".").value(), 10U);
  Fault fault;
  fault.count = kAll;
  files.inject(fault);
  EXPECT_FALSE(files.open("b", OpenMode::kCreate));
  files.clear_faults();
  EXPECT_TRUE(files.open("b", OpenMode::kCreate));
  EXPECT_GT(files.operations(), 5U);
}

TEST(MemoryFileSystem, ListsSortedAndRemovesTrees) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.make_directories("/x/y/z"));
  open(files, "/x/b");
  open(files, "/x/a");
  const auto entries = files.list("/x").value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_TRUE(entries[2].is_directory);
  EXPECT_EQ(files.list("/nowhere").error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(files.remove_tree("/x"));
  EXPECT_FALSE(files.exists("/x/a").value());
  EXPECT_TRUE(files.remove_tree("/x"));
  EXPECT_EQ(files.open("/x/a", OpenMode::kRead).error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace antiphon::testing
