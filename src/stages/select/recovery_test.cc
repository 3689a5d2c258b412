// What a selector finds, told by a broker that knows less than was acknowledged.
#include "stages/select/recovery.h"

#include <gtest/gtest.h>

#include "adapters/bus/testing/mock_cluster.h"
#include "events/codec.h"

namespace antiphon::select {
namespace {

using namespace std::chrono_literals;

// What it is given is acknowledged, and nobody else hears of it.
class LyingProducer final : public bus::Producer {
 public:
  Result<> send(OutgoingRecord, bus::DeliveryCallback) override { return {}; }
  Result<bus::Delivered> send_and_wait(OutgoingRecord, std::chrono::milliseconds) override { return bus::Delivered{}; }
  bool flush(std::chrono::milliseconds) override { return true; }
  [[nodiscard]] bool fatal() const override { return false; }
  [[nodiscard]] std::size_t in_flight() const override { return 0; }
};

class RecoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& topic : {topics_.corpus_state(), topics_.prompts(), topics_.prompt_state()})
      ASSERT_EQ(rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    auto producer = bus::Producer::create(cluster_.connection());
    ASSERT_TRUE(producer);
    producer_ = *std::move(producer);
  }
  void publish(std::uint64_t sequence) {
    events::Prompt prompt;
    prompt.id = PromptId("0000000000000000000000000" + std::to_string(sequence));
    prompt.text = "Neno.";
    prompt.locale = "sw";
    prompt.corpus_id = "c";
    prompt.sequence = sequence;
    ASSERT_TRUE(producer_->send_and_wait(events::build_prompt(topics_, prompt), 10s));
  }
  void save(std::uint64_t next_sequence) {
    events::CorpusState state;
    state.corpus_id = "c";
    state.next_sequence = next_sequence;
    ASSERT_TRUE(producer_->send_and_wait(*events::build_corpus_state(topics_, state), 10s));
  }
  Result<Recovered> recover_with(bus::Producer& producer) {
    Planner planner({{"c"}, 1, 10});
    return recover(producer, cluster_.connection(), topics_, 1,
                   {"voices.select.0", "0b9f1b0e-58e1-4d5c-9d57-3d6a6f0a5f11", std::nullopt, {}}, stop_.token(),
                   planner);
  }

  const events::Topics topics_;
  bus::MockCluster cluster_;
  std::unique_ptr<bus::Producer> producer_;
  StopSource stop_;
};

TEST_F(RecoveryTest, WhatWasPublishedIsFound) {
  publish(1);
  publish(2);
  save(3);
  const auto recovered = recover_with(*producer_);
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->unreadable, 0U);
}

TEST_F(RecoveryTest, ABrokerThatDoesNotKnowTheMarkerIsNotBelieved) {
  LyingProducer nobody_hears;
  const auto recovered = recover_with(nobody_hears);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().kind, ErrorKind::kUnavailable);
}

TEST_F(RecoveryTest, ABrokerThatKnowsFewerPromptsThanACorpusHasPublishedIsNotBelieved) {
  publish(1);
  save(3);
  const auto recovered = recover_with(*producer_);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace antiphon::select
