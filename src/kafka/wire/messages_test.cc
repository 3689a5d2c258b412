// Every message in every version: round trips of random messages, truncation at every byte, and bytes that Kafka's own
// classes wrote.
#include "kafka/wire/messages.h"

#include <gtest/gtest.h>

#include <map>

#include "kafka/wire/testing/random_message.h"

namespace antiphon::kafka::wire {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

template <class M>
void expect_round_trip(const M& message, ApiVersion version) {
  Buffer buffer;
  Writer writer(buffer);
  write(writer, version, message);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(encoded_size(version, message), buffer.size());

  Reader reader(buffer.view());
  M again;
  read(reader, version, again);
  ASSERT_TRUE(reader.ok()) << reader.error("message").message;
  EXPECT_EQ(reader.remaining(), 0U);
  EXPECT_TRUE(codec::same(message, again));

  for (std::size_t size = 0; size < buffer.size(); ++size) {
    const Bytes shorter(buffer.data(), buffer.data() + size);  // of its own, so that ASan sees a read past its end
    Reader truncated(shorter);
    M part;
    read(truncated, version, part);
    ASSERT_FALSE(truncated.ok()) << "cut at byte " << size << " of " << buffer.size();
  }
}

template <class M>
void expect_round_trips() {
  for (ApiVersion version = M::kVersions.min; version <= M::kVersions.max; ++version) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      SCOPED_TRACE(::testing::Message() << "version " << version << " seed " << seed);
      testing::MessageMaker maker(seed * 1000 + static_cast<std::uint64_t>(version));
      expect_round_trip(maker.make<M>(version), version);
    }
  }
}

#define ANTIPHON_ROUND_TRIP(name)                                                          \
  TEST(Messages, name##RequestReadsBackAsWritten) { expect_round_trips<name##Request>(); } \
  TEST(Messages, name##ResponseReadsBackAsWritten) { expect_round_trips<name##Response>(); }
ANTIPHON_WIRE_APIS(ANTIPHON_ROUND_TRIP)

TEST(Messages, NullIsWrittenAsEmptyWhereTheVersionHasNoNull) {
  JoinGroupResponse response;  // protocol_name: null from version 7 on
  Buffer buffer;
  Writer writer(buffer);
  write(writer, 6, response);
  Reader reader(buffer.view());
  JoinGroupResponse again;
  read(reader, 6, again);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(again.protocol_name, "");

  MetadataRequest all;  // topics: null from version 1 on
  EXPECT_EQ(encoded_size(0, all), 4U);
}

// ---- Kafka's own bytes

struct Golden {
  std::string_view message;
  ApiVersion version;
  std::string_view hex;
};
constexpr Golden kGolden[] = {
#include "kafka/wire/testdata/golden_messages.inc"
#include "kafka/wire/testdata/golden_messages_41.inc"
};

// Reads Kafka's bytes to the last one and writes them again.
template <class M>
std::string rewritten(ByteView bytes, ApiVersion version) {
  Reader reader(bytes);
  M message;
  read(reader, version, message);
  if (!reader.ok()) return reader.error("golden").message;
  if (reader.remaining() != 0) return "bytes are left";
  Buffer buffer;
  Writer writer(buffer);
  write(writer, version, message);
  return to_hex(buffer.view());
}

using Rewriter = std::string (*)(ByteView, ApiVersion);
const std::map<std::string_view, std::pair<Rewriter, VersionRange>>& rewriters() {
  static const std::map<std::string_view, std::pair<Rewriter, VersionRange>> all = {
#define ANTIPHON_ENTRY(name)                                                \
  {#name "Request", {&rewritten<name##Request>, name##Request::kVersions}}, \
      {#name "Response", {&rewritten<name##Response>, name##Response::kVersions}},
      ANTIPHON_WIRE_APIS(ANTIPHON_ENTRY)
#undef ANTIPHON_ENTRY
  };
  return all;
}

TEST(Messages, KafkasBytesAreReadAndWrittenAgainTheSame) {  // [11]
  for (const auto& golden : kGolden) {
    SCOPED_TRACE(::testing::Message() << golden.message << " version " << golden.version);
    const auto found = rewriters().find(golden.message);
    ASSERT_NE(found, rewriters().end());
    EXPECT_TRUE(found->second.second.contains(golden.version));
    EXPECT_EQ(found->second.first(from_hex(golden.hex), golden.version), golden.hex);
  }
}

TEST(Messages, EveryMessageAndVersionHasKafkasBytes) {
  std::map<std::pair<std::string_view, ApiVersion>, int> seen;
  for (const auto& golden : kGolden) ++seen[{golden.message, golden.version}];
  for (const auto& [name, entry] : rewriters()) {
    for (ApiVersion version = entry.second.min; version <= entry.second.max; ++version) {
      EXPECT_EQ((seen[{name, version}]), 2) << name << " version " << version;
    }
  }
}

}  // namespace
}  // namespace antiphon::kafka::wire
