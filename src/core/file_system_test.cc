#include "core/file_system.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace antiphon {
namespace {

class PosixFileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "antiphon-fs-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  PosixFileSystem fs_;
  std::string root_;
};

TEST_F(PosixFileSystemTest, WritesInPiecesAndReadsBack) {
  auto file = fs_.open(root_ + "/a", OpenMode::kCreateNew);
  ASSERT_TRUE(file);
  const std::vector<ByteView> pieces{as_bytes("one "), as_bytes(""), as_bytes("two "), as_bytes("three")};
  ASSERT_TRUE((*file)->write_at(2, pieces));
  EXPECT_EQ(*(*file)->size(), 15U);
  Bytes out(20);
  EXPECT_EQ(*(*file)->read_at(2, out), 13U);
  EXPECT_EQ(as_text(out).substr(0, 13), "one two three");
}

TEST_F(PosixFileSystemTest, ASecondLockNamesTheHolder) {
  const auto first = fs_.lock(root_ + "/lock");
  ASSERT_TRUE(first);
  const auto second = fs_.lock(root_ + "/lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
}

TEST_F(PosixFileSystemTest, MissingFilesAndFoldersSayNotFound) {
  EXPECT_EQ(fs_.open(root_ + "/no", OpenMode::kRead).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(fs_.list(root_ + "/no").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(fs_.remove(root_ + "/no").error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(fs_.remove_tree(root_ + "/no"));
}

TEST_F(PosixFileSystemTest, AtomicWritesReplaceAndLeaveNothingBehind) {
  ASSERT_TRUE(fs_.make_directories(root_ + "/x/y"));
  ASSERT_TRUE(write_file_atomically(fs_, root_ + "/x/y/f", as_bytes("long first text")));
  ASSERT_TRUE(write_file_atomically(fs_, root_ + "/x/y/f", as_bytes("second")));
  EXPECT_EQ(as_text(*read_file(fs_, root_ + "/x/y/f", 100)), "second");
  EXPECT_EQ(read_file(fs_, root_ + "/x/y/f", 5).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(fs_.list(root_ + "/x/y")->size(), 1U);
}

}  // namespace
}  // namespace antiphon
