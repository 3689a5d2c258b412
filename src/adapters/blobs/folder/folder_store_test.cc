#include "adapters/blobs/folder/folder_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "adapters/blobs/blob_store.h"

namespace antiphon::blobs {
namespace {

namespace fs = std::filesystem;

class FolderStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "antiphon-folder-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    root_ = top_ / "archive";
    store_ = std::make_unique<FolderStore>(root_.string());
  }
  void TearDown() override { fs::remove_all(top_); }

  void write(const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::string content(const std::string& name) {
    auto data = store_->read(name, 1000);
    return data ? std::string(as_text(*data)) : "error: " + data.error().message;
  }
  std::vector<std::string> names(const std::string& prefix = "", std::size_t at_most = 1000) {
    std::vector<std::string> found;
    auto listed = store_->list(prefix, [&](const BlobInfo& info) {
      found.push_back(info.name);
      return found.size() < at_most;
    });
    EXPECT_TRUE(listed) << listed.error().message;
    return found;
  }
  ErrorKind put_fails(const std::string& name, bool only_if_absent = true) {
    PutOptions options;
    options.only_if_absent = only_if_absent;
    auto outcome = store_->put(name, as_bytes("x"), options);
    EXPECT_FALSE(outcome);
    return outcome ? ErrorKind::kInternal : outcome.error().kind;
  }

  fs::path top_;
  fs::path root_;
  std::unique_ptr<FolderStore> store_;
};

TEST_F(FolderStoreTest, APutObjectIsThereByteForByteAndOnlyOnce) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  ASSERT_TRUE(store_->put("sw/P/r.webm", as_bytes("voice"), {}));
  EXPECT_EQ(content("sw/P/r.webm"), "voice");
  EXPECT_EQ(put_fails("sw/P/r.webm"), ErrorKind::kAlreadyExists);
  EXPECT_EQ(content("sw/P/r.webm"), "voice");
  PutOptions replace;
  replace.only_if_absent = false;
  ASSERT_TRUE(store_->put("sw/P/r.webm", as_bytes("other"), replace));
  EXPECT_EQ(content("sw/P/r.webm"), "other");
  EXPECT_TRUE(fs::is_empty(root_ / FolderStore::kTemporaryFolder));
}

TEST_F(FolderStoreTest, OfManyWritersOfOneNameExactlyOneWins) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  std::atomic<int> won{0};
  std::atomic<int> refused{0};
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back([&, i] {
        auto outcome = store_->put("a/b/c", as_bytes(std::to_string(i)), {});
        if (outcome) ++won;
        if (!outcome && outcome.error().kind == ErrorKind::kAlreadyExists) ++refused;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(FolderStoreTest, NamesThatWouldLeaveTheFolderAreRefusedByEveryVerb) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  for (const std::string name : {"../x", "a/../../x", "/etc/passwd", "", "a//b", "."}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(put_fails(name), ErrorKind::kInvalidInput);
    EXPECT_EQ(store_->read(name, 10).error().kind, ErrorKind::kInvalidInput);
    EXPECT_EQ(store_->head(name).error().kind, ErrorKind::kInvalidInput);
    EXPECT_EQ(store_->remove(name).error().kind, ErrorKind::kInvalidInput);
  }
  EXPECT_EQ(put_fails(".antiphon-tmp/x"), ErrorKind::kInvalidInput);
  EXPECT_FALSE(fs::exists(top_ / "x"));
}

TEST_F(FolderStoreTest, LinksPlacedInsideAreNeitherFollowedNorListedNorReplaced) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  fs::create_directories(top_ / "outside");
  write(top_ / "outside/secret", "secret");
  fs::create_directory_symlink(top_ / "outside", root_ / "sw");
  fs::create_directories(root_ / "am");
  fs::create_symlink(top_ / "outside/secret", root_ / "am/link");
  fs::create_symlink(top_ / "outside/new", root_ / "am/dangling");

  EXPECT_EQ(put_fails("sw/x"), ErrorKind::kConflict);
  EXPECT_EQ(put_fails("am/link"), ErrorKind::kAlreadyExists);
  EXPECT_EQ(put_fails("am/dangling"), ErrorKind::kAlreadyExists);
  EXPECT_EQ(store_->read("sw/secret", 10).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(store_->read("am/link", 10).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(store_->remove("sw/secret").error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(fs::exists(top_ / "outside/secret"));
  EXPECT_FALSE(fs::exists(top_ / "outside/x"));
  EXPECT_FALSE(fs::exists(top_ / "outside/new"));
}

TEST_F(FolderStoreTest, ATemporaryFolderThatIsALinkStopsTheWrite) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  fs::create_directories(top_ / "outside");
  fs::remove_all(root_ / FolderStore::kTemporaryFolder);
  fs::create_directory_symlink(top_ / "outside", root_ / FolderStore::kTemporaryFolder);
  EXPECT_EQ(put_fails("a"), ErrorKind::kConfig);
  EXPECT_TRUE(fs::is_empty(top_ / "outside"));
}

TEST_F(FolderStoreTest, APipeInTheWayIsAConflictAndNobodyWaitsForIt) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(store_->read("pipe", 10).error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(names().empty());
}

TEST_F(FolderStoreTest, AFolderOrFileWhereTheOtherIsNeededIsAConflict) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  ASSERT_TRUE(store_->put("file", as_bytes("x"), {}));
  ASSERT_TRUE(store_->put("folder/x", as_bytes("x"), {}));
  EXPECT_EQ(put_fails("file/below"), ErrorKind::kConflict);
  EXPECT_EQ(put_fails("folder"), ErrorKind::kAlreadyExists);
  EXPECT_EQ(put_fails("folder", false), ErrorKind::kConflict);
  EXPECT_EQ(store_->read("folder", 10).error().kind, ErrorKind::kConflict);
}

TEST_F(FolderStoreTest, ListsInByteOrderOfWholeNamesAndByPrefix) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  for (const std::string name :
       {"a0", "a/b", "a.txt", "a/b.c", "a/b0/x", "b", "sw/P1/r.json", "sw/P1/r.webm", "sw/P10/r.webm"}) {
    ASSERT_TRUE(store_->put(name, as_bytes("x"), {})) << name;
  }
  auto sorted = names();
  EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
  EXPECT_EQ(sorted.size(), 9u);
  EXPECT_EQ(names("a/b"), (std::vector<std::string>{"a/b", "a/b.c", "a/b0/x"}));
  EXPECT_EQ(names("sw/P1/r."), (std::vector<std::string>{"sw/P1/r.json", "sw/P1/r.webm"}));
  EXPECT_EQ(names("sw/P1"), (std::vector<std::string>{"sw/P1/r.json", "sw/P1/r.webm", "sw/P10/r.webm"}));
  EXPECT_EQ(names("", 2), (std::vector<std::string>{"a.txt", "a/b"}));
  EXPECT_EQ(names("sw/"), (std::vector<std::string>{"sw/P1/r.json", "sw/P1/r.webm", "sw/P10/r.webm"}));
  for (const std::string none : {"zz", "zz/y", "b/x", "../", "/", "a//b", ".antiphon-tmp/"})
    EXPECT_TRUE(names(none).empty()) << none;
}

TEST_F(FolderStoreTest, AReadAtAnotherVersionIsAConflict) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  ASSERT_TRUE(store_->put("t", as_bytes("0123456789"), {}));
  const std::string version = store_->head("t")->info.version;
  Bytes out(4);
  ASSERT_EQ(*store_->read_at("t", version, 3, out), 4u);
  EXPECT_EQ(as_text(out), "3456");
  EXPECT_EQ(*store_->read_at("t", version, 8, out), 2u);
  EXPECT_EQ(*store_->read_at("t", version, 100, out), 0u);
  PutOptions replace;
  replace.only_if_absent = false;
  ASSERT_TRUE(store_->put("t", as_bytes("0123456789"), replace));
  EXPECT_EQ(store_->read_at("t", version, 3, out).error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(store_->read_at("t", "", 3, out));
}

TEST_F(FolderStoreTest, ReadKeepsItsBound) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  ASSERT_TRUE(store_->put("t", as_bytes("0123456789"), {}));
  EXPECT_TRUE(store_->read("t", 10));
  EXPECT_EQ(store_->read("t", 9).error().kind, ErrorKind::kLimit);
}

TEST_F(FolderStoreTest, RemoveIsIdempotent) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  ASSERT_TRUE(store_->put("a/t", as_bytes("x"), {}));
  EXPECT_TRUE(store_->remove("a/t"));
  EXPECT_TRUE(store_->remove("a/t"));
  EXPECT_TRUE(store_->remove("never/was"));
  EXPECT_EQ(store_->head("a/t").error().kind, ErrorKind::kNotFound);
}

TEST_F(FolderStoreTest, AProbeForWritingRemovesLeftoversOfTheDeadAndNotOfTheLiving) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  const fs::path temporaries = root_ / FolderStore::kTemporaryFolder;
  write(temporaries / "1-1", "half a voi");
  write(temporaries / "1-2", "being written");
  const int living = ::open((temporaries / "1-2").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(living, LOCK_EX), 0);
  ASSERT_TRUE(store_->probe(Use::kWrite));
  EXPECT_FALSE(fs::exists(temporaries / "1-1"));
  EXPECT_TRUE(fs::exists(temporaries / "1-2"));
  EXPECT_TRUE(names().empty());
  ::close(living);
}

TEST_F(FolderStoreTest, ARootThatVanishesIsAwayAndNotMadeAgain) {
  ASSERT_TRUE(store_->probe(Use::kWrite));
  fs::remove_all(root_);
  EXPECT_EQ(put_fails("a"), ErrorKind::kUnavailable);
  EXPECT_FALSE(fs::exists(root_));
  EXPECT_EQ(store_->probe(Use::kRead).error().kind, ErrorKind::kNotFound);
}

TEST_F(FolderStoreTest, AFullOrForbiddenFolderIsAnErrorThatNamesItself) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ASSERT_TRUE(store_->probe(Use::kWrite));
  fs::permissions(root_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(put_fails("a"), ErrorKind::kPermission);
  fs::permissions(root_, fs::perms::owner_all);
}

TEST_F(FolderStoreTest, AFileAsRootIsAStoreWithThatOneObject) {
  write(top_ / "texts/sw.txt", "Habari.\n");
  auto store = open_store("file://" + (top_ / "texts/sw.txt").string());
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->probe(Use::kRead));
  std::vector<std::string> found;
  ASSERT_TRUE((*store)->list("", [&](const BlobInfo& info) {
    found.push_back(info.name);
    return true;
  }));
  EXPECT_EQ(found, std::vector<std::string>{"sw.txt"});
  EXPECT_EQ(as_text(*(*store)->read("sw.txt", 100)), "Habari.\n");
  EXPECT_EQ((*store)->read("other.txt", 100).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ((*store)->put("sw.txt", as_bytes("x"), {}).error().kind, ErrorKind::kConfig);
}

}  // namespace
}  // namespace antiphon::blobs
