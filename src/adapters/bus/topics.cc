// ensure_topics: see admin.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "adapters/bus/admin.h"
#include "core/logging.h"

namespace antiphon::bus {
namespace {

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool fits(const std::string& name, const std::string& wanted, const std::string& found) {
  if (name != "max.message.bytes") return wanted == found;
  const auto w = number(wanted);
  const auto f = number(found);
  return w && f && *f >= *w;
}

Result<> check_topic(Admin& admin, const TopicSpec& spec, const TopicDescription& found,
                     std::chrono::milliseconds timeout) {
  if (found.partitions != spec.partitions) {
    return make_error(
        ErrorKind::kConfig,
        fmt::format(
            "topic {} has {} partitions where {} are asked for; the number is set once: start with --partitions {}, "
            "or choose another --namespace",
            spec.name, found.partitions, spec.partitions, found.partitions));
  }
  ANTIPHON_TRY(config, admin.topic_config(spec.name, timeout));
  for (const auto& [name, wanted] : spec.config) {
    const auto it = config.find(name);
    if (it == config.end() || fits(name, wanted, it->second)) continue;
    return make_error(
        ErrorKind::kConfig,
        fmt::format(
            "topic {} has {}={} where {} is needed; mend it with: kafka-configs.sh --bootstrap-server HOST:PORT "
            "--alter --entity-type topics --entity-name {} --add-config {}={}",
            spec.name, name, it->second, wanted, spec.name, name, wanted));
  }
  return {};
}

}  // namespace

Result<> ensure_topics(Admin& admin, const std::vector<TopicSpec>& specs, int replication,
                       std::chrono::milliseconds timeout) {
  ANTIPHON_TRY(existing, admin.topics(timeout));
  const auto find = [](const std::vector<TopicDescription>& topics, const std::string& name) {
    return std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.name == name; });
  };
  for (const TopicSpec& spec : specs) {
    auto it = find(existing, spec.name);
    if (it == existing.end()) {
      const auto created = admin.create_topic(spec, replication, timeout);
      if (created) {
        logging::info("topic made", {{"topic", spec.name}, {"partitions", spec.partitions}});
        continue;
      }
      if (created.error().kind != ErrorKind::kAlreadyExists) return created.error();
      ANTIPHON_TRY(now, admin.topics(timeout));  // another stage was quicker: look at what it made
      existing = std::move(now);
      it = find(existing, spec.name);
      if (it == existing.end())
        return make_error(ErrorKind::kUnavailable, fmt::format("topic {} is being made", spec.name));
    }
    ANTIPHON_TRY_VOID(check_topic(admin, spec, *it, timeout));
  }
  return {};
}

}  // namespace antiphon::bus
