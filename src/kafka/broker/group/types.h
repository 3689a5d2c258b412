// What goes into the group coordinator and what comes out of it: requests and answers without wire format, in the terms
// of Kafka's classic group protocol (KIP-62, KIP-345 static members, KIP-394 known member ids, KIP-814 skipped
// assignment).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/types.h"
#include "kafka/wire/error_code.h"

namespace antiphon::kafka::broker {

using wire::ErrorCode;
using ConnectionId = Strong<struct ConnectionTag, std::uint64_t>;  // of this process, never used twice
using Milliseconds = std::chrono::milliseconds;

// Both clocks at one moment; the coordinator never asks for the time itself.
struct Instant {
  MonoTime mono;
  WallTime wall;
};

enum class GroupState : std::uint8_t { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable, kDead };
std::string_view to_string(GroupState state);  // as ListGroups and DescribeGroups spell it

struct MemberProtocol {  // one assignment strategy a member can take, with its subscription
  std::string name;
  Bytes metadata;
  friend bool operator==(const MemberProtocol&, const MemberProtocol&) = default;
};

struct JoinRequest {
  std::string group_id;
  std::string member_id;  // empty: a new one
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  std::string protocol_type;
  std::vector<MemberProtocol> protocols;  // in the order of the member's preference
  Milliseconds session_timeout{};
  Milliseconds rebalance_timeout{};    // JoinGroup 0 has none: the session timeout
  bool needs_known_member_id = false;  // JoinGroup 4+ (KIP-394)
  bool can_skip_assignment = false;    // JoinGroup 9+ (KIP-814)
  ConnectionId connection;
};

struct JoinedMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  Bytes metadata;
};

struct JoinAnswer {
  ErrorCode error = ErrorCode::kNone;
  GenerationId generation{-1};
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<JoinedMember> members;  // for the leader only
};

struct SyncRequest {
  std::string group_id;
  std::string member_id;
  std::optional<std::string> instance_id;
  GenerationId generation{-1};
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<std::pair<std::string, Bytes>> assignments;  // member id -> assignment; from the leader
  ConnectionId connection;
};

struct SyncAnswer {
  ErrorCode error = ErrorCode::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Bytes assignment;
};

struct HeartbeatRequest {
  std::string group_id;
  std::string member_id;
  std::optional<std::string> instance_id;
  GenerationId generation{-1};
};

struct LeavingMember {
  std::string member_id;  // may be empty when instance_id names a static member (LeaveGroup 3+)
  std::optional<std::string> instance_id;
};

struct OffsetToCommit {
  std::string topic;
  PartitionId partition;
  Offset offset;
  LeaderEpoch leader_epoch{-1};
  std::string metadata;
};

struct CommitRequest {
  std::string group_id;
  std::string member_id;  // empty with generation -1: a consumer that assigns by itself
  std::optional<std::string> instance_id;
  GenerationId generation{-1};
  std::vector<OffsetToCommit> offsets;
  bool in_transaction = false;  // TxnOffsetCommit: a client before version 3 names no member
};

struct CommittedOffset {
  Offset offset{-1};
  LeaderEpoch leader_epoch{-1};
  std::string metadata;
  std::int64_t commit_timestamp_ms = -1;
  std::uint64_t order = 0;  // of this process: a later commit is not undone by a transaction that was begun before it
};

inline constexpr std::string_view kConsumerProtocolType = "consumer";

struct DescribedMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  Bytes metadata;
  Bytes assignment;
};

struct DescribedGroup {
  ErrorCode error = ErrorCode::kNone;
  GroupState state = GroupState::kDead;
  std::string protocol_type;
  std::string protocol;
  std::vector<DescribedMember> members;
};

struct ListedGroup {
  std::string group_id;
  std::string protocol_type;
  GroupState state = GroupState::kEmpty;
};

// Each is called exactly once, at once or later, on the coordinator's thread; it must not call the coordinator.
using JoinReply = std::function<void(const JoinAnswer&)>;
using SyncReply = std::function<void(const SyncAnswer&)>;
using CommitReply = std::function<void(const std::vector<ErrorCode>&)>;  // one an offset, in the request's order

}  // namespace antiphon::kafka::broker
