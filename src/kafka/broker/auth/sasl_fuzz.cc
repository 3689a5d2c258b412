// Any bytes as SASL tokens and as a users file. The first byte chooses: PLAIN, the two SCRAMs (a run of tokens, each
// behind its length in one byte), or the file, which must read back as it was written.
#include "core/testing/memory_file_system.h"
#include "kafka/broker/auth/sasl_session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  using namespace antiphon::kafka::broker;
  if (size == 0) return 0;
  ByteView rest(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  if (data[0] % 4 == 3) {
    const auto users = read_users(as_text(rest));
    if (users && read_users(write_users(*users))->size() != users->size()) __builtin_trap();
    return 0;
  }
  static antiphon::testing::MemoryFileSystem files;
  static SeededRandom random(1);
  static UserStore users = *UserStore::open(files, "/users", random);
  SaslSession session;
  session.begin(kSaslMechanisms[data[0] % 4], false, users, random);
  while (!rest.empty() && session.state() == SaslSession::State::kTokens) {
    const std::size_t length = std::min(std::to_integer<std::size_t>(rest[0]), rest.size() - 1);
    static_cast<void>(session.take(rest.subspan(1, length), users));
    rest = rest.subspan(1 + length);
  }
  if (session.state() == SaslSession::State::kKnown) __builtin_trap();  // there are no users
  return 0;
}
