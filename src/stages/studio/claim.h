// A claim: what the owner of a partition of prompts says of itself, as the metadata of its committed offset in the
// group NAMESPACE.studio. JSON:
//
//   {"peer":"http://10.0.0.7:8080","token":"0b5e7c1a-...","writer":"voices.studio.0","released":false}
//
// Only the member that the group takes for the owner can write it; it is read by every studio of the namespace.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace antiphon::studio {

constexpr std::size_t kClaimBytesMax = 4096;  // the default of Kafka's offset.metadata.max.bytes
constexpr std::size_t kPeerBytesMax = 300;

struct Claim {
  std::string peer;       // how other studios reach this one: is_peer_url()
  std::string token;      // UUID of this process: opens its door to them (X-Studio-Peer)
  std::string writer;     // the transactional id it writes prompt-state with
  bool released = false;  // it has let go of the partition in order: nobody owns it now
  friend bool operator==(const Claim&, const Claim&) = default;
};

std::string to_string(const Claim& claim);
// kInvalidInput says which field is wrong. Fields that it does not know are ignored: a later version may have more.
Result<Claim> read_claim(std::string_view text);

// http(s)://HOST[:PORT], nothing before the host or behind the port.
bool is_peer_url(std::string_view text);

}  // namespace antiphon::studio
