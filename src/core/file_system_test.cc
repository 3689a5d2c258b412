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

// Past the cache (small) and through it (large), in turns and over one another: readers see the last one.
TEST_F(PosixFileSystemTest, WhatIsWrittenThroughIsReadBackWhicheverWayItWent) {
  auto file = fs_.open(root_ + "/ring", OpenMode::kCreateNew);
  ASSERT_TRUE(file);
  constexpr std::size_t kLarge = 128 * kDirectAlignment;
  Bytes expected(kLarge);
  ASSERT_TRUE((*file)->write_at(0, expected));
  for (std::size_t i = 0; i < 20; ++i) {
    const std::size_t size = i % 5 == 4 ? kLarge : (1 + i % 3) * kDirectAlignment;
    const std::size_t position = size == kLarge ? 0 : i * kDirectAlignment;
    const Bytes bytes(size, static_cast<std::byte>(i + 1));
    const std::vector<ByteView> pieces{ByteView(bytes).first(61), ByteView(bytes).subspan(61)};
    ASSERT_TRUE((*file)->write_through(position, pieces));
    std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<std::ptrdiff_t>(position));
    Bytes found(kLarge);
    ASSERT_EQ(*(*file)->read_at(0, found), kLarge);
    ASSERT_EQ(found, expected) << i;
  }
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
  ASSERT_TRUE(fs_.make_directory(root_ + "/x/z"));
  ASSERT_TRUE(fs_.make_directory(root_ + "/x/z"));
  EXPECT_FALSE(fs_.make_directory(root_ + "/nowhere/z"));
  ASSERT_TRUE(write_file_atomically(fs_, root_ + "/x/y/f", as_bytes("long first text")));
  ASSERT_TRUE(write_file_atomically(fs_, root_ + "/x/y/f", as_bytes("second")));
  EXPECT_EQ(as_text(*read_file(fs_, root_ + "/x/y/f", 100)), "second");
  EXPECT_EQ(read_file(fs_, root_ + "/x/y/f", 5).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(fs_.list(root_ + "/x/y")->size(), 1U);
}

}  // namespace
}  // namespace antiphon
