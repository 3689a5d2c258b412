// Against a broker, named by ANTIPHON_TEST_BOOTSTRAP: ours (tests/support/with_broker.py starts it and sets it), and
// Apache Kafka's (./dev cluster test).
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <thread>

#include "adapters/bus/admin.h"
#include "adapters/bus/producer.h"
#include "adapters/bus/rdkafka.h"
#include "adapters/bus/shares.h"
#include "adapters/bus/transactions.h"
#include "core/murmur2.h"
#include "core/random.h"
#include "core/uuid.h"

namespace antiphon::bus {
namespace {

using namespace std::chrono_literals;

class Recorder final : public GroupEvents {
 public:
  void on_assigned(const std::map<TopicPartition, Offset>& partitions) override {
    for (const auto& [partition, from] : partitions) assigned.insert_or_assign(partition, from);
  }
  void on_revoked(const std::vector<TopicPartition>&) override {}
  void on_loss(const TopicPartition& partition, Offset committed, OffsetRange available) override {
    lost[partition] = committed;
    available_end = available.end;
  }
  std::map<TopicPartition, Offset> assigned;
  std::map<TopicPartition, Offset> lost;
  Offset available_end{-1};
};

std::vector<std::string> consume(GroupConsumer& consumer, std::size_t count) {
  std::vector<std::string> values;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (values.size() < count && std::chrono::steady_clock::now() < deadline) {
    auto message = consumer.poll(100ms);
    if (message && *message) values.emplace_back(as_text(*(*message)->record().value));
  }
  return values;
}

class BusOnKafka : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* bootstrap = std::getenv("ANTIPHON_TEST_BOOTSTRAP");
    ASSERT_NE(bootstrap, nullptr) << "set ANTIPHON_TEST_BOOTSTRAP=HOST:PORT";
    connection_.bootstrap = bootstrap;
    connection_.client_id = "bus.test.0";
    auto admin = Admin::create(connection_);
    ASSERT_TRUE(admin);
    admin_ = std::move(*admin);
    SystemRandom random;
    topic_ = "bus.test-" + make_uuid_v4(random);
    ASSERT_TRUE(ensure_topics(*admin_, {spec()}, 0, 15s));
    auto producer = Producer::create(connection_);
    ASSERT_TRUE(producer);
    producer_ = std::move(*producer);
  }

  TopicSpec spec(std::int32_t partitions = 3) const { return {topic_, partitions, {{"retention.ms", "-1"}}}; }
  OutgoingRecord record(const std::string& key, const std::string& value) const {
    return {topic_, std::nullopt, key, value, {{"ce_id", key}, {"empty", ""}, {"none", std::nullopt}}, std::nullopt};
  }
  GroupSettings of_a_group() const {
    GroupSettings settings;
    settings.group_id = topic_ + ".group";
    settings.topics = {topic_};
    return settings;
  }
  // What the next member of the group finds.
  void read_one_and_commit(const GroupSettings& settings, const std::map<TopicPartition, Offset>& offsets) const {
    Recorder events;
    auto consumer = GroupConsumer::create(connection_, settings, events);
    ASSERT_TRUE(consumer);
    ASSERT_EQ(consume(**consumer, 1).size(), 1U);
    ASSERT_TRUE((*consumer)->commit(offsets));
  }

  Connection connection_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Producer> producer_;
  std::string topic_;
};

TEST_F(BusOnKafka, ARecordComesBackAsItWasSentInThePartitionOfItsKey) {
  const auto delivered = producer_->send_and_wait(record("16VAHQ3ZDK8QKMHETNY0DKA6Z7", "voice"), 10s);
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(delivered->partition, partition_of("16VAHQ3ZDK8QKMHETNY0DKA6Z7", 3));
  auto reader = PartitionReader::create(connection_);
  ASSERT_TRUE(reader);
  const TopicPartition partition{topic_, delivered->partition};
  const auto range = (*reader)->offsets(partition, 10s);
  ASSERT_TRUE(range);
  int seen = 0;
  const auto read = read_all(**reader, {{partition, *range}}, 10s, [&](const IncomingRecord& r) -> Result<> {
    ++seen;
    EXPECT_EQ(r.offset, delivered->offset);
    EXPECT_EQ(as_text(*r.value), "voice");
    EXPECT_EQ(r.headers,
              (RecordHeaders{{"ce_id", "16VAHQ3ZDK8QKMHETNY0DKA6Z7"}, {"empty", ""}, {"none", std::nullopt}}));
    return {};
  });
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(seen, 1);
}

TEST_F(BusOnKafka, ATopicOfAnotherShapeIsRefusedWithTheCure) {
  const auto result = ensure_topics(*admin_, {spec(4)}, 0, 10s);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kConfig);
  EXPECT_NE(result.error().message.find("--partitions 3"), std::string::npos);
  TopicSpec other = spec();
  other.config["retention.ms"] = "1000";
  EXPECT_NE(ensure_topics(*admin_, {other}, 0, 10s).error().message.find("--add-config retention.ms=1000"),
            std::string::npos);
}

TEST_F(BusOnKafka, AGroupStartsAtTheStartAndGoesOnWhereItCommitted) {
  for (const char* value : {"a", "b", "c"}) ASSERT_TRUE(producer_->send_and_wait(record("k", value), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  GroupSettings settings = of_a_group();
  {
    Recorder events;
    auto consumer = GroupConsumer::create(connection_, settings, events);
    ASSERT_TRUE(consumer);
    EXPECT_EQ(consume(**consumer, 3), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(events.assigned.at(partition), Offset(0));
    EXPECT_TRUE((*consumer)->commit({{partition, Offset(2)}}));
  }
  EXPECT_EQ(admin_->committed(settings.group_id, {partition}, 10s)->at(partition).offset, Offset(2));
  Recorder events;
  auto consumer = GroupConsumer::create(connection_, settings, events);
  ASSERT_TRUE(consumer);
  EXPECT_EQ(consume(**consumer, 1), std::vector<std::string>{"c"});
  EXPECT_EQ(events.assigned.at(partition), Offset(2));
}

TEST_F(BusOnKafka, ACommittedOffsetBehindTheEndIsReportedAsLoss) {
  ASSERT_TRUE(producer_->send_and_wait(record("k", "a"), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  GroupSettings settings = of_a_group();
  settings.doubt_max = 0ms;
  ASSERT_NO_FATAL_FAILURE(read_one_and_commit(settings, {{partition, Offset(50)}}));
  Recorder events;
  auto consumer = GroupConsumer::create(connection_, settings, events);
  ASSERT_TRUE(consumer);
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (events.lost.empty() && std::chrono::steady_clock::now() < deadline) ASSERT_TRUE((*consumer)->poll(100ms));
  EXPECT_EQ(events.lost.at(partition), Offset(50));
  EXPECT_FALSE(events.assigned.contains(partition));
}

// Seen when a leader was cut off: it told an archive an end of before, and the archive stood still for good.
TEST_F(BusOnKafka, ACommittedOffsetBeyondTheEndIsReadOnceItIsThere) {
  ASSERT_TRUE(producer_->send_and_wait(record("k", "a"), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  GroupSettings settings = of_a_group();
  ASSERT_NO_FATAL_FAILURE(read_one_and_commit(settings, {{partition, Offset(3)}}));
  Recorder events;
  auto consumer = GroupConsumer::create(connection_, settings, events);
  ASSERT_TRUE(consumer);
  const auto doubted = std::chrono::steady_clock::now() + 3s;
  while (std::chrono::steady_clock::now() < doubted) ASSERT_TRUE((*consumer)->poll(100ms));
  EXPECT_TRUE(events.lost.empty());
  for (const char* value : {"b", "c", "d"}) ASSERT_TRUE(producer_->send_and_wait(record("k", value), 10s));
  EXPECT_EQ(consume(**consumer, 3).back(), "d");
  EXPECT_TRUE(events.lost.empty());
}

TEST_F(BusOnKafka, AGroupsOffsetIsCommittedWithTheLeaderEpochOfWhatWasRead) {
  ASSERT_TRUE(producer_->send_and_wait(record("k", "a"), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  GroupSettings settings = of_a_group();
  ASSERT_NO_FATAL_FAILURE(read_one_and_commit(settings, {{partition, Offset(1)}}));
  rd::Configuration conf(connection_);
  conf.set("group.id", settings.group_id);
  auto asker = std::move(conf).make(RD_KAFKA_CONSUMER);
  ASSERT_TRUE(asker);
  const auto list = rd::list_of(std::vector{partition});
  ASSERT_EQ(rd_kafka_committed(asker->get(), list.get(), 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_GE(rd_kafka_topic_partition_get_leader_epoch(&list->elems[0]), 0);
}

// A log that was cut at offset 1 and has grown again: b to d are not what was read there before.
TEST_F(BusOnKafka, WhatALogThatWasCutHoldsBelowTheCommittedOffsetIsReadOnceItHasGrown) {
  ASSERT_TRUE(producer_->send_and_wait(record("k", "a"), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  GroupSettings settings = of_a_group();
  ASSERT_NO_FATAL_FAILURE(read_one_and_commit(settings, {{partition, Offset(4)}}));
  Recorder events;
  auto consumer = GroupConsumer::create(connection_, settings, events);
  ASSERT_TRUE(consumer);
  const auto group_stands_at = [&] { return admin_->committed(settings.group_id, {partition}, 10s)->at(partition); };
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!events.assigned.contains(partition) && std::chrono::steady_clock::now() < deadline) {
    ASSERT_TRUE((*consumer)->poll(100ms));
  }
  ASSERT_EQ(events.assigned.at(partition), Offset(4));
  for (const char* value : {"b", "c", "d", "e"}) ASSERT_TRUE(producer_->send_and_wait(record("k", value), 10s));
  EXPECT_EQ(consume(**consumer, 4), (std::vector<std::string>{"b", "c", "d", "e"}));
  EXPECT_EQ(events.assigned.at(partition), Offset(1)) << "from where it is read again";
  EXPECT_EQ(group_stands_at().offset, Offset(1)) << "else a crash would go on behind what is not read yet";
  EXPECT_TRUE((*consumer)->commit({{partition, Offset(5)}}));
  EXPECT_EQ(group_stands_at().offset, Offset(5));
  EXPECT_TRUE(events.lost.empty());
}

TEST_F(BusOnKafka, ALogThatDoesNotGrowAgainIsReportedAsLossWhenTheTimeOfDoubtIsOver) {
  ASSERT_TRUE(producer_->send_and_wait(record("k", "a"), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  GroupSettings settings = of_a_group();
  settings.doubt_max = 2s;
  ASSERT_NO_FATAL_FAILURE(read_one_and_commit(settings, {{partition, Offset(50)}}));
  Recorder events;
  auto consumer = GroupConsumer::create(connection_, settings, events);
  ASSERT_TRUE(consumer);
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!events.assigned.contains(partition) && std::chrono::steady_clock::now() < deadline) {
    ASSERT_TRUE((*consumer)->poll(100ms));
  }
  EXPECT_TRUE(events.lost.empty());
  while (events.lost.empty() && std::chrono::steady_clock::now() < deadline) ASSERT_TRUE((*consumer)->poll(100ms));
  ASSERT_TRUE(events.lost.contains(partition));
  EXPECT_EQ(events.lost.at(partition), Offset(50));
  EXPECT_EQ(events.available_end, Offset(1));
}

// What a cut-off leader told ended studios and selectors.
TEST_F(BusOnKafka, AReaderWaitsForAnOffsetBeyondTheEndAndReadsOnFromThatEnd) {
  ASSERT_TRUE(producer_->send_and_wait(record("k", "a"), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  auto reader = PartitionReader::create(connection_);
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->assign({{partition, Offset(3)}}));
  std::vector<std::string> values;
  const auto poll = [&] {
    const auto message = (*reader)->poll(100ms);
    ASSERT_TRUE(message) << message.error().message;
    if (*message) values.emplace_back(as_text(*(*message)->record().value));
  };
  const auto doubted = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < doubted) ASSERT_NO_FATAL_FAILURE(poll());
  EXPECT_TRUE(values.empty());
  for (const char* value : {"b", "c", "d"}) ASSERT_TRUE(producer_->send_and_wait(record("k", value), 10s));
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (values.size() < 3 && std::chrono::steady_clock::now() < deadline) ASSERT_NO_FATAL_FAILURE(poll());
  EXPECT_EQ(values, (std::vector<std::string>{"b", "c", "d"}));
}

TEST_F(BusOnKafka, AReaderOfAnOffsetThatDoesNotComeSaysWhatAndWhatToDo) {
  ASSERT_TRUE(producer_->send_and_wait(record("k", "a"), 10s));
  const TopicPartition partition{topic_, partition_of("k", 3)};
  auto reader = PartitionReader::create(connection_, {.doubt_max = 1s});
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->assign({{partition, Offset(3)}}));
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  auto message = (*reader)->poll(100ms);
  while (message && std::chrono::steady_clock::now() < deadline) message = (*reader)->poll(100ms);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(message.error().message.find("offset 3 was not there for 1 s, the log ends at 1"), std::string::npos)
      << message.error().message;
  EXPECT_NE(message.error().message.find("start again"), std::string::npos);
}

// Seen when a coordinator was cut off: stages were fenced by their own former membership. What ends with 78 is not
// started again by systemd, as packaged.
TEST_F(BusOnKafka, AMemberWhoseNameAnotherHasTakenEndsItsStageSoThatItIsStartedAgain) {
  GroupSettings settings = of_a_group();
  settings.instance_id = "one";
  Recorder events;
  auto first = GroupConsumer::create(connection_, settings, events);
  ASSERT_TRUE(first);
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (events.assigned.empty() && std::chrono::steady_clock::now() < deadline) ASSERT_TRUE((*first)->poll(100ms));
  Recorder others;
  auto second = GroupConsumer::create(connection_, settings, others);
  ASSERT_TRUE(second);
  auto polled = (*first)->poll(100ms);
  while (polled && std::chrono::steady_clock::now() < deadline) {
    ASSERT_TRUE((*second)->poll(100ms));
    polled = (*first)->poll(100ms);
  }
  ASSERT_FALSE(polled);
  EXPECT_EQ(exit_code(polled.error().kind), 75) << polled.error().message;
}

TEST_F(BusOnKafka, NothingOfALostPartitionIsHandedOutThoughItsPauseIsNotInForce) {
  const std::string lost_key = "k";
  const std::string other_key = "a";
  const TopicPartition lost{topic_, partition_of(lost_key, 3)};
  ASSERT_NE(partition_of(other_key, 3), lost.partition);
  GroupSettings settings = of_a_group();
  settings.doubt_max = 0ms;
  ASSERT_TRUE(producer_->send_and_wait(record(other_key, "first"), 10s));
  ASSERT_NO_FATAL_FAILURE(read_one_and_commit(settings, {{lost, Offset(50)}}));
  Recorder events;
  auto consumer = GroupConsumer::create(connection_, settings, events);
  ASSERT_TRUE(consumer);
  ASSERT_EQ(consume(**consumer, 1).size(), 1U);  // the assignment is through
  ASSERT_TRUE(events.lost.contains(lost));
  ASSERT_TRUE((*consumer)->resume({lost}));  // as if the pause had failed
  std::vector<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(producer_->send_and_wait(record(lost_key, "of the lost partition"), 10s));
    ASSERT_TRUE(producer_->send_and_wait(record(other_key, "of another"), 10s));
    for (const auto& value : consume(**consumer, 1)) seen.push_back(value);
  }
  EXPECT_EQ(seen, std::vector<std::string>(20, "of another"));
}

// Polls until the group has given it the topic.
void wait_for_partitions(GroupConsumer& consumer, const Recorder& events) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (events.assigned.size() < 3 && std::chrono::steady_clock::now() < deadline) {
    const auto message = consumer.poll(50ms);
    ASSERT_TRUE(message || message.error().kind == ErrorKind::kUnavailable) << message.error().message;
  }
  ASSERT_EQ(events.assigned.size(), 3U);
}

class TransactionsOnKafka : public BusOnKafka {
 protected:
  void SetUp() override {
    BusOnKafka::SetUp();
    settings_.group_id = topic_ + ".group";
    settings_.topics = {topic_};
    partition_ = {topic_, partition_of("k", 3)};
    writes_ = Transactions::create(connection_, {.transactional_id = topic_ + ".writer"});
  }
  Result<> write(const std::string& value, GroupConsumer& group) {
    OutgoingRecord out = record("k", value);
    return writes_->write({out}, {{{partition_, Offset(0)}}, "by " + value}, group, 10s);
  }
  std::vector<std::string> committed_values() {
    auto reader = PartitionReader::create(connection_);
    const auto range = (*reader)->offsets(partition_, 10s);
    std::vector<std::string> values;
    const auto read = read_all(**reader, {{partition_, *range}}, 20s, [&](const IncomingRecord& r) -> Result<> {
      values.emplace_back(as_text(*r.value));
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
    return values;
  }

  GroupSettings settings_;
  std::unique_ptr<Transactions> writes_;
  TopicPartition partition_;
};

TEST_F(TransactionsOnKafka, AMembersRecordsAndOffsetsStandTogether) {
  Recorder events;
  auto member = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(member);
  wait_for_partitions(**member, events);
  const auto written = write("first", **member);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(committed_values(), std::vector<std::string>{"first"});
  const auto at = admin_->committed(settings_.group_id, {partition_}, 10s)->at(partition_);
  EXPECT_EQ(at.offset, Offset(0));
  EXPECT_EQ(at.metadata, "by first");
}

TEST_F(TransactionsOnKafka, WhoseInstanceIsAnothersByNowIsRefusedAndWritesAgainWhenItIsOne) {
  settings_.instance_id = "slot-1";
  Recorder old_events, new_events;
  auto old = GroupConsumer::create(connection_, settings_, old_events);
  ASSERT_TRUE(old);
  wait_for_partitions(**old, old_events);
  ASSERT_TRUE(write("before", **old));
  auto successor = GroupConsumer::create(connection_, settings_, new_events);
  ASSERT_TRUE(successor);
  wait_for_partitions(**successor, new_events);
  EXPECT_EQ((*successor)->metadata(partition_), "by before");

  const auto refused = write("zombie", **old);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict) << refused.error().message;
  const auto after = write("after", **successor);
  EXPECT_TRUE(after) << after.error().message;
  EXPECT_EQ(committed_values(), (std::vector<std::string>{"before", "after"}));
}

TEST_F(TransactionsOnKafka, WhoIsNoMemberAnyMoreIsRefusedThoughTheGroupIsEmpty) {
  settings_.session_timeout = 6s;
  settings_.poll_interval_max = 6s;
  Recorder events;
  auto member = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(member);
  wait_for_partitions(**member, events);
  const auto members = [&] {
    const auto groups = admin_->groups(10s);
    for (const auto& group : *groups) {
      if (group.group_id == settings_.group_id) return group.members.size();
    }
    return std::size_t{0};
  };
  ASSERT_EQ(members(), 1U);
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (members() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(100ms);
  ASSERT_EQ(members(), 0U) << "it did not poll, so it has left";
  const auto refused = write("nobody", **member);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict) << refused.error().message;
  EXPECT_TRUE(committed_values().empty());
}

// A broker takes the offsets of nobody for those of a client from before KIP-447 and checks nothing.
TEST_F(TransactionsOnKafka, WhoIsNoMemberYetIsRefused) {
  settings_.topics = {topic_ + ".not.there"};  // so that it does not join
  Recorder events;
  auto stranger = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(stranger);
  const auto refused = write("nobody", **stranger);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict) << refused.error().message;
  EXPECT_TRUE(committed_values().empty());
}

TEST_F(TransactionsOnKafka, WhatADeadOneLeftOpenIsEndedForItsSuccessor) {
  Recorder events;
  auto member = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(member);
  wait_for_partitions(**member, events);
  ASSERT_TRUE(write("first", **member));
  const auto ended = end_transactions_of(connection_, {.transactional_id = topic_ + ".writer"}, 10s);
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_FALSE(write("of the old epoch", **member)) << "its id was asked for by another";
  EXPECT_TRUE(write("asked for again", **member));
  EXPECT_EQ(committed_values(), (std::vector<std::string>{"first", "asked for again"}));
}

// Kafka answers a commit before its markers are written. Who asked for the end meanwhile must not take what lies before
// the transaction for all there is.
TEST_F(TransactionsOnKafka, TheEndIsBehindATransactionThatIsOpenAndAReaderWaitsForIt) {
  rd::Configuration conf(connection_);
  conf.set("transactional.id", topic_ + ".open");
  auto made = std::move(conf).make(RD_KAFKA_PRODUCER);
  ASSERT_TRUE(made);
  rd_kafka_t* writer = made->get();
  ASSERT_EQ(rd_kafka_init_transactions(writer, 10'000), nullptr);
  ASSERT_EQ(rd_kafka_begin_transaction(writer), nullptr);
  OutgoingRecord out = record("k", "of an open one");
  out.partition = partition_.partition;
  ASSERT_TRUE(rd::produce(writer, out, nullptr));
  ASSERT_EQ(rd_kafka_flush(writer, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);

  auto reader = PartitionReader::create(connection_);
  ASSERT_TRUE(reader);
  const auto range = (*reader)->offsets(partition_, 10s);
  ASSERT_TRUE(range) << range.error().message;
  EXPECT_EQ(range->end, Offset(1));
  auto now = PartitionReader::create(connection_, {.readable_ends = true});
  ASSERT_TRUE(now);
  EXPECT_EQ((*now)->offsets(partition_, 10s)->end, Offset(0)) << "what can be read without waiting";
  auto values = std::async(std::launch::async, [this] { return committed_values(); });
  EXPECT_EQ(values.wait_for(1s), std::future_status::timeout) << "it did not wait";
  ASSERT_EQ(rd_kafka_commit_transaction(writer, 10'000), nullptr);
  EXPECT_EQ(values.get(), std::vector<std::string>{"of an open one"});
}

class Holder final : public ShareEvents {
 public:
  void on_gained(const std::map<PartitionId, std::string>& partitions) override {
    const std::lock_guard lock(mutex);
    notes.insert(partitions.begin(), partitions.end());
    changed.notify_all();
  }
  std::set<PartitionId> on_given_up(const std::set<PartitionId>& partitions) override {
    const std::lock_guard lock(mutex);
    given_up.insert(partitions.begin(), partitions.end());
    changed.notify_all();
    return partitions;
  }
  bool wait(const std::function<bool()>& until) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 30s, until);
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::map<PartitionId, std::string> notes;
  std::set<PartitionId> given_up;
};

TEST_F(BusOnKafka, SharesAreDividedAndEachHolderFindsTheNoteOfTheOneBefore) {
  SystemClock clock;
  Holder first_events, second_events;
  ShareSettings settings{topic_ + ".group", topic_, {}, "first", "first left"};
  auto first = Shares::join(connection_, settings, clock, first_events);
  ASSERT_TRUE(first);
  ASSERT_TRUE(first_events.wait([&] { return first_events.notes.size() == 3; }));
  EXPECT_EQ(first_events.notes.begin()->second, "");
  EXPECT_TRUE((*first)->held(PartitionId(0)));

  settings.note = "second";
  settings.note_left = "second left";
  auto second = Shares::join(connection_, settings, clock, second_events);
  ASSERT_TRUE(second);
  ASSERT_TRUE(second_events.wait([&] { return !second_events.notes.empty(); }));
  ASSERT_TRUE(first_events.wait([&] { return !first_events.given_up.empty(); }));
  EXPECT_EQ(second_events.notes.begin()->second, "first left");
  EXPECT_FALSE((*first)->held(second_events.notes.begin()->first));

  first->reset();
  ASSERT_TRUE(second_events.wait([&] { return second_events.notes.size() == 3; }));
  for (const auto& [partition, note] : second_events.notes) EXPECT_EQ(note, "first left");
}

TEST_F(BusOnKafka, AnUnreachableBrokerIsSaidInOneSentence) {
  Connection nowhere;
  nowhere.bootstrap = "127.0.0.1:1";
  const auto result = wait_until_reachable(nowhere, 300ms);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(result.error().message.find("127.0.0.1:1"), std::string::npos);
}

TEST(Connection, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "host", "host:", ":9092", "host:0", "host:70000", "a:1,,b:2", "http://a:1"}) {
    Connection connection;
    connection.bootstrap = text;
    EXPECT_FALSE(connection.validate()) << text;
  }
  Connection connection;
  connection.bootstrap = "a:1,[::1]:2";
  EXPECT_TRUE(connection.validate());
}

}  // namespace
}  // namespace antiphon::bus
