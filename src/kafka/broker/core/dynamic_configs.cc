#include "kafka/broker/core/dynamic_configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace antiphon::kafka::broker {
namespace {

using enum ConfigType;
constexpr double kDynamicIntMax = 2147483647.0;
constexpr double kDynamicLongMax = 9.3e18;  // wider than a long: the parser has the exact bound

// Defaults of Kafka 4.1.
constexpr ConfigEntry kBrokerConfigs[] = {
    {"background.threads", kInt, "10", 1, kDynamicIntMax, "", ""},
    {"log.cleaner.backoff.ms", kLong, "15000", 0, kDynamicLongMax, "", ""},
    {"log.cleaner.dedupe.buffer.size", kLong, "134217728", 0, kDynamicLongMax, "", ""},
    {"log.cleaner.io.max.bytes.per.second", kDouble, "1.7976931348623157E308", 0, 1.7e308, "", ""},
    {"log.cleaner.threads", kInt, "1", 0, kDynamicIntMax, "", ""},
    {"max.connection.creation.rate", kInt, "2147483647", 0, kDynamicIntMax, "", ""},
    {"max.connections.per.ip", kInt, "2147483647", 0, kDynamicIntMax, "", ""},
    {"num.io.threads", kInt, "8", 1, kDynamicIntMax, "", ""},
    {"num.network.threads", kInt, "3", 1, kDynamicIntMax, "", ""},
    {"num.recovery.threads.per.data.dir", kInt, "2", 1, kDynamicIntMax, "", ""},
    {"num.replica.fetchers", kInt, "1", 0, kDynamicIntMax, "", ""},
    {"sasl.kerberos.min.time.before.relogin", kLong, "60000", 0, kDynamicLongMax, "", ""},
};
constexpr ConfigEntry kGroupConfigs[] = {
    {"consumer.heartbeat.interval.ms", kInt, "5000", 1, kDynamicIntMax, "", ""},
    {"consumer.session.timeout.ms", kInt, "45000", 1, kDynamicIntMax, "", ""},
};

template <class Table>
const ConfigEntry* find_in(const Table& table, std::string_view name) {
  const auto* found = std::ranges::find(table, name, &ConfigEntry::name);
  return found == std::end(table) ? nullptr : found;
}

bool storable(std::string_view text) { return text.find_first_of("\t\n") == std::string_view::npos; }

Error damaged(std::size_t line) {
  return Error{ErrorKind::kCorrupt, fmt::format("line {} is not TYPE, NAME, KEY and VALUE", line)};
}

}  // namespace

std::span<const ConfigEntry> dynamic_broker_configs() { return kBrokerConfigs; }
std::span<const ConfigEntry> group_configs() { return kGroupConfigs; }

const ConfigEntry* find_dynamic_config(std::int8_t resource_type, std::string_view name) {
  if (resource_type == kTopicResource) return find_topic_config(name);
  if (resource_type == kGroupResource) return find_in(kGroupConfigs, name);
  if (resource_type != kBrokerResource) return nullptr;
  if (const auto* found = find_in(kBrokerConfigs, name)) return found;
  const auto topics = topic_configs();
  const auto found = std::ranges::find(topics, name, &ConfigEntry::broker_synonym);
  return found == topics.end() || name.empty() ? nullptr : &*found;
}

Result<DynamicConfigs::Table> DynamicConfigs::parse(std::string_view text) {
  Table table;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return damaged(line);
    std::array<std::string_view, 4> fields;
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(end + 1);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto tab = rest.find('\t');
      if ((tab == std::string_view::npos) != (i + 1 == fields.size())) return damaged(line);
      fields[i] = rest.substr(0, tab);
      rest.remove_prefix(tab == std::string_view::npos ? rest.size() : tab + 1);
    }
    std::int8_t type = 0;
    const auto [last, error] = std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), type);
    if (error != std::errc{} || last != fields[0].data() + fields[0].size() || fields[2].empty()) return damaged(line);
    table[{type, std::string(fields[1])}][std::string(fields[2])] = fields[3];
  }
  return table;
}

std::string DynamicConfigs::format(const Table& table) {
  std::string out;
  for (const auto& [resource, config] : table) {
    for (const auto& [key, value] : config)
      out += fmt::format("{}\t{}\t{}\t{}\n", static_cast<int>(resource.first), resource.second, key, value);
  }
  return out;
}

Result<DynamicConfigs> DynamicConfigs::open(FileSystem& files, std::string path) {
  ANTIPHON_TRY(exists, files.exists(path));
  if (!exists) return DynamicConfigs(files, std::move(path), {});
  ANTIPHON_TRY(bytes, read_file(files, path, kBytesMax));
  auto table = parse(as_text(bytes));
  if (!table) return make_error(ErrorKind::kCorrupt, fmt::format("{}: {}", path, table.error().message));
  return DynamicConfigs(files, std::move(path), std::move(*table));
}

const log::TopicConfig& DynamicConfigs::of(std::int8_t resource_type, std::string_view name) const {
  static const log::TopicConfig none;
  const auto found = table_.find(std::pair(resource_type, std::string(name)));
  return found == table_.end() ? none : found->second;
}

std::vector<std::string_view> DynamicConfigs::names(std::int8_t resource_type) const {
  std::vector<std::string_view> found;
  for (const auto& [resource, config] : table_) {
    if (resource.first == resource_type) found.push_back(resource.second);
  }
  return found;
}

Result<> DynamicConfigs::set(std::int8_t resource_type, std::string_view name, log::TopicConfig config) {
  const auto fine = [](const auto& setting) { return storable(setting.first) && storable(setting.second); };
  if (!storable(name) || !std::ranges::all_of(config, fine))
    return make_error(ErrorKind::kInvalidInput, "a name or value with a tab or a line end cannot be kept");
  Table next = table_;
  if (config.empty()) {
    next.erase({resource_type, std::string(name)});
  } else {
    next[{resource_type, std::string(name)}] = std::move(config);
  }
  const std::string text = format(next);
  if (next.size() > kResourcesMax || text.size() > kBytesMax)
    return make_error(ErrorKind::kLimit, "the broker keeps no more settings of brokers and groups");
  ANTIPHON_TRY_VOID(write_file_atomically(*files_, path_, as_bytes(text)));
  table_ = std::move(next);
  return {};
}

}  // namespace antiphon::kafka::broker
