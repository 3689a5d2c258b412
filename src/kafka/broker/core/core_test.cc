// The request core as a client sees it, over a disk in memory. Names in brackets are the traps of other brokers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;
using E = wire::ErrorCode;
using testing::CoreDriver;

class Core : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(d.start()); }

  E make_topic(std::string_view name, std::int32_t partitions = 1,
               std::vector<wire::CreateTopicsRequest::Config> configs = {}) {
    wire::CreateTopicsRequest r;
    r.topics.push_back({name, partitions, 1, {}, std::move(configs)});
    return d.call<wire::CreateTopicsResponse>(7, r).topics.at(0).error_code;
  }
  static Bytes batch(int records, std::optional<std::string_view> key = "k", wire::BatchSettings settings = {},
                     std::int64_t time = 1000) {
    wire::BatchBuilder builder(settings);
    for (int i = 0; i < records; ++i) {
      builder.add(time + i, key ? std::optional<ByteView>(as_bytes(*key)) : std::nullopt, as_bytes("value"));
    }
    return *builder.finish();
  }
  std::uint64_t send_produce(const Bytes& records, std::int16_t acks = -1, std::string_view topic = "t",
                             wire::ApiVersion version = 9) {
    wire::ProduceRequest r;
    r.acks = acks;
    r.timeout_ms = 30'000;
    r.topic_data.push_back({topic, {{PartitionId(0), wire::Records::in_memory(records)}}});
    return d.send(version, r);
  }
  wire::ProduceResponse::Partition produce(const Bytes& records, std::int16_t acks = -1, std::string_view topic = "t") {
    const auto sequence = send_produce(records, acks, topic);
    d.pump();
    return d.take<wire::ProduceResponse>(sequence, 9).responses.at(0).partition_responses.at(0);
  }
  static wire::FetchRequest fetch_request(std::int64_t offset, std::int32_t wait_ms = 0, std::int32_t min_bytes = 1,
                                          std::int32_t max_bytes = 1 << 20) {
    wire::FetchRequest r;
    r.max_wait_ms = wait_ms;
    r.min_bytes = min_bytes;
    r.max_bytes = max_bytes;
    wire::FetchRequest::Partition p;
    p.partition = PartitionId(0);
    p.fetch_offset = Offset(offset);
    p.partition_max_bytes = max_bytes;
    wire::FetchRequest::Topic topic;
    topic.topic = "t";
    topic.partitions.push_back(p);
    r.topics.push_back(topic);
    return r;
  }
  wire::FetchResponse::Partition fetch(std::int64_t offset, std::int32_t max_bytes = 1 << 20) {
    return d.call<wire::FetchResponse>(11, fetch_request(offset, 0, 1, max_bytes)).responses.at(0).partitions.at(0);
  }
  wire::ListOffsetsResponse::Partition list_offsets(std::int64_t timestamp) {
    wire::ListOffsetsRequest r;
    wire::ListOffsetsRequest::Partition p;
    p.timestamp = timestamp;
    r.topics.push_back({"t", {p}});
    return d.call<wire::ListOffsetsResponse>(7, r).topics.at(0).partitions.at(0);
  }

  CoreDriver d;
};

TEST_F(Core, AnUnknownApiVersionsVersionGetsVersion0WithItsRange) {  // [1] [2]
  Bytes bytes = CoreDriver::encode(3, wire::ApiVersionsRequest{});
  bytes[3] = std::byte{99};
  const auto answer = d.take<wire::ApiVersionsResponse>(d.send_bytes(bytes), 0);
  EXPECT_EQ(answer.error_code, E::kUnsupportedVersion);
  ASSERT_EQ(answer.api_keys.size(), 1U);
  EXPECT_EQ(answer.api_keys[0].api_key, 18);
}

struct Point {
  wire::ApiKey key;
  wire::ApiVersion version;
};
TEST_F(Core, TheVersionsThatClientsSwitchFeaturesOnByAreThere) {  // [3] [4] [5]
  using K = wire::ApiKey;
  wire::ApiVersionsRequest request;
  request.client_software_name = "test";
  request.client_software_version = "1.0";
  const auto answer = d.call<wire::ApiVersionsResponse>(3, request);
  for (const Point& p : std::vector<Point>{
           {K::kProduce, 0},         {K::kProduce, 3},        {K::kProduce, 7},         {K::kProduce, 10},
           {K::kFetch, 4},           {K::kFetch, 10},         {K::kFetch, 16},          {K::kListOffsets, 1},
           {K::kMetadata, 6},        {K::kMetadata, 12},      {K::kFindCoordinator, 0}, {K::kOffsetCommit, 1},
           {K::kOffsetCommit, 2},    {K::kOffsetCommit, 9},   {K::kOffsetFetch, 1},     {K::kOffsetFetch, 9},
           {K::kJoinGroup, 0},       {K::kJoinGroup, 2},      {K::kSyncGroup, 0},       {K::kHeartbeat, 0},
           {K::kLeaveGroup, 0},      {K::kSaslHandshake, 0},  {K::kSaslHandshake, 1},   {K::kCreatePartitions, 0},
           {K::kAlterConfigs, 0},    {K::kCreateTopics, 2},   {K::kDeleteTopics, 1},    {K::kOffsetForLeaderEpoch, 2},
           {K::kDescribeConfigs, 1}, {K::kDescribeCluster, 0}}) {
    const auto found = std::find_if(answer.api_keys.begin(), answer.api_keys.end(),
                                    [&](const auto& a) { return a.api_key == static_cast<std::int16_t>(p.key); });
    ASSERT_NE(found, answer.api_keys.end()) << to_string(p.key);
    EXPECT_LE(found->min_version, p.version) << to_string(p.key);
    EXPECT_GE(found->max_version, p.version) << to_string(p.key);
  }
  for (const auto& api : answer.api_keys) {  // [13] nothing is shown that the codec lacks
    const auto* codec = wire::find_api(api.api_key);
    ASSERT_NE(codec, nullptr);
    EXPECT_LE(api.max_version, codec->versions.max);
  }
}

TEST_F(Core, MetadataMakesATopicOnFirstUseUnlessTold) {  // [36]
  d.settings.default_partitions = 1;
  wire::MetadataRequest r;
  r.topics.emplace();
  r.topics->push_back({{}, "fresh"});
  r.allow_auto_topic_creation = false;
  EXPECT_EQ(d.call<wire::MetadataResponse>(9, r).topics.at(0).error_code, E::kUnknownTopicOrPartition);
  r.allow_auto_topic_creation = true;
  const auto made = d.call<wire::MetadataResponse>(9, r);
  EXPECT_EQ(made.topics.at(0).error_code, E::kNone);
  EXPECT_EQ(made.topics.at(0).partitions.size(), 1U);
  EXPECT_EQ(made.brokers.at(0).host, "broker.test");
  r.topics->at(0).name = "../escape";
  EXPECT_EQ(d.call<wire::MetadataResponse>(9, r).topics.at(0).error_code, E::kInvalidTopicException);  // [50]
}

TEST_F(Core, WhatIsProducedIsFetchedWithItsOffset) {  // [17] [27]
  make_topic("t");
  EXPECT_EQ(produce(batch(3)).base_offset, Offset(0));
  const Bytes second = batch(2);
  const auto answer = produce(second);
  EXPECT_EQ(answer.base_offset, Offset(3));
  EXPECT_EQ(answer.log_append_time_ms, -1);  // [9]
  const auto got = fetch(4);                 // inside the second batch
  EXPECT_EQ(got.high_watermark, Offset(5));
  EXPECT_EQ(got.preferred_read_replica, -1);  // [8]
  const auto stored = wire::BatchView::at(got.records.bytes());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->base_offset(), Offset(3));
  EXPECT_TRUE(stored->crc_matches());
  EXPECT_TRUE(std::equal(second.begin() + 16, second.end(), got.records.bytes().begin() + 16)) << "stored as it came";
}

TEST_F(Core, AcksAllIsAnsweredAndSeenOnlyWhenItIsOnDisk) {
  make_topic("t");
  const auto produced = send_produce(batch(1));
  const auto waiting = d.send(11, fetch_request(0, 10'000));
  d.core->advance();
  EXPECT_FALSE(d.answered(produced));
  EXPECT_FALSE(d.answered(waiting));
  d.pump();
  EXPECT_TRUE(d.answered(produced));
  ASSERT_TRUE(d.answered(waiting));
  EXPECT_EQ(d.take<wire::FetchResponse>(waiting, 11).responses[0].partitions[0].high_watermark, Offset(1));
}

TEST_F(Core, Acks0HasNoAnswerAndAcks1NeedsNoDisk) {  // [15]
  make_topic("t");
  const auto none = send_produce(batch(1), 0);
  ASSERT_TRUE(d.answered(none));
  EXPECT_TRUE(d.answers.at(none).empty());
  const auto one = send_produce(batch(1), 1);
  EXPECT_TRUE(d.answered(one));
  const auto bad = send_produce(batch(1), 7);
  EXPECT_EQ(d.take<wire::ProduceResponse>(bad, 9).responses[0].partition_responses[0].error_code,
            E::kInvalidRequiredAcks);
}

TEST_F(Core, AFetchAtTheEndWaitsAndThenSaysEmptyNotNull) {  // [10] [28] [29] [30]
  make_topic("t");
  produce(batch(1));
  const auto waiting = d.send(11, fetch_request(1, 500));
  d.advance(499ms);
  EXPECT_FALSE(d.answered(waiting));
  d.advance(1ms);
  ASSERT_TRUE(d.answered(waiting));
  const auto got = d.take<wire::FetchResponse>(waiting, 11).responses.at(0).partitions.at(0);
  EXPECT_EQ(got.error_code, E::kNone);
  EXPECT_FALSE(got.records.is_null());
  EXPECT_EQ(got.records.size(), 0U);
  EXPECT_EQ(fetch(2).error_code, E::kOffsetOutOfRange);
  EXPECT_EQ(fetch(-1).error_code, E::kOffsetOutOfRange);
}

TEST_F(Core, TheFirstBatchComesEvenWhenItIsLargerThanEveryLimit) {  // [30]
  make_topic("t");
  produce(batch(50));
  EXPECT_GT(fetch(0, 10).records.size(), 10U);
}

TEST_F(Core, AWaitingFetchIsForgottenWithItsConnection) {  // [30]
  make_topic("t");
  d.send(11, fetch_request(0, 10'000));
  d.pump();
  EXPECT_EQ(d.metrics.snapshot().requests_waiting, 1U);
  d.core->disconnected(ConnectionId(1));
  d.pump();
  EXPECT_EQ(d.metrics.snapshot().requests_waiting, 0U);
}

TEST_F(Core, AFetchSessionIsDeclined) {
  make_topic("t");
  auto r = fetch_request(0);
  r.session_epoch = 0;
  EXPECT_EQ(d.call<wire::FetchResponse>(11, r).session_id, 0);
  r.session_id = 5;
  EXPECT_EQ(d.call<wire::FetchResponse>(11, r).error_code, E::kFetchSessionIdNotFound);
}

TEST_F(Core, OldFetchVersionsGetOldMessages) {
  make_topic("t");
  produce(batch(2));
  for (wire::ApiVersion version = 0; version <= 3; ++version) {
    const auto got = d.call<wire::FetchResponse>(version, fetch_request(0)).responses.at(0).partitions.at(0);
    ASSERT_GT(got.records.size(), 17U) << version;
    EXPECT_EQ(got.records.bytes()[16], version < 2 ? std::byte{0} : std::byte{1}) << version;
  }
}

TEST_F(Core, ACompactedTopicRefusesKeylessRecordsByTheirIndex) {  // [21]
  make_topic("t", 1, {{"cleanup.policy", "compact"}});
  const auto answer = produce(batch(2, std::nullopt));
  EXPECT_EQ(answer.error_code, E::kInvalidRecord);
  ASSERT_EQ(answer.record_errors.size(), 2U);
  EXPECT_EQ(answer.record_errors[1].batch_index, 1);
  EXPECT_EQ(list_offsets(-1).offset, Offset(0));
}

TEST_F(Core, LimitsAndLogAppendTimeOfATopicAreObeyed) {  // [18] [20]
  make_topic("t", 1, {{"max.message.bytes", "200"}, {"message.timestamp.type", "LogAppendTime"}});
  EXPECT_EQ(produce(batch(50)).error_code, E::kMessageTooLarge);
  const auto answer = produce(batch(1));
  const auto now = to_unix_ms(d.clock.wall_now());
  EXPECT_EQ(answer.log_append_time_ms, now);
  const auto got = fetch(0);
  const auto stored = wire::BatchView::at(got.records.bytes());
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->log_append_time());
  EXPECT_TRUE(stored->crc_matches());
  EXPECT_EQ(stored->max_timestamp(), now);
}

TEST_F(Core, ABatchWithAWrongCrcIsRefused) {
  make_topic("t");
  Bytes bad = batch(1);
  bad.back() ^= std::byte{1};
  EXPECT_EQ(produce(bad).error_code, E::kCorruptMessage);
  EXPECT_EQ(produce(batch(1), -1, "nobody").error_code, E::kUnknownTopicOrPartition);
  d.call<wire::FindCoordinatorResponse>(
      0, wire::FindCoordinatorRequest{.key = "g", .key_type = 0, .coordinator_keys = {}});
  EXPECT_EQ(produce(batch(1), -1, "__consumer_offsets").error_code, E::kInvalidTopicException);
}

TEST_F(Core, OffsetsAreFoundByTimePerRecord) {  // [34]
  make_topic("t");
  produce(batch(3, "k", {}, 1000));  // 1000, 1001, 1002
  EXPECT_EQ(list_offsets(-1).offset, Offset(3));
  EXPECT_EQ(list_offsets(-2).offset, Offset(0));
  EXPECT_EQ(list_offsets(1001).offset, Offset(1));
  EXPECT_EQ(list_offsets(1001).timestamp, 1001);
  EXPECT_EQ(list_offsets(-3).offset, Offset(2));
  EXPECT_EQ(list_offsets(2000).offset, Offset(-1));
}

TEST_F(Core, ARepeatedBatchIsAnsweredWithItsFirstOffsetAlsoAfterARestart) {  // [22] [26]
  make_topic("t");
  const auto id = d.call<wire::InitProducerIdResponse>(4, wire::InitProducerIdRequest{}).producer_id;
  const auto from = [&](std::int32_t sequence) {
    wire::BatchSettings s;
    s.producer_id = id;
    s.producer_epoch = ProducerEpoch(0);
    s.base_sequence = sequence;
    return batch(2, "k", s);
  };
  EXPECT_EQ(produce(from(0)).base_offset, Offset(0));
  EXPECT_EQ(produce(from(2)).base_offset, Offset(2));
  d.crash(1);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(produce(from(2)).base_offset, Offset(2));
  EXPECT_EQ(produce(from(8)).error_code, E::kOutOfOrderSequenceNumber);
  EXPECT_EQ(produce(from(4)).base_offset, Offset(4));
  EXPECT_NE(d.call<wire::InitProducerIdResponse>(4, wire::InitProducerIdRequest{}).producer_id, id)
      << "an id is given out once";
}

TEST_F(Core, WhatWasAcknowledgedSurvivesPowerCuts) {
  make_topic("t");
  std::int64_t acknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (int i = 0; i < 5; ++i) {
      const auto answer = produce(batch(3));
      ASSERT_EQ(answer.error_code, E::kNone);
      acknowledged = answer.base_offset.value() + 3;
    }
    send_produce(batch(7));  // not answered
    d.crash(seed);
    ASSERT_TRUE(d.start()) << seed;
    EXPECT_GE(list_offsets(-1).offset, Offset(acknowledged)) << seed;
  }
}

TEST_F(Core, AJournalThatCannotSyncRefusesAcksAllAndNeverSaysSuccess) {
  make_topic("t");
  produce(batch(1));
  antiphon::testing::Fault fault;
  fault.only = antiphon::testing::FileOperation::kSync;
  fault.count = UINT64_MAX;
  d.files.inject(fault);
  EXPECT_EQ(produce(batch(1)).error_code, E::kKafkaStorageError);
  d.files.clear_faults();
  EXPECT_EQ(produce(batch(1)).error_code, E::kKafkaStorageError) << "until the next start";
  EXPECT_EQ(fetch(0).error_code, E::kNone) << "reads go on";
  EXPECT_EQ(list_offsets(-1).offset, Offset(1));
}

struct TopicCase {
  const char* name;
  std::string_view topic;
  std::int32_t partitions;
  std::int16_t replication;
  std::string_view config;
  std::string_view value;
  E expected;
};
class CreateTopics : public Core, public ::testing::WithParamInterface<TopicCase> {};
TEST_P(CreateTopics, AnswersAsOneBrokerDoes) {
  make_topic("taken.name");
  const auto& p = GetParam();
  wire::CreateTopicsRequest r;
  r.topics.push_back({p.topic, p.partitions, p.replication, {}, {}});
  if (!p.config.empty()) r.topics[0].configs.push_back({p.config, p.value});
  const auto answer = d.call<wire::CreateTopicsResponse>(7, r).topics.at(0);
  EXPECT_EQ(answer.error_code, p.expected);
  ASSERT_TRUE(answer.configs.has_value());
  for (const auto& config : *answer.configs) EXPECT_NE(config.config_source, -1);
}
INSTANTIATE_TEST_SUITE_P(All, CreateTopics,
                         ::testing::Values(TopicCase{"plain", "a", 3, 1, "", "", E::kNone},
                                           TopicCase{"defaults", "a", -1, -1, "", "", E::kNone},
                                           TopicCase{"three_replicas", "a", 1, 3, "", "", E::kInvalidReplicationFactor},
                                           TopicCase{"no_partitions", "a", 0, 1, "", "", E::kInvalidPartitions},
                                           TopicCase{"taken", "taken.name", 1, 1, "", "", E::kTopicAlreadyExists},
                                           TopicCase{"collides", "taken_name", 1, 1, "", "", E::kInvalidTopicException},
                                           TopicCase{"walks_out", "../x", 1, 1, "", "", E::kInvalidTopicException},
                                           TopicCase{"unknown_config", "a", 1, 1, "no.such", "1", E::kInvalidConfig},
                                           TopicCase{"bad_value", "a", 1, 1, "retention.ms", "soon", E::kInvalidConfig},
                                           TopicCase{"good_value", "a", 1, 1, "retention.ms", "-1", E::kNone}),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(Core, PartitionsGrowAndNeverShrink) {  // [43]
  make_topic("t", 2);
  const auto grow = [&](std::int32_t count) {
    wire::CreatePartitionsRequest r;
    r.topics.push_back({"t", count, std::nullopt});
    return d.call<wire::CreatePartitionsResponse>(3, r).results.at(0).error_code;
  };
  EXPECT_EQ(grow(4), E::kNone);
  EXPECT_EQ(grow(4), E::kInvalidPartitions);
  EXPECT_EQ(grow(1), E::kInvalidPartitions);
}

TEST_F(Core, ConfigsAreDescribedWithDefaultsAndCanBeChanged) {  // [43]
  make_topic("t", 1, {{"retention.ms", "5000"}});
  wire::IncrementalAlterConfigsRequest alter;
  alter.resources.push_back({2, "t", {{"max.message.bytes", 0, "300"}}});
  EXPECT_EQ(d.call<wire::IncrementalAlterConfigsResponse>(1, alter).responses.at(0).error_code, E::kNone);
  EXPECT_EQ(produce(batch(50)).error_code, E::kMessageTooLarge) << "at once";
  wire::DescribeConfigsRequest r;
  r.resources.push_back({2, "t", std::nullopt});
  const auto configs = d.call<wire::DescribeConfigsResponse>(4, r).results.at(0).configs;
  const auto value = [&](std::string_view name) {
    const auto found = std::find_if(configs.begin(), configs.end(), [&](const auto& c) { return c.name == name; });
    return found == configs.end() ? "missing"
                                  : std::string(*found->value) + (found->is_default ? " default" : "") +
                                        fmt::format(" {}", found->config_source);
  };
  EXPECT_EQ(value("retention.ms"), "5000 1");
  EXPECT_EQ(value("max.message.bytes"), "300 1");
  EXPECT_EQ(value("cleanup.policy"), "delete 5");
}

TEST_F(Core, CommittedOffsetsLiveInARealTopicAndComeBack) {  // [41]
  make_topic("t");
  wire::OffsetCommitRequest commit;
  commit.group_id = "g";
  wire::OffsetCommitRequest::Partition p;
  p.committed_offset = Offset(5);
  p.committed_metadata = "note";
  commit.topics.push_back({"t", {p}});
  commit.topics.push_back({"gone", {p}});
  const auto answer = d.call<wire::OffsetCommitResponse>(8, commit);
  EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code, E::kNone);
  EXPECT_EQ(answer.topics.at(1).partitions.at(0).error_code, E::kUnknownTopicOrPartition);
  d.crash(3);
  ASSERT_TRUE(d.start());
  wire::OffsetFetchRequest fetch_offsets;
  fetch_offsets.group_id = "g";
  const auto got = d.call<wire::OffsetFetchResponse>(7, fetch_offsets);
  ASSERT_EQ(got.topics.size(), 1U);
  EXPECT_EQ(got.topics[0].partitions.at(0).committed_offset, Offset(5));
  EXPECT_EQ(got.topics[0].partitions.at(0).metadata, "note");
}

TEST_F(Core, ADeletedTopicEndsTheFetchesThatWaitForIt) {
  make_topic("t");
  const auto waiting = d.send(11, fetch_request(0, 10'000));
  wire::DeleteTopicsRequest r;
  r.topic_names.push_back("t");
  EXPECT_EQ(d.call<wire::DeleteTopicsResponse>(1, r).responses.at(0).error_code, E::kNone);
  d.pump();
  ASSERT_TRUE(d.answered(waiting));
  EXPECT_EQ(d.take<wire::FetchResponse>(waiting, 11).responses[0].partitions[0].error_code,
            E::kUnknownTopicOrPartition);
}

TEST_F(Core, TwoBrokersOnOneFolderAreRefused) {  // [50]
  CoreDriver other;
  BrokerMetrics metrics;
  const auto second = BrokerCore::open(d.settings, d.files, d.clock, d.random, other, metrics);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists);
}

TEST_F(Core, EveryTruncationOfARequestIsRefusedOrAnsweredAndNeverMore) {
  make_topic("t");
  std::vector<Bytes> requests{CoreDriver::encode(11, fetch_request(0)), CoreDriver::encode(9, wire::MetadataRequest{}),
                              CoreDriver::encode(8, wire::OffsetCommitRequest{})};
  for (const auto& whole : requests) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const auto sequence = d.send_bytes(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
      d.pump();
      EXPECT_TRUE(d.answered(sequence) || d.closed.contains(ConnectionId(1))) << n;
    }
  }
}

TEST(JavaHash, IsJavas) {
  EXPECT_EQ(java_hash(""), 0);
  EXPECT_EQ(java_hash("hello"), 99162322);
  EXPECT_EQ(java_hash("console-consumer-12345"), java_hash("console-consumer-12345"));
  EXPECT_EQ(java_hash("\xE1\x88\x80"), 0x1200);                    // U+1200
  EXPECT_EQ(java_hash("\xF0\x9F\x98\x80"), 0xD83D * 31 + 0xDE00);  // U+1F600 as two UTF-16 units
}

}  // namespace
}  // namespace antiphon::kafka::broker
