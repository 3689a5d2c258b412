// The group coordinator, told the time and answered at once; what it stores is kept in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/broker/group/coordinator.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;
using E = ErrorCode;

// Keeps the records; answers at once, or when told.
class MemoryStore final : public GroupStore {
 public:
  void append(std::string_view, std::vector<GroupRecord> records, std::function<void(E)> done) override {
    if (answer == E::kNone) {
      for (auto& record : records) log.push_back(std::move(record));
    }
    if (!hold) return done(answer);
    held.push_back(std::move(done));
  }
  void append_in_transaction(std::string_view group_id, const ProducerIdentity&, std::vector<GroupRecord> records,
                             std::function<void(E)> done) override {
    append(group_id, std::move(records), std::move(done));
  }
  void release() {
    auto batch = std::exchange(held, {});
    for (auto& done : batch) done(answer);
  }
  std::vector<GroupRecord> log;
  std::vector<std::function<void(E)>> held;
  bool hold = false;
  E answer = E::kNone;
};

class Groups : public ::testing::Test {
 protected:
  Groups() { coordinator = std::make_unique<GroupCoordinator>(settings, store, random); }

  void restart() {
    coordinator = std::make_unique<GroupCoordinator>(settings, store, random);
    for (const auto& r : store.log) {
      ASSERT_TRUE(coordinator->load(r.key, r.value ? std::optional<ByteView>(*r.value) : std::nullopt, now()));
    }
    coordinator->loaded(now());
  }
  [[nodiscard]] Instant now() const { return {clock.mono_now(), clock.wall_now()}; }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    coordinator->expire(now());
  }

  static JoinRequest request(std::string member = "", std::vector<std::string> protocols = {"range"}) {
    JoinRequest r;
    r.group_id = "g";
    r.member_id = std::move(member);
    r.client_id = "c";
    r.client_host = "/127.0.0.1";
    r.protocol_type = "consumer";
    for (auto& p : protocols) r.protocols.push_back({p, to_bytes("sub-" + p)});
    r.session_timeout = 10s;
    r.rebalance_timeout = 60s;
    r.connection = ConnectionId(1);
    return r;
  }
  std::shared_ptr<std::optional<JoinAnswer>> join(const JoinRequest& r) {
    auto answer = std::make_shared<std::optional<JoinAnswer>>();
    coordinator->join(
        r,
        [answer](const JoinAnswer& a) {
          EXPECT_FALSE(answer->has_value()) << "answered twice";
          *answer = a;
        },
        now());
    return answer;
  }
  std::shared_ptr<std::optional<SyncAnswer>> sync(const std::string& member, int generation,
                                                  std::vector<std::pair<std::string, Bytes>> assignments = {}) {
    SyncRequest r;
    r.group_id = "g";
    r.member_id = member;
    r.generation = GenerationId(generation);
    r.assignments = std::move(assignments);
    r.connection = ConnectionId(1);
    auto answer = std::make_shared<std::optional<SyncAnswer>>();
    coordinator->sync(
        r,
        [answer](const SyncAnswer& a) {
          EXPECT_FALSE(answer->has_value()) << "answered twice";
          *answer = a;
        },
        now());
    return answer;
  }
  E heartbeat(const std::string& member, int generation, std::optional<std::string> instance = {}) {
    return coordinator->heartbeat({"g", member, std::move(instance), GenerationId(generation)}, now());
  }
  std::vector<E> commit(const std::string& member, int generation, std::int64_t offset, std::string metadata = "") {
    CommitRequest r{"g",
                    member,
                    {},
                    GenerationId(generation),
                    {{"t", PartitionId(0), Offset(offset), LeaderEpoch(-1), std::move(metadata)}}};
    const auto codes = std::make_shared<std::vector<E>>();
    coordinator->commit(
        r, [codes](const std::vector<E>& c) { *codes = c; }, now());
    return *codes;
  }
  // One member in a stable group of generation 1; its id.
  std::string stable_single() {
    const auto joined = join(request());
    EXPECT_TRUE(joined->has_value());
    const std::string id = (*joined)->member_id;
    const auto synced = sync(id, 1, {{id, to_bytes("all")}});
    EXPECT_TRUE(synced->has_value());
    EXPECT_EQ(as_text((*synced)->assignment), "all");
    return id;
  }
  GroupState state() { return coordinator->describe("g").state; }

  GroupSettings settings;
  MemoryStore store;
  SeededRandom random{7};
  ManualClock clock;
  std::unique_ptr<GroupCoordinator> coordinator;
};

TEST_F(Groups, OneMemberFormsAGroupAtOnceAndGetsItsAssignment) {
  stable_single();
  EXPECT_EQ(state(), GroupState::kStable);
  const auto described = coordinator->describe("g");
  ASSERT_EQ(described.members.size(), 1U);
  EXPECT_EQ(described.protocol, "range");
  EXPECT_EQ(as_text(described.members[0].metadata), "sub-range");
  EXPECT_EQ(described.members[0].client_host, "/127.0.0.1");
}

TEST_F(Groups, ASecondMemberStartsARebalanceThatWaitsForTheFirst) {
  const auto a = stable_single();
  const auto b = join(request());
  EXPECT_FALSE(b->has_value());
  EXPECT_EQ(heartbeat(a, 1), E::kRebalanceInProgress);
  const auto again = join(request(a));
  ASSERT_TRUE(again->has_value());
  ASSERT_TRUE(b->has_value());
  EXPECT_EQ((*b)->generation, GenerationId(2));
  EXPECT_EQ((*again)->leader, a);
  EXPECT_EQ((*again)->members.size(), 2U);
  EXPECT_TRUE((*b)->members.empty()) << "only the leader sees the others";
}

TEST_F(Groups, AFollowersSyncWaitsForTheLeadersAssignment) {  // [37]
  const auto a = stable_single();
  const auto b = join(request());
  join(request(a));
  const auto b_id = (*b)->member_id;
  const auto follower = sync(b_id, 2);
  EXPECT_FALSE(follower->has_value());
  const auto leader = sync(a, 2, {{a, to_bytes("x")}, {b_id, to_bytes("y")}});
  ASSERT_TRUE(follower->has_value());
  EXPECT_EQ(as_text((*leader)->assignment), "x");
  EXPECT_EQ(as_text((*follower)->assignment), "y");
}

TEST_F(Groups, AnAssignmentIsToldOnlyAfterItIsStored) {
  const auto joined = join(request());
  const auto id = (*joined)->member_id;
  store.hold = true;
  const auto synced = sync(id, 1, {{id, to_bytes("all")}});
  EXPECT_FALSE(synced->has_value());
  EXPECT_EQ(state(), GroupState::kCompletingRebalance);
  store.release();
  ASSERT_TRUE(synced->has_value());
  EXPECT_EQ(state(), GroupState::kStable);
}

TEST_F(Groups, AnAssignmentThatCannotBeStoredIsAnErrorForAllAndStartsOver) {
  const auto id = (*join(request()))->member_id;
  store.answer = E::kCoordinatorNotAvailable;
  const auto synced = sync(id, 1, {{id, to_bytes("all")}});
  ASSERT_TRUE(synced->has_value());
  EXPECT_EQ((*synced)->error, E::kCoordinatorNotAvailable);
  EXPECT_EQ(state(), GroupState::kPreparingRebalance);
}

TEST_F(Groups, AnUnknownMemberIdIsAskedForFirstFromVersion4On) {
  auto r = request();
  r.needs_known_member_id = true;
  const auto first = join(r);
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->error, E::kMemberIdRequired);
  r.member_id = (*first)->member_id;
  EXPECT_FALSE(r.member_id.empty());
  EXPECT_EQ((*join(r))->error, E::kNone);
}

TEST_F(Groups, AMemberIdThatIsNeverUsedHoldsARebalanceUpOnlyForItsSessionTime) {
  const auto a = stable_single();
  auto r = request();
  r.needs_known_member_id = true;
  join(r);
  const auto again = join(request(a));  // the leader joins anew: the pending one is waited for
  EXPECT_FALSE(again->has_value());
  advance(10s);
  EXPECT_TRUE(again->has_value());
}

TEST_F(Groups, ASilentMemberIsOutAfterItsSessionTimeAndTheOthersRebalance) {
  const auto a = stable_single();
  const auto b = join(request());
  join(request(a));
  const auto b_id = (*b)->member_id;
  sync(a, 2, {{a, to_bytes("x")}, {b_id, to_bytes("y")}});
  sync(b_id, 2);
  advance(6s);
  EXPECT_EQ(heartbeat(a, 2), E::kNone);
  EXPECT_EQ(coordinator->next_deadline(), clock.mono_now() + 4s);
  advance(4s);
  EXPECT_EQ(heartbeat(a, 2), E::kRebalanceInProgress);
  EXPECT_EQ(heartbeat(b_id, 2), E::kUnknownMemberId);
  EXPECT_EQ((*join(request(a)))->generation, GenerationId(3));
}

TEST_F(Groups, AMemberThatDoesNotComeBackInTimeIsLeftBehind) {
  const auto a = stable_single();
  const auto b = join(request());
  for (int i = 0; i < 6; ++i) {
    advance(9s);
    EXPECT_EQ(heartbeat(a, 1), E::kRebalanceInProgress);
  }
  EXPECT_FALSE(b->has_value());
  advance(6s);  // 60 s in all: the rebalance timeout
  ASSERT_TRUE(b->has_value());
  EXPECT_EQ((*b)->leader, (*b)->member_id);
  EXPECT_EQ((*b)->members.size(), 1U);
}

TEST_F(Groups, AMemberThatNeverFetchesItsAssignmentIsOut) {
  const auto a = stable_single();
  const auto b = join(request());
  join(request(a));
  const auto b_id = (*b)->member_id;
  sync(a, 2, {{a, to_bytes("x")}, {b_id, to_bytes("y")}});
  for (int i = 0; i < 7; ++i) {
    advance(9s);
    heartbeat(a, 2);
    heartbeat(b_id, 2);  // alive, but without an assignment
  }
  EXPECT_EQ(heartbeat(b_id, 2), E::kUnknownMemberId);
}

TEST_F(Groups, ADisconnectWhileWaitingForTheOthersDoesNotBlockTheGroup) {  // [39]
  const auto a = stable_single();
  auto r = request();
  r.connection = ConnectionId(2);
  const auto lost = join(r);
  coordinator->disconnected(ConnectionId(2), now());
  for (int i = 0; i < 2; ++i) {
    advance(5s);
    heartbeat(a, 1);
  }
  const auto again = join(request(a));
  ASSERT_TRUE(again->has_value());
  EXPECT_FALSE(lost->has_value());
  EXPECT_EQ((*again)->members.size(), 1U);
}

TEST_F(Groups, LeavingAsTheLastEmptiesTheGroupAndStoresIt) {
  const auto a = stable_single();
  EXPECT_THAT(coordinator->leave("g", {{a, {}}}, now()), ::testing::ElementsAre(E::kNone));
  EXPECT_EQ(state(), GroupState::kEmpty);
  restart();
  EXPECT_EQ(coordinator->describe("g").error, E::kGroupIdNotFound) << "without offsets nothing is left of it";
}

TEST_F(Groups, ABatchOfLeavesAnswersForEachMember) {
  auto r = request();
  r.instance_id = "i1";
  join(r);
  EXPECT_THAT(coordinator->leave("g", {{"", "i1"}, {"", "i2"}, {"nobody", {}}}, now()),
              ::testing::ElementsAre(E::kNone, E::kUnknownMemberId, E::kUnknownMemberId));
}

TEST_F(Groups, TheProtocolIsOneThatAllTakeAndMostPrefer) {
  const auto a = join(request("", {"sticky", "range", "roundrobin"}));
  const auto b = join(request("", {"range", "roundrobin"}));
  const auto again = join(request((*a)->member_id, {"sticky", "range", "roundrobin"}));
  ASSERT_TRUE(b->has_value());
  EXPECT_EQ((*b)->protocol_name, "range");
  EXPECT_EQ((*join(request("", {"other"})))->error, E::kInconsistentGroupProtocol);
}

TEST_F(Groups, AFollowerThatAsksAgainUnchangedGetsItsGenerationWithoutARebalance) {
  const auto a = stable_single();
  const auto b = join(request());
  join(request(a));
  const auto b_id = (*b)->member_id;
  sync(a, 2, {{a, to_bytes("x")}, {b_id, to_bytes("y")}});
  const auto again = join(request(b_id));
  ASSERT_TRUE(again->has_value());
  EXPECT_EQ((*again)->generation, GenerationId(2));
  EXPECT_EQ(state(), GroupState::kStable);
}

struct StaticCase {
  const char* name;
  bool can_skip;
};
class StaticMembers : public Groups, public ::testing::WithParamInterface<StaticCase> {};

TEST_P(StaticMembers, RejoinTakesItsPlaceWithoutARebalanceAndFencesTheOld) {  // [40]
  auto r = request();
  r.instance_id = "i1";
  r.can_skip_assignment = GetParam().can_skip;
  const auto old_id = (*join(r))->member_id;
  sync(old_id, 1, {{old_id, to_bytes("all")}});
  const auto back = join(r);
  ASSERT_TRUE(back->has_value());
  EXPECT_EQ((*back)->error, E::kNone);
  EXPECT_EQ((*back)->generation, GenerationId(1));
  EXPECT_NE((*back)->member_id, old_id);
  EXPECT_EQ((*back)->skip_assignment, GetParam().can_skip);
  EXPECT_EQ((*back)->leader, GetParam().can_skip ? (*back)->member_id : old_id);
  EXPECT_EQ(state(), GroupState::kStable);
  EXPECT_EQ(heartbeat(old_id, 1, "i1"), E::kFencedInstanceId);
  const auto synced = sync((*back)->member_id, 1);
  ASSERT_TRUE(synced->has_value());
  EXPECT_EQ(as_text((*synced)->assignment), "all");
  advance(9s);
  EXPECT_EQ(heartbeat((*back)->member_id, 1, "i1"), E::kNone) << "its rejoin started its session anew";
  restart();
  EXPECT_EQ(heartbeat((*back)->member_id, 1, "i1"), E::kNone) << "and was stored";
}
INSTANTIATE_TEST_SUITE_P(Versions, StaticMembers, ::testing::Values(StaticCase{"v5", false}, StaticCase{"v9", true}),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(Groups, AStaticMemberKeepsItsPlaceWhileItIsAwayForLessThanItsSession) {
  auto r = request();
  r.instance_id = "i1";
  const auto id = (*join(r))->member_id;
  sync(id, 1, {{id, to_bytes("all")}});
  coordinator->disconnected(ConnectionId(1), now());
  advance(9s);
  EXPECT_EQ(state(), GroupState::kStable);
  advance(1s);
  EXPECT_EQ(state(), GroupState::kEmpty);
}

TEST_F(Groups, CommittedOffsetsComeBackWithTheirMetadataAfterARestart) {
  const auto a = stable_single();
  EXPECT_THAT(commit(a, 1, 42, "note"), ::testing::ElementsAre(E::kNone));
  restart();
  const auto* offset = coordinator->committed("g", "t", PartitionId(0));
  ASSERT_NE(offset, nullptr);
  EXPECT_EQ(offset->offset, Offset(42));
  EXPECT_EQ(offset->metadata, "note");
  EXPECT_EQ(heartbeat(a, 1), E::kNone) << "members go on in their generation";
}

TEST_F(Groups, ACommitIsSeenOnlyWhenItIsStored) {
  const auto a = stable_single();
  store.hold = true;
  EXPECT_TRUE(commit(a, 1, 42).empty());
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr);
  store.held.clear();
}

struct CommitCase {
  const char* name;
  bool known_member;
  int generation;
  E expected;
};
class Commits : public Groups, public ::testing::WithParamInterface<CommitCase> {};
TEST_P(Commits, AreAnsweredByWhoSendsThem) {
  const auto a = stable_single();
  const auto& p = GetParam();
  EXPECT_THAT(commit(p.known_member ? a : (p.generation < 0 ? "" : "stranger"), p.generation, 1),
              ::testing::ElementsAre(p.expected));
}
INSTANTIATE_TEST_SUITE_P(All, Commits,
                         ::testing::Values(CommitCase{"member", true, 1, E::kNone},
                                           CommitCase{"old_generation", true, 0, E::kIllegalGeneration},
                                           CommitCase{"stranger", false, 1, E::kUnknownMemberId},
                                           CommitCase{"outsider_in_a_live_group", false, -1, E::kUnknownMemberId}),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(Groups, AConsumerWithoutAGroupProtocolMayCommitUnderAFreeName) {
  EXPECT_THAT(commit("", -1, 5), ::testing::ElementsAre(E::kNone));
  EXPECT_THAT(commit("m", 3, 5), ::testing::ElementsAre(E::kUnknownMemberId));
  EXPECT_THAT(commit("", -1, 6, std::string(4097, 'x')), ::testing::ElementsAre(E::kOffsetMetadataTooLarge));
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0))->offset, Offset(5));
  restart();
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0))->offset, Offset(5));
}

TEST_F(Groups, ACommitWhileTheAssignmentIsAwaitedIsRefused) {
  const auto id = (*join(request()))->member_id;
  EXPECT_THAT(commit(id, 1, 1), ::testing::ElementsAre(E::kRebalanceInProgress));
}

TEST_F(Groups, AGroupIsDeletedOnlyWhenEmptyAndStaysDeleted) {
  const auto a = stable_single();
  commit(a, 1, 42);
  E code{};
  const auto keep = [&](E c) { code = c; };
  coordinator->remove_group("g", keep);
  EXPECT_EQ(code, E::kNonEmptyGroup);
  coordinator->leave("g", {{a, {}}}, now());
  coordinator->remove_group("g", keep);
  EXPECT_EQ(code, E::kNone);
  coordinator->remove_group("g", keep);
  EXPECT_EQ(code, E::kGroupIdNotFound);
  restart();
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr);
}

TEST_F(Groups, ADeletedTopicTakesItsOffsetsWithIt) {
  commit("", -1, 5);
  coordinator->topic_deleted("t", [](ErrorCode) {});
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr);
  restart();
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr);
}

TEST_F(Groups, ADeletedTopicsNameIsFreeOnceItsOffsetsCannotComeBack) {
  commit("", -1, 5);
  store.answer = E::kCoordinatorNotAvailable;
  coordinator->topic_deleted("t", [](ErrorCode error) { EXPECT_EQ(error, E::kCoordinatorNotAvailable); });
  EXPECT_TRUE(coordinator->still_forgets("t")) << "the store has its offset, and a start reads it";
  coordinator->forget_again();
  EXPECT_TRUE(coordinator->still_forgets("t"));
  store.answer = E::kNone;
  store.hold = true;
  coordinator->forget_again();
  coordinator->forget_again();
  EXPECT_EQ(store.held.size(), 1U) << "one that is under way is not asked for again";
  EXPECT_TRUE(coordinator->still_forgets("t"));
  store.release();
  EXPECT_FALSE(coordinator->still_forgets("t"));
  restart();
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr);
}

TEST_F(Groups, ACommitThatFailedGoesWithItsTopicToo) {  // found by the simulation
  store.hold = true;
  commit("", -1, 5);
  store.answer = E::kCoordinatorNotAvailable;  // its record is in the store, and nobody knows
  store.release();
  store.answer = E::kNone;
  store.hold = false;
  coordinator->tidy();
  coordinator->topic_deleted("t", [](ErrorCode) {});
  restart();
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr);
}

TEST_F(Groups, ACommitThatFailedGoesWithItsOffsetAndItsGroupToo) {
  for (const bool group : {false, true}) {
    store.hold = true;
    commit("", -1, 5);
    store.answer = E::kCoordinatorNotAvailable;
    store.release();
    store.answer = E::kNone;
    store.hold = false;
    E code = E::kUnknownServerError;
    const auto keep = [&](E c) { code = c; };
    group ? coordinator->remove_group("g", keep) : coordinator->delete_offsets("g", {{"t", PartitionId(0)}}, keep);
    EXPECT_EQ(code, E::kNone);
    restart();
    EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr) << group;
  }
}

TEST_F(Groups, ADeletionThatFailedIsDoneWhenAskedForAgain) {
  commit("", -1, 5);
  std::vector<E> codes;
  const auto keep = [&](E c) { codes.push_back(c); };
  store.answer = E::kCoordinatorNotAvailable;
  coordinator->delete_offsets("g", {{"t", PartitionId(0)}}, keep);
  store.answer = E::kNone;
  coordinator->delete_offsets("g", {{"t", PartitionId(0)}}, keep);
  EXPECT_THAT(codes, ::testing::ElementsAre(E::kCoordinatorNotAvailable, E::kNone));
  restart();
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0)), nullptr);
}

TEST_F(Groups, ACommitBehindADeletionIsNotTakenForTheOneBeforeIt) {
  store.hold = true;
  commit("", -1, 5);
  coordinator->delete_offsets("g", {{"t", PartitionId(0)}}, [](ErrorCode) {});
  commit("", -1, 8);
  store.release();
  ASSERT_NE(coordinator->committed("g", "t", PartitionId(0)), nullptr);
  EXPECT_EQ(coordinator->committed("g", "t", PartitionId(0))->offset, Offset(8));
}

TEST_F(Groups, LimitsAreKept) {
  settings.members_a_group_max = 2;
  settings.groups_max = 1;
  join(request());
  join(request());
  EXPECT_EQ((*join(request()))->error, E::kGroupMaxSizeReached);
  auto other = request();
  other.group_id = "h";
  EXPECT_EQ((*join(other))->error, E::kGroupMaxSizeReached);
  other.session_timeout = 5s;
  EXPECT_EQ((*join(other))->error, E::kInvalidSessionTimeout);
  other.group_id = "";
  EXPECT_EQ((*join(other))->error, E::kInvalidGroupId);
}

TEST_F(Groups, TheInitialDelayGathersTheFirstMembersInOneGeneration) {
  settings.initial_rebalance_delay = 3s;
  const auto a = join(request());
  advance(2s);
  const auto b = join(request());
  advance(2s);
  EXPECT_FALSE(a->has_value()) << "a newcomer extends the wait";
  advance(1s);
  ASSERT_TRUE(a->has_value());
  ASSERT_TRUE(b->has_value());
  EXPECT_EQ((*a)->generation, GenerationId(1));
}

TEST_F(Groups, ARandomCrowdNeverHangsAndIsAnsweredOnce) {
  // 2,000 random steps; afterwards all leave or expire and nothing waits.
  SeededRandom dice(11);
  std::vector<std::string> ids;
  std::vector<std::shared_ptr<std::optional<JoinAnswer>>> joins;
  for (int step = 0; step < 2000; ++step) {
    switch (dice.below(6)) {
      case 0: {
        auto r = request();
        r.connection = ConnectionId(dice.below(5));
        if (dice.below(3) == 0) r.instance_id = "i" + std::to_string(dice.below(3));
        joins.push_back(join(r));
        break;
      }
      case 1:
        if (!ids.empty()) joins.push_back(join(request(ids[dice.below(ids.size())])));
        break;
      case 2:
        if (!ids.empty()) {
          const auto id = ids[dice.below(ids.size())];
          sync(id, static_cast<int>(dice.below(50)), {{id, to_bytes("x")}});
        }
        break;
      case 3:
        coordinator->disconnected(ConnectionId(dice.below(5)), now());
        break;
      case 4:
        if (!ids.empty()) coordinator->leave("g", {{ids[dice.below(ids.size())], {}}}, now());
        break;
      default:
        advance(std::chrono::milliseconds(dice.below(4000)));
    }
    for (auto& j : joins) {
      if (j->has_value() && !(*j)->member_id.empty()) ids.push_back((*j)->member_id);
    }
    std::erase_if(joins, [](const auto& j) { return j->has_value(); });
    if (ids.size() > 30) ids.erase(ids.begin(), ids.end() - 30);
  }
  for (int i = 0; i < 20; ++i) advance(10s);
  EXPECT_EQ(coordinator->describe("g").members.size(), 0U);
  EXPECT_EQ(coordinator->next_deadline(), MonoTime::max());
}

}  // namespace
}  // namespace antiphon::kafka::broker
