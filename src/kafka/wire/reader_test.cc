#include "kafka/wire/reader.h"

#include <gtest/gtest.h>

#include "kafka/wire/fetch.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/produce.h"
#include "kafka/wire/writer.h"

namespace antiphon::kafka::wire {
namespace {

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(Reader, FailsForGoodAndKeepsTheFirstReason) {
  const Bytes bytes = bytes_of({1, 2, 3});
  Reader in(bytes);
  EXPECT_EQ(in.i32(), 0);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.i8(), 0);
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_TRUE(in.take(1).empty());
  EXPECT_EQ(in.error("x").message, "x: ends inside a number at byte 0 of 3");
}

TEST(Reader, VariableLengthNumbersAtTheirEnds) {
  struct Row {
    const char* name;
    std::int64_t value;
  };
  for (const Row row :
       {Row{"zero", 0}, Row{"minus one", -1}, Row{"127", 127}, Row{"128", 128}, Row{"int32 max", 0x7fffffff},
        Row{"int32 min", -0x7fffffffLL - 1}, Row{"int64 max", INT64_MAX}, Row{"int64 min", INT64_MIN}}) {
    SCOPED_TRACE(row.name);
    Buffer buffer;
    Writer(buffer).varint(row.value);
    EXPECT_EQ(buffer.size(), varint_size(row.value));
    Reader in(buffer.view());
    EXPECT_EQ(in.varlong(), row.value);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.remaining(), 0U);
  }
}

TEST(Reader, AVariableLengthNumberThatDoesNotEndIsRefused) {
  const Bytes bytes(11, std::byte{0xff});
  Reader five(bytes);
  (void)five.uvarint();
  EXPECT_FALSE(five.ok());
  Reader ten(bytes);
  (void)ten.varlong();
  EXPECT_FALSE(ten.ok());
}

TEST(Reader, NullIsRefusedWhereAValueMustBe) {
  const Bytes bytes = bytes_of({0xff, 0xff});
  Reader allowed(bytes);
  EXPECT_FALSE(allowed.bytes(Reader::Prefix::kInt16, true).has_value());
  EXPECT_TRUE(allowed.ok());
  Reader refused(bytes);
  EXPECT_FALSE(refused.bytes(Reader::Prefix::kInt16, false).has_value());
  EXPECT_FALSE(refused.ok());
}

TEST(Reader, ALengthBelowMinusOneIsRefused) {
  const Bytes bytes = bytes_of({0xff, 0xfe});
  Reader in(bytes);
  EXPECT_FALSE(in.bytes(Reader::Prefix::kInt16, true).has_value());
  EXPECT_FALSE(in.ok());
}

TEST(Reader, AGiantArrayAllocatesNothing) {
  const Bytes bytes = bytes_of({0x7f, 0xff, 0xff, 0xff, 0, 0});
  Reader in(bytes);
  MetadataRequest request;
  read(in, 1, request);
  EXPECT_FALSE(in.ok());
  ASSERT_TRUE(request.topics.has_value());
  EXPECT_EQ(request.topics->capacity(), 0U);
}

TEST(Reader, ArraysOfAMessageHaveABoundInMemory) {
  const Bytes bytes(kDecodedArrayBytesMax / 64);
  Reader in(bytes);
  EXPECT_EQ(in.admit_array(bytes.size(), 64), bytes.size());
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.admit_array(1, 1), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(Reader, TextsAndRecordsAreViewsIntoTheRequest) {
  const std::string payload = "records";
  ProduceRequest request;
  request.topic_data.resize(1);
  request.topic_data[0].name = "topic";
  request.topic_data[0].partition_data.resize(1);
  request.topic_data[0].partition_data[0].records = Records::in_memory(as_bytes(payload));
  Buffer buffer;
  Writer writer(buffer);
  write(writer, 9, request);
  Reader in(buffer.view());
  ProduceRequest again;
  read(in, 9, again);
  ASSERT_TRUE(in.ok());
  const auto inside = [&](const void* at) { return at >= buffer.data() && at < buffer.data() + buffer.size(); };
  EXPECT_TRUE(inside(again.topic_data[0].name.data()));
  EXPECT_TRUE(inside(again.topic_data[0].partition_data[0].records.bytes().data()));
}

TEST(Reader, UnknownTaggedFieldsAreSkippedEverywhere) {  // [16]
  // Heartbeat-like: a Fetch request v12 whose tags hold number 9, unknown, before and inside.
  Buffer buffer;
  Writer writer(buffer);
  FetchRequest request;
  write(writer, 12, request);
  buffer.truncate(buffer.size() - 1);  // the count of tags
  writer.uvarint(2);
  writer.uvarint(0);  // cluster id, compact text of one letter
  writer.uvarint(2);
  writer.uvarint(2);
  writer.raw(as_bytes("c"));
  writer.uvarint(9);
  writer.uvarint(3);
  writer.raw(as_bytes("xyz"));
  Reader in(buffer.view());
  FetchRequest again;
  read(in, 12, again);
  ASSERT_TRUE(in.ok()) << in.error("fetch").message;
  EXPECT_EQ(again.cluster_id, "c");
  EXPECT_EQ(in.remaining(), 0U);
}

TEST(Reader, ATaggedFieldOfAnotherSizeThanItSaysIsRefused) {
  Buffer buffer;
  Writer writer(buffer);
  write(writer, 12, FetchRequest{});
  buffer.truncate(buffer.size() - 1);
  writer.uvarint(1);
  writer.uvarint(0);
  writer.uvarint(3);
  writer.uvarint(2);
  writer.raw(as_bytes("cd"));
  Reader in(buffer.view());
  FetchRequest again;
  read(in, 12, again);
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace antiphon::kafka::wire
