#include "kafka/wire/compression.h"

#include <gtest/gtest.h>
#include <snappy-c.h>

#include "core/random.h"

namespace antiphon::kafka::wire {
namespace {

constexpr Codec kCodecs[] = {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

std::string sample(std::size_t size) {
  SeededRandom random(size);
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = i % 3 == 0 ? static_cast<char>(random.next()) : 'a';
  return text;
}

TEST(Compression, WhatGoesInComesOut) {
  for (const Codec codec : kCodecs) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{200'000}}) {
      SCOPED_TRACE(::testing::Message() << to_string(codec) << " " << size);
      const std::string text = sample(size);
      Buffer compressed;
      ASSERT_TRUE(compress(codec, as_bytes(text), compressed));
      Buffer out;
      out.append(as_bytes("kept"));
      const auto result = decompress(codec, compressed.view(), size, out);  // exactly at the bound
      ASSERT_TRUE(result) << result.error().message;
      EXPECT_EQ(as_text(out.view(4)), text);
    }
  }
}

TEST(Compression, OneByteAboveTheBoundIsRefused) {
  for (const Codec codec : kCodecs) {
    SCOPED_TRACE(to_string(codec));
    const std::string text = sample(5000);
    Buffer compressed;
    ASSERT_TRUE(compress(codec, as_bytes(text), compressed));
    Buffer out;
    const auto result = decompress(codec, compressed.view(), text.size() - 1, out);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::kLimit);
  }
}

TEST(Compression, ABombCostsNoMoreThanTheBound) {
  const std::string zeros(std::size_t{16} << 20, '\0');
  for (const Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    SCOPED_TRACE(to_string(codec));
    Buffer bomb;
    ASSERT_TRUE(compress(codec, as_bytes(zeros), bomb));
    constexpr std::size_t kBound = 100'000;
    Buffer out;
    EXPECT_FALSE(decompress(codec, bomb.view(), kBound, out));
    EXPECT_LE(out.capacity(), 4 * kBound);
  }
}

TEST(Compression, TruncatedDataIsRefused) {
  const std::string text = sample(3000);
  for (const Codec codec : {Codec::kGzip, Codec::kLz4, Codec::kZstd}) {
    Buffer compressed;
    ASSERT_TRUE(compress(codec, as_bytes(text), compressed));
    for (std::size_t size = 0; size < compressed.size(); size += 7) {
      Buffer out;
      EXPECT_FALSE(decompress(codec, compressed.view().first(size), 1 << 20, out)) << to_string(codec) << " " << size;
    }
  }
}

TEST(Compression, RawSnappyIsReadToo) {
  const std::string text = sample(3000);
  std::string raw(snappy_max_compressed_length(text.size()), '\0');
  std::size_t size = raw.size();
  ASSERT_EQ(snappy_compress(text.data(), text.size(), raw.data(), &size), SNAPPY_OK);
  raw.resize(size);
  Buffer out;
  ASSERT_TRUE(decompress(Codec::kSnappy, as_bytes(raw), text.size(), out));
  EXPECT_EQ(as_text(out.view()), text);
  for (std::size_t cut = 0; cut < size; cut += 11) {
    Buffer none;
    EXPECT_FALSE(decompress(Codec::kSnappy, as_bytes(raw).first(cut), 1 << 20, none)) << cut;
  }
}

TEST(Compression, SnappyThatClaimsGigabytesIsRefusedBeforeItAllocates) {
  const std::string claim("\xff\xff\xff\xff\x07", 5);  // 2^31 - 1 bytes
  Buffer out;
  EXPECT_FALSE(decompress(Codec::kSnappy, as_bytes(claim), kDecompressedBytesMax, out));
  const std::string smaller("\x80\x80\x80\x20\x00", 5);  // 64 MiB, within the bound
  EXPECT_FALSE(decompress(Codec::kSnappy, as_bytes(smaller), kDecompressedBytesMax, out));
  EXPECT_EQ(out.capacity(), 0U);
}

TEST(Compression, AGzipFileOfTwoMembersIsReadWhole) {
  Buffer both;
  ASSERT_TRUE(compress(Codec::kGzip, as_bytes("one "), both));
  ASSERT_TRUE(compress(Codec::kGzip, as_bytes("two"), both));
  Buffer out;
  ASSERT_TRUE(decompress(Codec::kGzip, both.view(), 100, out));
  EXPECT_EQ(as_text(out.view()), "one two");
}

TEST(Compression, NumbersAreThoseOfTheAttributes) {
  EXPECT_EQ(codec_of(0x30 | 2), Codec::kSnappy);
  EXPECT_EQ(codec_of(4), Codec::kZstd);
  for (const std::int16_t number : {std::int16_t{5}, std::int16_t{6}, std::int16_t{7}}) EXPECT_FALSE(codec_of(number));
}

}  // namespace
}  // namespace antiphon::kafka::wire
