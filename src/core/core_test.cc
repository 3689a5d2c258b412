#include <gtest/gtest.h>

#include <future>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/crockford.h"
#include "core/host_port.h"
#include "core/logging.h"
#include "core/murmur2.h"
#include "core/sha256.h"
#include "core/stop.h"
#include "core/uuid.h"

namespace antiphon {
namespace {

TEST(Crockford, ThePromptIdOfTheDesignDocument) {
  const Sha256Digest digest = sha256(as_bytes("sw\nHabari ya asubuhi."));
  EXPECT_EQ(crockford_128(std::span<const std::byte, 16>(digest.data(), 16)), "16VAHQ3ZDK8QKMHETNY0DKA6Z7");
}

TEST(Crockford, AllOnesIsTheLargestUlid) {
  std::array<std::byte, 16> ones{};
  ones.fill(std::byte{0xff});
  EXPECT_EQ(crockford_128(ones), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_TRUE(is_crockford_128("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  EXPECT_FALSE(is_crockford_128("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  EXPECT_FALSE(is_crockford_128("7ZZZZZZZZZZZZZZZZZZZZZZZZI"));
}

TEST(Murmur2, AgreesWithJava) {
  // Values from org.apache.kafka.common.utils.UtilsTest (Kafka 4.1).
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")), -58897971);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("abc")), 479470107);
}

TEST(Rfc3339, RoundTripsWithMilliseconds) {
  const WallTime t = from_unix_ms(1'795'368'900'123);
  EXPECT_EQ(*parse_rfc3339(format_rfc3339(t)), t);
  EXPECT_EQ(format_rfc3339(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2026-11-22", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
                           "2026-11-22T00:00:00", "2026-11-22T00:00:00+01:00", "2026-11-22T00:00:00.Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Bytes, SecretsAreEqualWhollyOrNotAtAll) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  for (const char* wrong : {"", "secre", "secrets", "Secret", "secreT"})
    EXPECT_FALSE(equal_in_constant_time("secret", wrong)) << wrong;
}

TEST(Uuid, Version7IsOrderedByTimeAndValid) {
  SeededRandom random(1);
  const std::string early = make_uuid_v7(from_unix_ms(1000), random);
  const std::string late = make_uuid_v7(from_unix_ms(1001), random);
  EXPECT_LT(early, late);
  EXPECT_TRUE(is_uuid_v7(early));
  EXPECT_FALSE(is_uuid_v7(make_uuid_v4(random)));
  EXPECT_TRUE(is_uuid(make_uuid_v4(random)));
  EXPECT_FALSE(is_uuid("00000000-0000-0000-0000-00000000000g"));
}

TEST(Logging, AJsonLineEscapesAndKeepsNumbers) {
  const std::string line = logging::render(logging::Format::kJson, logging::Level::kWarn, "T", "a \"quote\"",
                                           {{"offset", 7}, {"path", "a\nb"}, {"ok", true}});
  EXPECT_EQ(
      line,
      R"({"ts":"T","level":"warn","msg":"a \"quote\"","service.name":"antiphon","offset":7,"path":"a\u000ab","ok":true})");
}

TEST(HostPort, IsAHostAndAPortAndNothingElse) {
  EXPECT_EQ(parse_host_port("127.0.0.1:80")->port, 80);
  EXPECT_EQ(parse_host_port("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_host_port(":8080")->host, "");
  for (const char* bad : {"", "host", "host:", "host:65536", "host:-1", "::1:80", "[::1:80", "[]:80", "h:8o",
                          "http://a:1", "a b:1", "a/b:1"})
    EXPECT_FALSE(parse_host_port(bad)) << bad;
}

TEST(Stop, WhoWaitsForSomethingElseIsToldOnceAndNotAfterItsEnd) {
  const StopSource source;
  std::promise<void> told;
  {
    const WhenStopped first(source.token(), [&] { told.set_value(); });
    source.request_stop();
    told.get_future().get();
  }
  const StopSource never;
  {
    const WhenStopped second(never.token(), [] { ADD_FAILURE() << "called without a request"; });
  }
  never.request_stop();
}

TEST(Stop, AWaiterSeesTheRequest) {
  const StopSource source;
  const StopToken token = source.token();
  EXPECT_FALSE(token.wait_for(std::chrono::milliseconds(1)));
  source.request_stop();
  EXPECT_TRUE(token.wait_for(std::chrono::hours(1)));
}

}  // namespace
}  // namespace antiphon
