// Offsets that are committed inside of a transaction.
#include "kafka/broker/testing/transactions.h"

namespace antiphon::kafka::broker {
namespace {

using testing::E;
using testing::Producer;

class TransactionOffsets : public testing::TransactionsTest {};

TEST_F(TransactionOffsets, OffsetsInsideATransactionAreSeenWhenItCommits) {
  Producer p = started();
  EXPECT_EQ(commit_offset(p, "g", 5, 3), E::kInvalidTxnState) << "the group was not added";
  EXPECT_EQ(commit_offset(p, "g", 5, 4), E::kTransactionAbortable);
  EXPECT_EQ(add_group(p, "g"), E::kNone);
  EXPECT_EQ(commit_offset(p, "g", 5), E::kNone);
  EXPECT_EQ(fetch_offset("g", false), (std::pair{E::kNone, std::int64_t{-1}}));
  EXPECT_EQ(fetch_offset("g", true), (std::pair{E::kUnstableOffsetCommit, std::int64_t{-1}}));
  EXPECT_EQ(end(p, true), E::kNone);
  EXPECT_EQ(fetch_offset("g", true), (std::pair{E::kNone, std::int64_t{5}}));
  add_group(p, "g");
  commit_offset(p, "g", 9);
  EXPECT_EQ(end(p, false), E::kNone);
  EXPECT_EQ(fetch_offset("g", true), (std::pair{E::kNone, std::int64_t{5}}));
}

TEST_F(TransactionOffsets, OffsetsInsideATransactionOutliveACrashAsWhatTheyAre) {
  Producer p = started();
  add_group(p, "committed");
  commit_offset(p, "committed", 5);
  end(p, true);
  add_group(p, "aborted");
  commit_offset(p, "aborted", 6);
  end(p, false);
  add_group(p, "open");
  commit_offset(p, "open", 7);
  d.crash(5);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(fetch_offset("committed", true), (std::pair{E::kNone, std::int64_t{5}}));
  EXPECT_EQ(fetch_offset("aborted", true), (std::pair{E::kNone, std::int64_t{-1}}));
  EXPECT_EQ(fetch_offset("open", true), (std::pair{E::kUnstableOffsetCommit, std::int64_t{-1}}));
  EXPECT_EQ(end(p, true), E::kNone) << "its producer goes on";
  EXPECT_EQ(fetch_offset("open", true), (std::pair{E::kNone, std::int64_t{7}}));
}

TEST_F(TransactionOffsets, OffsetsInsideATransactionGoWithTheirTopicForGood) {
  Producer p = started();
  add_group(p, "g");
  ASSERT_EQ(commit_offset(p, "g", 5), E::kNone);
  wire::DeleteTopicsRequest gone;
  gone.topic_names.emplace_back("t");
  ASSERT_EQ(d.call<wire::DeleteTopicsResponse>(3, gone).responses.at(0).error_code, E::kNone);
  wire::CreateTopicsRequest again;
  again.topics.push_back({"t", 2, 1, {}, {}});
  ASSERT_EQ(d.call<wire::CreateTopicsResponse>(7, again).topics.at(0).error_code, E::kNone);
  EXPECT_EQ(end(p, true), E::kNone);
  EXPECT_EQ(fetch_offset("g", true), (std::pair{E::kNone, std::int64_t{-1}}));
  d.crash(5);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(fetch_offset("g", true), (std::pair{E::kNone, std::int64_t{-1}})) << "they were of another topic";
}

TEST_F(TransactionOffsets, OffsetsOfAnOpenTransactionGoAtTheStartWhenTheirTopicWent) {
  Producer p = started();
  add_group(p, "g");
  ASSERT_EQ(commit_offset(p, "g", 5), E::kNone);
  wire::DeleteTopicsRequest gone;
  gone.topic_names.emplace_back("t");
  d.send(3, gone);
  d.crash(0);  // the topic is gone, the deletion of its offsets was not synced
  ASSERT_TRUE(d.start());
  ASSERT_EQ(d.core->log().topic("t"), nullptr);
  wire::CreateTopicsRequest again;
  again.topics.push_back({"t", 2, 1, {}, {}});
  ASSERT_EQ(d.call<wire::CreateTopicsResponse>(7, again).topics.at(0).error_code, E::kNone);
  EXPECT_EQ(end(p, true), E::kNone);
  EXPECT_EQ(fetch_offset("g", true), (std::pair{E::kNone, std::int64_t{-1}}));
}

TEST_F(TransactionOffsets, AMemberOfALostGenerationCommitsNothing) {  // KIP-447
  wire::JoinGroupRequest join;
  join.group_id = "g";
  join.session_timeout_ms = 10'000;
  join.rebalance_timeout_ms = 10'000;
  join.protocol_type = "consumer";
  const Bytes metadata = to_bytes("m");
  join.protocols.push_back({"range", metadata});
  const auto joined = d.call<wire::JoinGroupResponse>(3, join);
  ASSERT_EQ(joined.error_code, E::kNone);
  wire::SyncGroupRequest sync;
  sync.group_id = "g";
  sync.generation_id = joined.generation_id;
  sync.member_id = joined.member_id;
  EXPECT_EQ(d.call<wire::SyncGroupResponse>(2, sync).error_code, E::kNone);
  Producer p = started();
  add_group(p, "g");
  const std::string member(joined.member_id);
  const auto generation = joined.generation_id.value();
  EXPECT_EQ(commit_offset(p, "g", 5, 3, member, generation - 1), E::kIllegalGeneration);
  EXPECT_EQ(commit_offset(p, "g", 5, 3, "another", generation), E::kUnknownMemberId);
  EXPECT_EQ(d.metrics.snapshot().producers_fenced_by_generation, 2U);
  EXPECT_EQ(commit_offset(p, "g", 5, 3, member, generation), E::kNone);
  EXPECT_EQ(commit_offset(p, "g", 6, 2), E::kNone) << "a client before KIP-447 names nobody";
}

}  // namespace
}  // namespace antiphon::kafka::broker
