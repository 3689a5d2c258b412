#include "adapters/bus/epochs.h"

#include <gtest/gtest.h>

namespace antiphon::bus {
namespace {

TEST(Epochs, OfAnOffsetIsThatOfTheRecordBefore) {
  Epochs epochs;
  EXPECT_EQ(epochs.before(Offset(10)), Epochs::kUnknown);
  for (std::int64_t i = 10; i < 15; ++i) epochs.read(Offset(i), 3);
  epochs.read(Offset(20), 5);  // what lies between was compacted away
  EXPECT_EQ(epochs.before(Offset(10)), Epochs::kUnknown);
  EXPECT_EQ(epochs.before(Offset(11)), 3);
  EXPECT_EQ(epochs.before(Offset(20)), 3);
  EXPECT_EQ(epochs.before(Offset(21)), 5);
  EXPECT_EQ(epochs.before(Offset(99)), 5);
}

TEST(Epochs, WhatIsForgottenChangesNoLaterAnswer) {
  Epochs epochs;
  epochs.read(Offset(10), 3);
  epochs.read(Offset(20), 5);
  epochs.read(Offset(21), Epochs::kUnknown);
  epochs.forget_before(Offset(15));
  EXPECT_EQ(epochs.before(Offset(15)), 3);
  epochs.forget_before(Offset(21));
  EXPECT_EQ(epochs.before(Offset(21)), 5);
  EXPECT_EQ(epochs.before(Offset(15)), Epochs::kUnknown);
}

}  // namespace
}  // namespace antiphon::bus
