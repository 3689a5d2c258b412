#include "kafka/wire/testing/golden_batches.h"

#include <map>
#include <string>

namespace antiphon::kafka::wire::testing {
namespace {

struct Golden {
  std::string_view name;
  std::string_view hex;
};
constexpr Golden kGolden[] = {
#include "kafka/wire/testdata/golden_batches.inc"
};

}  // namespace

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

Bytes golden_batch(std::string_view name) {
  std::map<std::string_view, std::string_view> all;
  for (const auto& golden : kGolden) all[golden.name] = golden.hex;
  return from_hex(all.at(name));
}

}  // namespace antiphon::kafka::wire::testing
