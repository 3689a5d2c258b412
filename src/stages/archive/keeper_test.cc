#include "stages/archive/keeper.h"

#include <gtest/gtest.h>

#include "adapters/blobs/testing/memory_store.h"
#include "events/archive_layout.h"
#include "stages/archive/testing/fakes.h"

namespace antiphon::archive {
namespace {

using blobs::testing::MemoryStore;
using testing::erasure;
using testing::object_name;
using testing::recording;
using testing::recording_id;

class KeeperTest : public ::testing::Test {
 protected:
  Outcome keep(OutgoingRecord record) {
    const testing::FakeMessage message(std::move(record), PartitionId(0), Offset(0));
    return keeper_.keep(message.record());
  }
  std::string refusal(OutgoingRecord record) {
    const Outcome outcome = keep(std::move(record));
    const auto* refused = std::get_if<Refused>(&outcome);
    return refused ? refused->label : "not refused";
  }
  MemoryStore store_;
  Keeper keeper_{store_};
};

TEST_F(KeeperTest, ARecordingIsStoredByteForByteAndThenItsSidecar) {
  const auto record = recording(1, "voice");
  const Outcome outcome = keep(record);
  ASSERT_TRUE(std::holds_alternative<Stored>(outcome));
  EXPECT_EQ(std::get<Stored>(outcome).bytes, 5u);
  EXPECT_EQ(store_.order(), (std::vector<std::string>{"put " + object_name(1), "put " + object_name(1, "json")}));
  const auto objects = store_.objects();
  EXPECT_EQ(objects.at(object_name(1)).data, "voice");
  EXPECT_EQ(objects.at(object_name(1)).content_type, "audio/webm");
  EXPECT_EQ(objects.at(object_name(1)).user.at("sha256"), sha256_hex(as_bytes("voice")));
  EXPECT_EQ(objects.at(object_name(1, "json")).data, events::sidecar_json(record.headers));
}

TEST_F(KeeperTest, ARedeliveryChangesNothingWithAndWithoutKeptMetadata) {
  for (const bool metadata : {true, false}) {
    store_.keeps_metadata = metadata;
    keep(recording(1, "voice"));
    const auto before = store_.order().size();
    EXPECT_TRUE(std::holds_alternative<AlreadyThere>(keep(recording(1, "voice"))));
    EXPECT_EQ(store_.order().size(), before);
  }
}

TEST_F(KeeperTest, AnAttemptThatEndedBetweenObjectAndSidecarIsCompleted) {
  keep(recording(1, "voice"));
  ASSERT_TRUE(store_.remove(object_name(1, "json")));
  EXPECT_TRUE(std::holds_alternative<Stored>(keep(recording(1, "voice"))));
  EXPECT_TRUE(store_.objects().contains(object_name(1, "json")));
}

TEST_F(KeeperTest, ANameTakenByOtherBytesIsRefusedAndTheBytesStay) {
  for (const std::string foreign : {"other", "longer bytes"}) {
    for (const bool metadata : {true, false}) {
      store_.keeps_metadata = metadata;
      store_.set(object_name(1), {foreign, "audio/webm", {{"sha256", sha256_hex(as_bytes(foreign))}}, 1});
      EXPECT_EQ(refusal(recording(1, "voice")), "name-taken");
      EXPECT_EQ(store_.objects().at(object_name(1)).data, foreign);
      EXPECT_FALSE(store_.objects().contains(object_name(1, "json")));
    }
  }
}

TEST_F(KeeperTest, AForeignSidecarIsRefusedAndOneOfTheSameAudioStays) {
  store_.set(object_name(1, "json"), {"{}", "", {}, 1});
  EXPECT_EQ(refusal(recording(1, "voice")), "name-taken");

  auto later = recording(2, "voice");
  keep(later);
  const auto first = store_.objects().at(object_name(2, "json")).data;
  for (auto& header : later.headers) {
    if (header.name == "ce_time") header.value = "2026-12-31T00:00:00.000Z";
  }
  EXPECT_TRUE(std::holds_alternative<AlreadyThere>(keep(later)));
  EXPECT_EQ(store_.objects().at(object_name(2, "json")).data, first);
}

TEST_F(KeeperTest, WhatIsNoRecordingIsRefusedWithItsReasonAndNothingIsStored) {
  auto no_headers = recording(1, "voice");
  no_headers.headers.clear();
  auto no_id = recording(1, "voice");
  std::erase_if(no_id.headers, [](const auto& header) { return header.name == "ce_sha256"; });
  auto altered = recording(1, "voice");
  altered.value = "voicf";
  auto empty_key = recording(1, "voice");
  empty_key.key = "";
  auto climbing = recording(1, "voice");
  for (auto& header : climbing.headers) {
    if (header.name == "ce_locale") header.value = "../../etc";
  }
  auto valueless = recording(1, "voice");
  valueless.value.reset();
  valueless.key = "not-an-id";

  EXPECT_NE(refusal(no_headers), "not refused");
  EXPECT_EQ(refusal(no_id), "missing-header:ce_sha256");
  EXPECT_EQ(refusal(altered), "sha256-mismatch");
  EXPECT_NE(refusal(empty_key), "not refused");
  EXPECT_EQ(refusal(climbing), "bad-header:ce_locale");
  EXPECT_NE(refusal(valueless), "not refused");
  EXPECT_TRUE(store_.objects().empty());
  EXPECT_EQ(store_.lists, 0);
}

TEST_F(KeeperTest, AStoreThatIsAwayDecidesNothingWhicheverCallItFails) {
  // The n-th call to the store fails, for every n that there is; afterwards the same record is stored whole.
  for (int already = 0; already < 2; ++already) {
    for (const auto kind : {ErrorKind::kUnavailable, ErrorKind::kPermission, ErrorKind::kIo}) {
      MemoryStore store;
      Keeper keeper(store);
      const testing::FakeMessage message(recording(7, "voice"), PartitionId(0), Offset(0));
      if (already == 1) static_cast<void>(keeper.keep(message.record()));
      store.failure = kind;
      store.fail_calls = 1;
      EXPECT_TRUE(std::holds_alternative<StoreAway>(keeper.keep(message.record())));
      store.lose_answers = 1;
      if (already == 0) {
        EXPECT_TRUE(std::holds_alternative<StoreAway>(keeper.keep(message.record())));
      }
      store.lose_answers = 0;
      const Outcome outcome = keeper.keep(message.record());
      EXPECT_TRUE(std::holds_alternative<Stored>(outcome) || std::holds_alternative<AlreadyThere>(outcome));
      EXPECT_EQ(store.objects().size(), 2u);
    }
  }
}

TEST_F(KeeperTest, AnErasureRemovesTheSidecarFirstAndIsIdempotent) {
  keep(recording(1, "voice"));
  keep(recording(2, "other"));
  Outcome outcome = keep(erasure(1));
  ASSERT_TRUE(std::holds_alternative<Erased>(outcome));
  EXPECT_EQ(std::get<Erased>(outcome).objects, 2);
  const auto order = store_.order();
  EXPECT_EQ(order[4], "remove " + object_name(1, "json"));
  EXPECT_EQ(order[5], "remove " + object_name(1));
  outcome = keep(erasure(1));
  EXPECT_EQ(std::get<Erased>(outcome).objects, 0);
  EXPECT_EQ(store_.objects().size(), 2u);
}

TEST_F(KeeperTest, AnErasureThatIsCutShortIsFinishedByTheNextAttempt) {
  keep(recording(1, "voice"));
  store_.lose_answers = 1;
  EXPECT_TRUE(std::holds_alternative<StoreAway>(keep(erasure(1))));
  EXPECT_TRUE(std::holds_alternative<Erased>(keep(erasure(1))));
  EXPECT_TRUE(store_.objects().empty());
}

TEST_F(KeeperTest, ATombstoneWithoutHeadersFindsItsRecordingByName) {
  keep(recording(1, "voice"));
  keep(recording(2, "other", "am-ET"));
  OutgoingRecord bare;
  bare.topic = "voices.recordings";
  bare.key = recording_id(2);
  const Outcome outcome = keep(bare);
  ASSERT_TRUE(std::holds_alternative<Erased>(outcome));
  EXPECT_EQ(std::get<Erased>(outcome).objects, 2);
  EXPECT_TRUE(store_.objects().contains(object_name(1)));
}

TEST(ExtensionOf, FollowsTheContentType) {
  EXPECT_EQ(extension_of("audio/webm"), "webm");
  EXPECT_EQ(extension_of("audio/webm; codecs=opus"), "webm");
  EXPECT_EQ(extension_of("audio/mp4"), "m4a");
  EXPECT_EQ(extension_of("audio/strange"), "bin");
}

}  // namespace
}  // namespace antiphon::archive
