#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <thread>
#include <vector>

#include "kafka.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/create_topics.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/find_coordinator.h"
#include "kafka/wire/frame.h"
#include "kafka/wire/join_group.h"
#include "kafka/wire/offset_commit.h"
#include "kafka/wire/produce.h"
#include "kafka/wire/sync_group.h"
#include "measurements.h"

namespace antiphon::bench {
namespace {

using namespace kafka::wire;
constexpr char kTopic[] = "crowd";
constexpr std::int32_t kStayMs = 300'000;
constexpr int kTriesMax = 300;
constexpr std::chrono::milliseconds kTryEvery{100};  // a coordinator that makes its topic says "not yet"

// One connection that sends a request and waits for its answer.
class Connection {
 public:
  Connection(const std::string& host, int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("cannot connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }

  template <class Message>
  void send(ApiVersion version, const Message& message) {
    Buffer bytes;
    Writer out(bytes);
    FrameWriter frame(out);
    RequestHeader header;
    header.api_key = static_cast<std::int16_t>(Message::kApiKey);
    header.api_version = version;
    header.client_id = "crowd";
    write(out, header);
    write(out, version, message);
    frame.finish();
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      give_up("cannot send");
  }
  // Views into the connection's buffer, good until the next call.
  template <class Answer, class Message>
  Answer call(ApiVersion version, const Message& message) {
    send(version, message);
    std::byte length[kFrameLengthBytes];
    receive(length, sizeof length);
    answer_.resize(static_cast<std::size_t>(load_big<std::int32_t>(length)));
    receive(answer_.data(), answer_.size());
    Reader in(answer_);
    std::int32_t correlation = 0;
    read_response_header(in, static_cast<std::int16_t>(Answer::kApiKey), version, correlation);
    Answer answer;
    read(in, version, answer);
    if (!in.ok()) give_up(in.error("an answer").message);
    return answer;
  }

 private:
  void receive(std::byte* to, std::size_t size) {
    while (size > 0) {
      const auto n = ::recv(fd_, to, size, 0);
      if (n <= 0) give_up("the broker closed a connection");
      to += n;
      size -= static_cast<std::size_t>(n);
    }
  }
  int fd_;
  Bytes answer_;
};

template <class Try>
void until_done(const char* what, const Try& attempt) {
  for (int i = 0; i < kTriesMax; ++i) {
    const ErrorCode error = attempt();
    if (error == ErrorCode::kNone) return;
    std::this_thread::sleep_for(kTryEvery);
  }
  give_up(std::string(what) + " was refused");
}

void make_topic_of(Connection& connection, int partitions) {
  CreateTopicsRequest request;
  request.topics.push_back({kTopic, partitions, 1, {}, {}});
  connection.call<CreateTopicsResponse>(2, request);
  BatchBuilder builder;
  builder.add(0, std::nullopt, as_bytes("here"));
  const auto batch = builder.finish();
  if (!batch) give_up("no batch");
  for (int i = 0; i < partitions; ++i) {
    ProduceRequest produce;
    produce.acks = 1;
    produce.timeout_ms = 10'000;
    produce.topic_data.push_back({kTopic, {{PartitionId(i), Records::in_memory(*batch)}}});
    until_done("a record", [&] {
      return connection.call<ProduceResponse>(3, produce).responses.at(0).partition_responses.at(0).error_code;
    });
  }
}

void join(Connection& connection, const std::string& group, int partition) {
  FindCoordinatorRequest find;
  find.key = group;
  until_done("a coordinator", [&] { return connection.call<FindCoordinatorResponse>(1, find).error_code; });
  JoinGroupRequest join;
  join.group_id = group;
  join.session_timeout_ms = kStayMs;
  join.rebalance_timeout_ms = kStayMs;
  join.protocol_type = "consumer";
  join.protocols.push_back({"range", {}});
  std::string member;
  GenerationId generation;
  until_done("a join", [&] {
    const auto joined = connection.call<JoinGroupResponse>(2, join);
    member = joined.member_id;
    generation = joined.generation_id;
    return joined.error_code;
  });
  SyncGroupRequest sync;
  sync.group_id = group;
  sync.generation_id = generation;
  sync.member_id = member;
  sync.assignments.push_back({member, as_bytes("assigned")});
  until_done("a sync", [&] { return connection.call<SyncGroupResponse>(1, sync).error_code; });
  OffsetCommitRequest commit;
  commit.group_id = group;
  commit.generation_id_or_member_epoch = generation;
  commit.member_id = member;
  commit.topics.push_back({kTopic, {{PartitionId(partition), Offset(1), LeaderEpoch(-1), -1, std::nullopt}}});
  until_done("a commit",
             [&] { return connection.call<OffsetCommitResponse>(2, commit).topics.at(0).partitions.at(0).error_code; });
}

void wait_for_more(Connection& connection, int partition) {
  FetchRequest fetch;
  fetch.max_wait_ms = kStayMs;
  fetch.min_bytes = 1;
  FetchRequest::Partition asked;
  asked.partition = PartitionId(partition);
  asked.fetch_offset = Offset(1);
  asked.partition_max_bytes = 1 << 20;
  fetch.topics.push_back({kTopic, {}, {asked}});
  connection.send(4, fetch);
}

}  // namespace

void crowd(const std::string& host, int port, int count) {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Connection> connections;
  connections.emplace_back(host, port);
  make_topic_of(connections.front(), count);
  for (int i = 0; i < count; ++i) {
    if (i > 0) connections.emplace_back(host, port);
    join(connections.back(), "crowd." + std::to_string(i), i);
    wait_for_more(connections.back(), i);
  }
  std::puts(nlohmann::json{{"connections", count}, {"seconds", seconds_since(begin)}}.dump().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

}  // namespace antiphon::bench
