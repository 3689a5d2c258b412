#include "kafka/broker/broker.h"

#include <fmt/format.h>

#include <charconv>

#include "cli/broker_security.h"
#include "cli/commands.h"
#include "cli/commands/broker_metrics.h"
#include "cli/commands/broker_users.h"
#include "cli/process.h"

namespace antiphon::cli {

namespace {

// NAME:PARTITIONS[:KEY=VALUE]...
Result<TopicSpec> parse_topic(const std::string& text) {
  const auto bad = [&] {
    return make_error(ErrorKind::kUsage, fmt::format("--topic takes NAME:PARTITIONS[:KEY=VALUE]..., not '{}'", text));
  };
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  TopicSpec topic;
  if (parts.size() < 2) return bad();
  topic.name = parts[0];
  const auto [end, error] = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), topic.partitions);
  if (error != std::errc{} || end != parts[1].data() + parts[1].size() || topic.partitions < 1) return bad();
  for (std::size_t i = 2; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    if (equals == std::string::npos || equals == 0) return bad();
    topic.config[parts[i].substr(0, equals)] = parts[i].substr(equals + 1);
  }
  return topic;
}

// Kafka's settings of groups, under Kafka's names.
struct GroupOptions {
  explicit GroupOptions(const kafka::broker::BrokerSettings& settings)
      : delay_ms(settings.initial_rebalance_delay.count()),
        session_min_ms(settings.limits.session_timeout_min.count()),
        session_max_ms(settings.limits.session_timeout_max.count()) {}

  void add_to(Options& options) {
    options
        .add("group-initial-rebalance-delay-ms", delay_ms, "how long a new group waits for more members; Kafka: 3000")
        ->check(CLI::Range(0, INT32_MAX));
    options.add("group-min-session-timeout-ms", session_min_ms, "a member's session.timeout.ms must not be shorter")
        ->check(CLI::Range(1, INT32_MAX));
    options.add("group-max-session-timeout-ms", session_max_ms, "nor longer")->check(CLI::Range(1, INT32_MAX));
  }
  void apply_to(kafka::broker::BrokerSettings& settings) const {
    settings.initial_rebalance_delay = std::chrono::milliseconds(delay_ms);
    settings.limits.session_timeout_min = std::chrono::milliseconds(session_min_ms);
    settings.limits.session_timeout_max = std::chrono::milliseconds(session_max_ms);
  }

  std::int64_t delay_ms;
  std::int64_t session_min_ms;
  std::int64_t session_max_ms;
};

}  // namespace

int run_broker_command(const Arguments& arguments) {
  Options options("broker", "The embedded Kafka broker: one node, Kafka's wire protocol, a crash-safe log.");
  kafka::broker::BrokerSettings settings;
  settings.data_dir = "./antiphon-data/broker";
  std::string listen = "127.0.0.1:9092";
  std::string advertise;
  options.add("data", settings.data_dir, "folder of the log; made if missing");
  options.add("kafka", listen, "where it listens, HOST:PORT; port 0 takes a free one and says which");
  options.add("advertise", advertise, "HOST:PORT that clients are told, where it differs");
  options.add("partitions", settings.default_partitions, "partitions of a topic that is made on first use")
      ->check(CLI::Range(1, 5000));
  std::vector<std::string> topics;
  options.add("topic", topics,
              "NAME:PARTITIONS[:KEY=VALUE]...: made before the port opens, where it is missing; repeatable");
  BrokerSecurityOptions security;
  security.add_to(options);
  std::string add_user;
  std::string remove_user;
  options.add("add-user", add_user,
              "only makes a user (or gives it a new password, from standard input) in --data, and ends");
  options.add("remove-user", remove_user, "only removes a user from --data, and ends");
  options.add("connections", settings.limits.connections_max, "connections at one time")->check(CLI::Range(1, 100'000));
  options.add("connections-per-address", settings.limits.connections_an_address_max, "of them from one address")
      ->check(CLI::Range(1, 100'000));
  GroupOptions groups(settings);
  groups.add_to(options);
  options.footer(
      "Security: PLAINTEXT as it is; SSL with --kafka-tls; SASL_PLAINTEXT with --kafka-sasl; SASL_SSL with both.\n"
      "Certificates are read again when they change. docs/security.md shows it step by step.\n"
      "acks=all means: on disk. Any Kafka client or tool works with it; it has no replication.\n"
      "When it takes connections it prints: ready HOST:PORT");
  if (const auto code = options.parse(arguments)) return *code;
  groups.apply_to(settings);

  const auto address = kafka::broker::parse_address(listen);
  if (!address) return finish("broker", address.error());
  settings.listen_host = address->host;
  settings.listen_port = address->port;
  if (!advertise.empty()) {
    const auto told = kafka::broker::parse_address(advertise);
    if (!told) return finish("broker", told.error());
    settings.advertise = *told;
  }
  for (const auto& text : topics) {
    auto topic = parse_topic(text);
    if (!topic) return finish("broker", topic.error());
    settings.topics.push_back(std::move(*topic));
  }
  auto secured = security.settings();
  if (!secured) return finish("broker", secured.error());
  settings.security = std::move(*secured);
  if (const auto valid = settings.validate(); !valid) return finish("broker", valid.error());
  if (!add_user.empty()) return finish("broker", add_broker_user(settings.data_dir, add_user));
  if (!remove_user.empty()) return finish("broker", remove_broker_user(settings.data_dir, remove_user));
  return run_process(options, "broker", [&](Process& process) {
    kafka::broker::BrokerMetrics metrics;
    std::optional<BrokerMetricsExport> exported;
    if (!options.status_address().empty()) exported.emplace(metrics, process.metrics);
    return kafka::broker::run_broker(
        settings, process.stop, process.health,
        [](const std::string& host, std::uint16_t port) { print_ready(fmt::format("{}:{}", host, port)); }, &metrics);
  });
}

}  // namespace antiphon::cli
