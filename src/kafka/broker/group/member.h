// One member of a group, as the group sees it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "kafka/broker/group/types.h"

namespace antiphon::kafka::broker {

struct Member {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  Milliseconds session_timeout{};
  Milliseconds rebalance_timeout{};
  std::vector<MemberProtocol> protocols;
  Bytes assignment;

  JoinReply join_reply;                         // set: the member waits for the others
  SyncReply sync_reply;                         // set: the member waits for the leader's assignment
  ConnectionId connection;                      // of the reply that waits
  MonoTime session_deadline = MonoTime::max();  // max while a reply waits: waiting is being alive
  bool has_synced = false;                      // in this generation

  [[nodiscard]] const Bytes* metadata_for(std::string_view protocol) const {
    const auto found =
        std::find_if(protocols.begin(), protocols.end(), [&](const auto& p) { return p.name == protocol; });
    return found == protocols.end() ? nullptr : &found->metadata;
  }
};

}  // namespace antiphon::kafka::broker
