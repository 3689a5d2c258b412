#include "adapters/bus/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace antiphon::bus {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Seen with 2.0.2 at Apache Kafka 4.1.1: the password was right, and refused.
TEST(Connection, OfAnOldLibraryThatIsRefusedWithScramSaysWhatElseItMayBe) {
  const std::string complaint = "invalid credentials with SASL mechanism SCRAM-SHA-512";
  EXPECT_THAT(scram_caveat(complaint, 0x020002ff), HasSubstr("Kafka 4"));
  EXPECT_THAT(scram_caveat(complaint, 0x020600ff), HasSubstr("Kafka 4"));
  EXPECT_THAT(scram_caveat(complaint, 0x020601ff), IsEmpty());
  EXPECT_THAT(scram_caveat("invalid credentials with SASL mechanism PLAIN", 0x020002ff), IsEmpty());
}

}  // namespace
}  // namespace antiphon::bus
