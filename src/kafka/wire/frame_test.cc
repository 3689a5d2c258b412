#include "kafka/wire/frame.h"

#include <gtest/gtest.h>

#include "kafka/wire/api_versions.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/list_offsets.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/produce.h"
#include "kafka/wire/versions.h"

namespace antiphon::kafka::wire {
namespace {

std::int16_t number(ApiKey key) { return static_cast<std::int16_t>(key); }

TEST(Frame, ApiVersionsResponseHasHeaderV0InEveryVersion) {
  for (ApiVersion version = 0; version <= 99; ++version) {
    EXPECT_EQ(response_header_version(number(ApiKey::kApiVersions), version), 0);
  }
  EXPECT_EQ(request_header_version(number(ApiKey::kApiVersions), 99), 2);  // a client newer than us
  EXPECT_EQ(request_header_version(number(ApiKey::kApiVersions), 2), 1);
}

TEST(Frame, HeaderVersionsFollowFlexibility) {
  EXPECT_EQ(request_header_version(number(ApiKey::kControlledShutdown), 0), 0);
  EXPECT_EQ(request_header_version(number(ApiKey::kProduce), 8), 1);
  EXPECT_EQ(request_header_version(number(ApiKey::kProduce), 9), 2);
  EXPECT_EQ(response_header_version(number(ApiKey::kProduce), 8), 0);
  EXPECT_EQ(response_header_version(number(ApiKey::kProduce), 9), 1);
  EXPECT_EQ(request_header_version(number(ApiKey::kSaslHandshake), 1), 1);
  EXPECT_EQ(request_header_version(9999, 0), 1);
}

TEST(Frame, ARequestHeaderIsReadWithItsUnknownTags) {
  Buffer buffer;
  Writer writer(buffer);
  write(writer, RequestHeader{number(ApiKey::kMetadata), 9, 77, "client"});
  buffer.truncate(buffer.size() - 1);
  writer.uvarint(1);
  writer.uvarint(1234);
  writer.uvarint(2);
  writer.raw(as_bytes("??"));
  Reader in(buffer.view());
  RequestHeader header;
  read(in, header);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_EQ(header.api_key, 3);
  EXPECT_EQ(header.api_version, 9);
  EXPECT_EQ(header.correlation_id, 77);
  EXPECT_EQ(header.client_id, "client");
}

TEST(Frame, ANullClientIdIsRead) {
  Buffer buffer;
  Writer writer(buffer);
  write(writer, RequestHeader{number(ApiKey::kMetadata), 0, 1, std::nullopt});
  Reader in(buffer.view());
  RequestHeader header;
  read(in, header);
  EXPECT_TRUE(in.ok());
  EXPECT_FALSE(header.client_id.has_value());
}

// KIP-511: what a client of the future gets, byte for byte.
TEST(Frame, AnUnknownApiVersionsVersionIsAnsweredInV0WithError35) {
  ApiVersionsResponse response;
  response.error_code = ErrorCode::kUnsupportedVersion;
  response.api_keys.push_back({number(ApiKey::kApiVersions), 0, 4});
  Buffer buffer;
  ASSERT_TRUE(write_response(buffer, 0, 5, response));
  EXPECT_EQ(to_hex(buffer.view()),
            "00000010"
            "00000005"
            "0023"
            "00000001"
            "0012"
            "0000"
            "0004");
}

TEST(Frame, TheLengthCountsExternalSlicesAndTheirPlacesAreKnown) {
  FetchResponse response;
  response.responses.resize(1);
  response.responses[0].topic = "t";
  auto& partitions = response.responses[0].partitions;
  partitions.resize(3);
  partitions[0].records = Records::external(7, 1000);
  partitions[1].records = Records::empty();
  partitions[2].records = Records::external(8, 24);
  for (const ApiVersion version : {ApiVersion{4}, ApiVersion{12}}) {
    SCOPED_TRACE(version);
    Buffer buffer;
    buffer.append(as_bytes("before"));  // positions count from the buffer's first byte
    std::vector<ExternalSlice> slices;
    ASSERT_TRUE(write_response(buffer, version, 1, response, &slices));
    ASSERT_EQ(slices.size(), 2U);

    // Put the bytes where they belong: what comes out must read as if they had been in memory.
    std::string stream(as_text(buffer.view()));
    stream.insert(slices[1].position, std::string(slices[1].size, 'B'));
    stream.insert(slices[0].position, std::string(slices[0].size, 'A'));
    stream.erase(0, 6);
    Reader in(as_bytes(stream));
    EXPECT_EQ(in.i32(), static_cast<std::int32_t>(stream.size() - kFrameLengthBytes));
    std::int32_t correlation_id = 0;
    read_response_header(in, number(ApiKey::kFetch), version, correlation_id);
    EXPECT_EQ(in.remaining(), encoded_size(version, response));
    FetchResponse again;
    read(in, version, again);
    ASSERT_TRUE(in.ok());
    ASSERT_EQ(in.remaining(), 0U);
    EXPECT_EQ(as_text(again.responses[0].partitions[0].records.bytes()), std::string(1000, 'A'));
    EXPECT_FALSE(again.responses[0].partitions[1].records.is_null());
    EXPECT_EQ(again.responses[0].partitions[1].records.size(), 0U);
    EXPECT_EQ(as_text(again.responses[0].partitions[2].records.bytes()), std::string(24, 'B'));
  }
}

TEST(Frame, ATextThatItsFieldCannotHoldLeavesNothingBehind) {
  const std::string text(40'000, 'x');
  MetadataResponse response;
  response.cluster_id = text;
  Buffer buffer;
  buffer.append(as_bytes("kept"));
  const auto result = write_response(buffer, 2, 1, response);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kLimit);
  EXPECT_EQ(as_text(buffer.view()), "kept");
  EXPECT_TRUE(write_response(buffer, 9, 1, response));  // the compact form can
}

TEST(Versions, RangesContainThePointsThatClientsTestFor) {
  struct Row {
    ApiKey key;
    VersionRange holds;
  };
  // librdkafka's exact old points, Java 4's minima, and the maxima that are promised.
  const Row rows[] = {
      {ApiKey::kProduce, {0, 11}},
      {ApiKey::kFetch, {0, 17}},
      {ApiKey::kListOffsets, {0, 9}},
      {ApiKey::kMetadata, {0, 12}},
      {ApiKey::kOffsetCommit, {0, 9}},
      {ApiKey::kOffsetFetch, {0, 9}},
      {ApiKey::kFindCoordinator, {0, 6}},
      {ApiKey::kJoinGroup, {0, 9}},
      {ApiKey::kHeartbeat, {0, 4}},
      {ApiKey::kLeaveGroup, {0, 5}},
      {ApiKey::kSyncGroup, {0, 5}},
      {ApiKey::kDescribeGroups, {0, 5}},
      {ApiKey::kListGroups, {0, 5}},
      {ApiKey::kSaslHandshake, {0, 1}},
      {ApiKey::kApiVersions, {0, 4}},
      {ApiKey::kCreateTopics, {0, 7}},
      {ApiKey::kDeleteTopics, {0, 6}},
      {ApiKey::kInitProducerId, {0, 5}},
      {ApiKey::kOffsetForLeaderEpoch, {0, 4}},
      {ApiKey::kDescribeConfigs, {0, 4}},
      {ApiKey::kCreatePartitions, {0, 3}},
      {ApiKey::kAddPartitionsToTxn, {0, 5}},
      {ApiKey::kEndTxn, {0, 4}},
      {ApiKey::kTxnOffsetCommit, {0, 4}},
      {ApiKey::kDescribeCluster, {0, 1}},
  };
  for (const Row& row : rows) {
    const ApiSupport* const api = find_api(number(row.key));
    ASSERT_NE(api, nullptr) << to_string(row.key);
    EXPECT_EQ(api->versions, row.holds) << to_string(row.key);
  }
  EXPECT_EQ(find_api(-1), nullptr);
  EXPECT_EQ(find_api(4), nullptr);
  EXPECT_EQ(find_api(9999), nullptr);
}

TEST(Versions, DefaultsAreThoseThatClientsTakeForNothing) {
  EXPECT_EQ(FetchResponse::Partition{}.preferred_read_replica, -1);
  EXPECT_EQ(FetchResponse::Partition{}.log_start_offset, Offset(-1));
  EXPECT_EQ(ProduceResponse::Partition{}.log_append_time_ms, -1);
  EXPECT_EQ(ProduceResponse::Partition{}.current_leader.leader_id, -1);
  EXPECT_EQ(ListOffsetsResponse::Partition{}.leader_epoch, LeaderEpoch(-1));
}

TEST(Versions, ThrottleTimeIsThereFromTheRightVersionOn) {  // [6]
  EXPECT_EQ(encoded_size(0, ProduceResponse{}), 4U);
  EXPECT_EQ(encoded_size(1, ProduceResponse{}), 8U);
  EXPECT_EQ(encoded_size(0, FetchResponse{}), 4U);
  EXPECT_EQ(encoded_size(1, FetchResponse{}), 8U);
  EXPECT_EQ(encoded_size(1, ListOffsetsResponse{}), 4U);
  EXPECT_EQ(encoded_size(2, ListOffsetsResponse{}), 8U);
}

// librdkafka 2.12 takes a zero CurrentLeader for a change of leader: the default must not be on the wire.
TEST(Versions, ACurrentLeaderThatIsNotSetIsNotWritten) {  // [13]
  ProduceResponse response;
  response.responses.resize(1);
  response.responses[0].partition_responses.resize(1);
  Buffer buffer;
  Writer writer(buffer);
  write(writer, 10, response);
  const std::size_t without = buffer.size();
  response.responses[0].partition_responses[0].current_leader.leader_id = 1;
  EXPECT_EQ(encoded_size(10, response), without + 2 + 9);
}

TEST(ErrorCodes, NumbersAreKafkas) {  // [12]
  EXPECT_EQ(static_cast<int>(ErrorCode::kProducerFenced), 90);
  EXPECT_EQ(static_cast<int>(ErrorCode::kUnsupportedVersion), 35);
  EXPECT_EQ(static_cast<int>(ErrorCode::kInvalidRecord), 87);
  EXPECT_EQ(static_cast<int>(ErrorCode::kUnknownServerError), -1);
  EXPECT_EQ(to_string(ErrorCode::kMemberIdRequired), "MEMBER_ID_REQUIRED");
  EXPECT_EQ(to_string(static_cast<ErrorCode>(12345)), "UNKNOWN");
  EXPECT_EQ(to_string(ApiKey::kFetch), "Fetch");
  EXPECT_FALSE(api_key_of(12345).has_value());
}

}  // namespace
}  // namespace antiphon::kafka::wire
