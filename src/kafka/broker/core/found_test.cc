// What the simulation (sim/broker) and flipped bits found in the request core, each made small.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kafka/broker/core/checked_text.h"
#include "kafka/broker/core/offsets_topic.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using E = wire::ErrorCode;
using antiphon::testing::Fault;
using antiphon::testing::FileOperation;
using testing::CoreDriver;

class FoundInCore : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(d.start());
    ASSERT_EQ(create(), E::kNone);
  }
  E create() {
    wire::CreateTopicsRequest r;
    r.topics.push_back({"t", 1, 1, {}, {}});
    return d.call<wire::CreateTopicsResponse>(4, r).topics.at(0).error_code;
  }
  E commit(std::int64_t offset) {
    wire::OffsetCommitRequest r;
    r.group_id = "g";
    wire::OffsetCommitRequest::Partition p;
    p.committed_offset = Offset(offset);
    p.committed_metadata = "";
    r.topics.push_back({"t", {p}});
    return d.call<wire::OffsetCommitResponse>(5, r).topics.at(0).partitions.at(0).error_code;
  }
  wire::OffsetFetchResponse fetch_offsets() {
    wire::OffsetFetchRequest r;
    r.group_id = "g";
    r.topics.emplace();
    r.topics->push_back({"t", {PartitionId(0)}});
    return d.call<wire::OffsetFetchResponse>(3, r);
  }
  std::uint64_t send_delete() {
    wire::DeleteTopicsRequest r;
    r.topic_names.emplace_back("t");
    return d.send(3, r);
  }
  ProducerId next_producer_id() {
    return d.call<wire::InitProducerIdResponse>(1, wire::InitProducerIdRequest{}).producer_id;
  }
  void kill() {
    d.core.reset();
    d.files.kill_process();
  }
  CoreDriver d;
};

TEST_F(FoundInCore, ATopicIsDeletedWhenItsCommittedOffsetsCannotComeBack) {
  ASSERT_EQ(commit(7), E::kNone);
  const auto deleted = send_delete();
  d.core->advance();
  EXPECT_FALSE(d.answered(deleted)) << "a power cut now would bring the offsets back, for a new topic of that name";
  d.pump();
  ASSERT_TRUE(d.answered(deleted));
  EXPECT_EQ(d.take<wire::DeleteTopicsResponse>(deleted, 3).responses.at(0).error_code, E::kNone);
}

TEST_F(FoundInCore, OffsetsOfATopicWhoseDeletionACrashCutShortAreGoneAtTheStart) {
  ASSERT_EQ(commit(7), E::kNone);
  send_delete();
  d.crash(0);  // the topic's file is gone, the offsets' deletion was not synced
  ASSERT_TRUE(d.start());
  ASSERT_EQ(d.core->log().topic("t"), nullptr);
  d.pump();
  EXPECT_EQ(fetch_offsets().topics.at(0).partitions.at(0).committed_offset, Offset(-1));
}

TEST_F(FoundInCore, ACommitOnItsWayGoesWithItsTopic) {
  wire::OffsetCommitRequest r;
  r.group_id = "g";
  wire::OffsetCommitRequest::Partition p;
  p.committed_offset = Offset(7);
  p.committed_metadata = "";
  r.topics.push_back({"t", {p}});
  d.send(5, r);
  send_delete();
  d.pump();
  EXPECT_EQ(fetch_offsets().topics.at(0).partitions.at(0).committed_offset, Offset(-1));
  create();
  d.crash(0);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(fetch_offsets().topics.at(0).partitions.at(0).committed_offset, Offset(-1));
}

// Seeds 2174 and 16813: the commit was answered with an error, its record was in the journal all the same; nobody
// thought of it when the topic was deleted, and a topic of that name that was made later had an offset.
TEST_F(FoundInCore, ADeletionIsNotAnsweredWellWhileACommitThatFailedMayComeBack) {
  Fault fault;
  fault.only = FileOperation::kSync;
  fault.path_contains = "journal";
  d.files.inject(fault);
  EXPECT_EQ(commit(7), E::kCoordinatorNotAvailable);
  d.files.clear_faults();
  const auto deleted = send_delete();
  d.pump();
  EXPECT_EQ(d.take<wire::DeleteTopicsResponse>(deleted, 3).responses.at(0).error_code, E::kKafkaStorageError);
  kill();
  ASSERT_TRUE(d.start());
  ASSERT_EQ(create(), E::kNone);
  EXPECT_EQ(fetch_offsets().topics.at(0).partitions.at(0).committed_offset, Offset(-1));
}

TEST_F(FoundInCore, ATopicOfADeletedOnesNameIsMadeWhenTheOldOffsetsCannotComeBack) {
  ASSERT_EQ(commit(7), E::kNone);
  const auto deleted = send_delete();
  const auto early = create();  // its answer takes a while; the deletion's sync does too
  EXPECT_EQ(early, E::kTopicAlreadyExists);
  d.pump();
  EXPECT_EQ(d.take<wire::DeleteTopicsResponse>(deleted, 3).responses.at(0).error_code, E::kNone);
  EXPECT_EQ(create(), E::kNone);
  d.crash(0);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(fetch_offsets().topics.at(0).partitions.at(0).committed_offset, Offset(-1));
}

TEST_F(FoundInCore, AStartIsOverWhenTheOffsetsOfADeletedTopicCannotComeBack) {
  ASSERT_EQ(commit(7), E::kNone);
  send_delete();
  d.crash(0);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(d.core->waiting_for_disk(), 0U) << "a topic of that name may be made now, and a power cut come";
}

TEST_F(FoundInCore, AStartThatCannotSyncWhatItHadToFinishServesNothing) {
  ASSERT_EQ(commit(7), E::kNone);
  send_delete();
  d.crash(0);  // the offsets of the deleted topic are still to be forgotten
  Fault fault;
  fault.only = FileOperation::kSync;
  fault.path_contains = "journal";
  fault.count = UINT64_MAX;
  d.files.inject(fault);
  const auto started = d.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kIo);
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("__consumer_offsets: the journal has failed"));
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("start the broker again"));
  d.files.clear_faults();
  d.crash(0);
  ASSERT_TRUE(d.start());
}

TEST_F(FoundInCore, AStartThatCannotReadCommittedOffsetsFailsInsteadOfForgettingThem) {
  ASSERT_EQ(commit(7), E::kNone);
  ASSERT_TRUE(d.core->close());
  kill();
  Fault fault;
  fault.only = FileOperation::kRead;
  fault.path_contains = "__consumer_offsets";
  fault.count = UINT64_MAX;
  d.files.inject(fault);
  EXPECT_FALSE(d.start());
  d.files.clear_faults();
  ASSERT_TRUE(d.start());
  EXPECT_EQ(fetch_offsets().topics.at(0).partitions.at(0).committed_offset, Offset(7));
}

// After a power cut, what the journal holds goes into the broker's own topics before anything is served.
TEST_F(FoundInCore, AStartThatCannotWriteOrSyncItsOwnTopicsFailsAndSaysWhichAndWhatToDo) {
  ASSERT_EQ(commit(7), E::kNone);
  wire::InitProducerIdRequest init;
  init.transactional_id = "t";
  init.transaction_timeout_ms = 60'000;
  ASSERT_EQ(d.call<wire::InitProducerIdResponse>(1, init).error_code, E::kNone);
  d.crash(0);
  for (const std::string_view topic : {kOffsetsTopic, kTransactionsTopic}) {
    for (const auto operation : {FileOperation::kOpen, FileOperation::kWrite, FileOperation::kSync}) {
      Fault fault;
      fault.only = operation;
      fault.path_contains = topic;
      fault.count = UINT64_MAX;
      d.files.inject(fault);
      const auto started = d.start();
      ASSERT_FALSE(started) << static_cast<int>(operation);
      EXPECT_EQ(started.error().kind, ErrorKind::kIo) << started.error().message;
      EXPECT_THAT(started.error().message, ::testing::HasSubstr(std::string(topic)));
      EXPECT_THAT(started.error().message, ::testing::HasSubstr("start the broker again"));
      d.files.clear_faults();
      d.crash(0);
    }
  }
  ASSERT_TRUE(d.start());
  EXPECT_EQ(fetch_offsets().topics.at(0).partitions.at(0).committed_offset, Offset(7));
}

TEST_F(FoundInCore, OffsetsInADamagedPartitionAreRefusedNotForgotten) {
  ASSERT_EQ(commit(7), E::kNone);
  std::string path;
  for (int p = 0; p < kOffsetsTopicPartitions; ++p) {
    const std::string name = fmt::format("/data/log/__consumer_offsets-{}/00000000000000000000.log", p);
    if (d.files.exists(name).value()) path = name;
  }
  ASSERT_TRUE(d.core->close());
  kill();
  ASSERT_TRUE(d.files.flip_bit(path, 70, 1));
  ASSERT_TRUE(d.start());
  EXPECT_EQ(fetch_offsets().error_code, E::kCoordinatorNotAvailable);
}

// A hundred thousand names in some requests kept everybody else waiting for seconds.
TEST_F(FoundInCore, OneRequestMakesABoundedNumberOfTopicsAndTheRestIsAskedForAgain) {
  wire::MetadataRequest r;
  r.topics.emplace();
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back(fmt::format("n{}", i));
  for (const auto& name : names) r.topics->push_back({{}, name});
  for (const std::size_t made : {16U, 32U, 40U}) {
    const auto answer = d.call<wire::MetadataResponse>(9, r);
    EXPECT_EQ(std::count_if(answer.topics.begin(), answer.topics.end(),
                            [](const auto& t) { return t.error_code == E::kNone; }),
              static_cast<std::ptrdiff_t>(made));
    for (const auto& topic : answer.topics) {
      EXPECT_TRUE(topic.error_code == E::kNone || topic.error_code == E::kLeaderNotAvailable);
    }
  }
}

TEST_F(FoundInCore, ADamagedProducerIdsFileNeverGivesAnIdTwice) {
  const ProducerId first = next_producer_id();
  kill();
  const Bytes bytes = read_file(d.files, "/data/producer.ids", 100).value();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    ASSERT_TRUE(d.files.flip_bit("/data/producer.ids", at, 0));
    ASSERT_TRUE(d.start()) << "byte " << at;
    EXPECT_GT(next_producer_id(), first) << "byte " << at;
    kill();
    ASSERT_TRUE(write_file_atomically(d.files, "/data/producer.ids", bytes));
  }
}

TEST_F(FoundInCore, ADamagedClusterIdIsNoticed) {
  kill();
  ASSERT_TRUE(read_checked_text(d.files, "/data/cluster.id")->whole);
  ASSERT_TRUE(d.files.flip_bit("/data/cluster.id", 3, 0));
  const auto damaged = read_checked_text(d.files, "/data/cluster.id");
  ASSERT_TRUE(damaged);
  EXPECT_FALSE(damaged->whole);
  EXPECT_NE(damaged->problem.find("/data/cluster.id at byte 0"), std::string::npos) << damaged->problem;
  ASSERT_TRUE(d.start());
  EXPECT_TRUE(read_checked_text(d.files, "/data/cluster.id")->whole);
}

TEST_F(FoundInCore, FilesOfOlderBrokersWithoutACrcAreTaken) {
  kill();
  ASSERT_TRUE(write_file_atomically(d.files, "/data/producer.ids", as_bytes("next=5000\n")));
  ASSERT_TRUE(write_file_atomically(d.files, "/data/cluster.id", as_bytes("abcdefghijklmnopqrstuv")));
  ASSERT_TRUE(d.start());
  EXPECT_EQ(next_producer_id(), ProducerId(5000));
  EXPECT_EQ(read_checked_text(d.files, "/data/cluster.id")->text, "abcdefghijklmnopqrstuv");
}

// Seed 14534: a process took the place of a static member over, the disk was full, and after a restart the place was
// the old process's again: both could have committed in one generation.
class StaticPlace : public FoundInCore {
 protected:
  std::uint64_t send_join() {
    wire::JoinGroupRequest r;
    r.group_id = "g";
    r.session_timeout_ms = 10'000;
    r.rebalance_timeout_ms = 10'000;
    r.group_instance_id = "place";
    r.protocol_type = "consumer";
    r.protocols.push_back({"range", as_bytes("t")});
    return d.send(5, r);
  }
  wire::JoinGroupResponse take_join(std::uint64_t sequence) { return d.take<wire::JoinGroupResponse>(sequence, 5); }
  // Generation 1, and stored.
  std::string stable_member() {
    const auto sequence = send_join();
    d.pump();
    std::string id(take_join(sequence).member_id);
    wire::SyncGroupRequest r;
    r.group_id = "g";
    r.generation_id = GenerationId(1);
    r.member_id = id;
    r.group_instance_id = "place";
    EXPECT_EQ(d.call<wire::SyncGroupResponse>(3, r).error_code, E::kNone);
    return id;
  }
  E heartbeat(std::string_view member) {
    wire::HeartbeatRequest r;
    r.group_id = "g";
    r.generation_id = GenerationId(1);
    r.member_id = member;
    r.group_instance_id = "place";
    return d.call<wire::HeartbeatResponse>(3, r).error_code;
  }
};

TEST_F(StaticPlace, WhoTakesItOverIsToldWhenThatIsOnDisk) {
  const std::string old_id = stable_member();
  const auto sequence = send_join();
  d.core->advance();
  EXPECT_FALSE(d.answered(sequence)) << "a power cut now gives the place back";
  d.pump();
  const std::string new_id(take_join(sequence).member_id);
  d.crash(1);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(heartbeat(old_id), E::kFencedInstanceId);
  EXPECT_EQ(heartbeat(new_id), E::kNone);
}

TEST_F(StaticPlace, WhoTakesItOverIsRefusedWhileTheDiskIsAndMayComeAgain) {
  const std::string old_id = stable_member();
  Fault full;
  full.kind = Fault::Kind::kNoSpace;
  full.only = FileOperation::kWrite;
  full.count = 1'000;
  d.files.inject(full);
  const auto refused = send_join();
  d.pump();
  EXPECT_EQ(take_join(refused).error_code, E::kCoordinatorNotAvailable);
  d.files.clear_faults();
  d.crash(1);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(heartbeat(old_id), E::kNone) << "nobody else was given its place";
  const auto again = send_join();
  d.pump();
  EXPECT_EQ(take_join(again).error_code, E::kNone);
  EXPECT_EQ(heartbeat(old_id), E::kFencedInstanceId);
}

}  // namespace
}  // namespace antiphon::kafka::broker
