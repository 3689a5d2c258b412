// Loading from a Kafka that says what the test wants: most of all, ends of a broker that is cut off from the others.
#include "stages/studio/loader.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "events/codec.h"
#include "events/prompt_state.h"
#include "stages/studio/ids.h"
#include "stages/studio/testing/no_producer.h"

namespace antiphon::studio {
namespace {

using std::chrono::milliseconds;

constexpr PartitionId kOnly{0};
constexpr std::uint64_t kPrompts = 3;

// The topics of one partition, as all brokers but the one that is asked know them.
struct FakeKafka {
  struct Log {
    std::int64_t start = 0;
    std::vector<OutgoingRecord> records;     // from offset 0
    std::optional<std::int64_t> told_end{};  // by a broker that is cut off
    [[nodiscard]] Offset end() const { return Offset(told_end.value_or(static_cast<std::int64_t>(records.size()))); }
  };
  std::map<std::string, Log> logs;
  std::vector<std::string> read;  // the topics of the records that were handed out
  int readers = 0;                // made
  int askers = 0;
  bool answers = true;
};

class HeldRecord final : public bus::Message {
 public:
  HeldRecord(const OutgoingRecord& from, std::int64_t offset) {
    record_.topic = from.topic;
    record_.partition = kOnly;
    record_.offset = Offset(offset);
    if (from.key) record_.key = as_bytes(*from.key);
    if (from.value) record_.value = as_bytes(*from.value);
    record_.headers = from.headers;
  }
  [[nodiscard]] const IncomingRecord& record() const override { return record_; }

 private:
  IncomingRecord record_;
};

class FakeReader final : public bus::PartitionReader {
 public:
  explicit FakeReader(FakeKafka& kafka) : kafka_(kafka) {}
  Result<> assign(const std::map<bus::TopicPartition, Offset>& from) override {
    next_ = from;
    return {};
  }
  Result<std::unique_ptr<bus::Message>> poll(milliseconds) override {
    for (auto& [partition, next] : next_) {
      const auto& log = kafka_.logs[partition.topic];
      if (next < Offset(log.start)) return make_error(ErrorKind::kNotFound, "below the start of the log");
      if (!(next < log.end())) continue;
      const std::int64_t at = next.value();
      next = next + 1;
      kafka_.read.push_back(partition.topic);
      return std::unique_ptr<bus::Message>(std::make_unique<HeldRecord>(log.records[static_cast<std::size_t>(at)], at));
    }
    return std::unique_ptr<bus::Message>();
  }
  void wake() override {}
  Result<bus::OffsetRange> offsets(const bus::TopicPartition& partition, milliseconds) override {
    if (!kafka_.answers) return make_error(ErrorKind::kUnavailable, "no answer");
    const auto& log = kafka_.logs[partition.topic];
    return bus::OffsetRange{Offset(log.start), log.end()};
  }
  [[nodiscard]] std::optional<Offset> position(const bus::TopicPartition& partition) const override {
    return next_.at(partition);
  }
  Result<Offset> offset_at(const bus::TopicPartition&, std::int64_t, milliseconds) override {
    return make_error(ErrorKind::kInternal, "not used");
  }

 private:
  FakeKafka& kafka_;
  std::map<bus::TopicPartition, Offset> next_;
};

class LoaderTest : public ::testing::Test {
 protected:
  LoaderTest() {
    for (std::uint64_t n = 1; n <= kPrompts; ++n) publish(n);
  }

  static DeskSettings desk_settings() {
    DeskSettings settings;
    settings.partitions = 1;
    return settings;
  }
  LoaderParts parts() {
    return {
        .take_over = [this](const auto& notes, const auto& marker, const auto&) -> Result<> {
          for (const auto& [partition, note] : notes) add(events::build_start_marker(topics_, marker, partition));
          return {};
        },
        .make_reader = [this](const bus::ReaderSettings& settings) -> Result<std::unique_ptr<bus::PartitionReader>> {
          ++(settings.asks_only ? kafka_.askers : kafka_.readers);
          return std::unique_ptr<bus::PartitionReader>(std::make_unique<FakeReader>(kafka_));
        },
        .true_ends = [this](const auto& partitions, const auto&) -> Result<bus::Ends> {
          bus::Ends ends;
          for (const auto& partition : partitions) ends[partition] = true_ends_[partition.topic];
          return ends;
        },
    };
  }

  void add(OutgoingRecord record) { kafka_.logs[record.topic].records.push_back(std::move(record)); }
  void publish(std::uint64_t n) {
    events::Prompt prompt;
    prompt.id = PromptId(prompt_of_id({n, n * 77}));
    prompt.text = "sentence";
    prompt.locale = "sw";
    prompt.corpus_id = "test";
    prompt.sequence = n;
    prompt.time = clock_.wall_now();
    add(events::build_prompt(topics_, prompt));
  }
  void write_state(std::uint64_t n, std::int64_t recordings_next) {
    events::PromptState state;
    state.prompt_id = PromptId(prompt_of_id({n, n * 77}));
    state.locale = "sw";
    state.recordings_next_offset = Offset(recordings_next);
    state.time = clock_.wall_now();
    add(*events::build_prompt_state(topics_, state));
  }
  void record_takes(int count) {
    for (int i = 0; i < count; ++i) {
      OutgoingRecord take;
      take.topic = topics_.recordings();
      take.value = "not of the contract, and counted";
      add(take);
    }
  }
  FakeKafka::Log& states() { return kafka_.logs[topics_.prompt_state()]; }
  FakeKafka::Log& prompts() { return kafka_.logs[topics_.prompts()]; }

  Result<std::map<PartitionId, Offset>> load() {
    desk_.with_leases([](Leases& leases) { leases.own(kOnly); });
    kafka_.read.clear();
    return loader_.load({{kOnly, ""}}, never_);
  }
  Result<bool> keep_warm() {
    kafka_.read.clear();
    return loader_.keep_warm({kOnly}, never_);
  }
  std::ptrdiff_t read_of(const std::string& topic) { return std::count(kafka_.read.begin(), kafka_.read.end(), topic); }
  std::size_t sentences() {
    return desk_.with_leases([](Leases& leases) { return leases.sentences_known() + leases.sentences_copied(); });
  }
  double copied_partitions() {
    for (const auto& family : registry_.Collect()) {
      if (family.name == "studio_copied_partitions") return family.metric.at(0).gauge.value;
    }
    return -1;
  }

  const events::Topics topics_ = events::Topics{};
  FakeKafka kafka_;
  std::map<std::string, Offset> true_ends_;  // by topic, where they are told otherwise
  SystemClock clock_;
  SystemRandom random_;
  SystemRandom loader_random_;
  prometheus::Registry registry_;
  StudioMetrics metrics_{registry_};
  testing::NoProducer producer_;
  Desk desk_{desk_settings(), producer_, clock_, random_, metrics_};
  Loader loader_{{topics_, "voices.studio.0", milliseconds{300}}, parts(), desk_, clock_, loader_random_, metrics_};
  const std::function<bool()> never_ = [] { return false; };
};

TEST_F(LoaderTest, ALoadReadsStatesPromptsAndTheTakesThatNoStateCounts) {
  write_state(1, 2);
  record_takes(5);
  const auto next = load();
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->at(kOnly), Offset(kPrompts));
  EXPECT_EQ(sentences(), kPrompts);
  EXPECT_EQ(read_of(topics_.recordings()), 3);
  EXPECT_EQ(desk_.with_leases([](Leases& leases) { return leases.next_offset(kOnly); }), Offset(5));
}

TEST_F(LoaderTest, ABrokerThatDoesNotKnowTheMarkerIsNotBelieved) {
  write_state(1, 0);
  states().told_end = 1;
  const auto refused = load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  states().told_end.reset();
  EXPECT_TRUE(load());
}

TEST_F(LoaderTest, ABrokerThatKnowsFewerTakesThanAStateHasCountedIsNotBelieved) {
  record_takes(5);
  write_state(1, 5);
  kafka_.logs[topics_.recordings()].told_end = 4;
  const auto refused = load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  kafka_.logs[topics_.recordings()].told_end.reset();
  EXPECT_TRUE(load());
}

// No state tells of them: the reader never comes to the end that the other brokers know, and says so.
TEST_F(LoaderTest, TakesThatOnlyOtherBrokersKnowAreNotPassedOver) {
  record_takes(5);
  kafka_.logs[topics_.recordings()].told_end = 4;
  true_ends_[topics_.recordings()] = Offset(5);
  const auto refused = load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
}

TEST_F(LoaderTest, PromptsThatOnlyOtherBrokersKnowAreNotPassedOver) {
  prompts().told_end = 2;
  true_ends_[topics_.prompts()] = Offset(3);
  EXPECT_FALSE(load());
}

TEST_F(LoaderTest, AnEndThatIsNotToldIsCancelledInTime) {
  kafka_.answers = false;
  int asked = 0;
  const auto ended = loader_.load({{kOnly, ""}}, [&] { return ++asked > 0; });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::kCancelled);
}

TEST_F(LoaderTest, ReadingThatBringsNoRecordIsCancelledInTime) {
  record_takes(1);
  true_ends_[topics_.recordings()] = Offset(2);  // of which the reader hears nothing
  int asked = 0;
  const auto ended = loader_.load({{kOnly, ""}}, [&] { return ++asked > 50; });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::kCancelled);
}

TEST_F(LoaderTest, ACopyIsReadOnceAndALoadReadsWhatCameSince) {
  write_state(1, 0);
  ASSERT_TRUE(keep_warm());
  EXPECT_EQ(kafka_.read.size(), 1 + kPrompts);
  EXPECT_EQ(copied_partitions(), 1);
  EXPECT_EQ(kafka_.readers, 1);
  ASSERT_TRUE(keep_warm());
  EXPECT_EQ(kafka_.read.size(), 0U);
  EXPECT_EQ(kafka_.readers, 1) << "nothing new, no reader";
  EXPECT_EQ(kafka_.askers, 1);
  publish(kPrompts + 1);
  ASSERT_TRUE(load());
  EXPECT_EQ(read_of(topics_.prompts()), 1);
  EXPECT_EQ(read_of(topics_.prompt_state()), 1) << "the marker";
  EXPECT_EQ(sentences(), kPrompts + 1);
}

TEST_F(LoaderTest, ACopyOutlivesABrokerThatTellsLess) {
  write_state(1, 0);
  write_state(2, 0);
  ASSERT_TRUE(keep_warm());
  for (auto* log : {&states(), &prompts()}) {
    log->told_end = 1;
    const auto told = keep_warm();
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ(copied_partitions(), 0) << "nobody knows how new it is";
    EXPECT_EQ(sentences(), kPrompts);
    log->told_end.reset();
  }
  states().told_end = 1;
  const auto refused = load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  states().told_end.reset();
  ASSERT_TRUE(load());
  EXPECT_EQ(read_of(topics_.prompts()), 0) << "of the copy";
  EXPECT_EQ(sentences(), kPrompts);
}

// Both topics were made anew, say.
TEST_F(LoaderTest, ACopyOfRecordsThatAreGoneIsReadAnew) {
  write_state(1, 0);
  write_state(2, 0);
  ASSERT_TRUE(keep_warm());
  states().records.clear();
  prompts().records.clear();
  publish(9);
  ASSERT_TRUE(load()) << "the marker is there: whoever tells so few is not cut off";
  EXPECT_EQ(sentences(), 1U);
}

TEST_F(LoaderTest, ACopyThatIsBehindTheStartOfALogIsReadAnew) {
  ASSERT_TRUE(keep_warm());
  publish(kPrompts + 1);
  publish(kPrompts + 2);
  prompts().start = kPrompts + 1;
  ASSERT_TRUE(keep_warm());
  EXPECT_EQ(sentences(), 1U);
  ASSERT_TRUE(load());
}

}  // namespace
}  // namespace antiphon::studio
