#include "cli/up/client_config.h"

#include <fmt/format.h>

#include <filesystem>

#include "kafka/broker/auth/users.h"

namespace antiphon::cli {
namespace {

using kafka::broker::SaslMechanism;
using Properties = std::map<std::string, std::string>;

constexpr std::size_t kPasswordWords = 4;  // 256 bits

std::string fresh_password(Random& random) {
  std::array<std::uint64_t, kPasswordWords> words{};
  for (auto& word : words) word = random.next();
  return to_hex(std::as_bytes(std::span(words)));
}

// The password of the stages' user: that of the file from the last time where the broker still takes it, else a new
// one.
Result<std::string> stage_password(FileSystem& files, const UpSettings& settings, const std::string& path) {
  SystemRandom random;
  const std::string broker_data = settings.data + "/broker";
  ANTIPHON_TRY_VOID(files.make_directories(broker_data));
  ANTIPHON_TRY(users, kafka::broker::UserStore::open(files, kafka::broker::users_file(broker_data), random));
  ANTIPHON_TRY(exists, files.exists(path));
  if (exists) {
    KafkaOptions last;
    last.config = path;
    ANTIPHON_TRY(properties, last.all_properties());
    if (const auto known = properties.find("sasl.password");
        known != properties.end() && users.check_password(kStageUser, known->second))
      return known->second;
  }
  std::string password = fresh_password(random);
  ANTIPHON_TRY_VOID(users.change([&](kafka::broker::Users& all) {
    using kafka::broker::ScramCredential;
    using kafka::broker::ScramHash;
    for (const ScramHash hash : {ScramHash::kSha256, ScramHash::kSha512})
      all[kStageUser][hash] = ScramCredential::of_password(hash, password, random, kafka::broker::kScramIterationsMin);
  }));
  return password;
}

// The strongest that is offered.
SaslMechanism best_of(const std::vector<SaslMechanism>& offered) {
  return *std::max_element(offered.begin(), offered.end());
}

Result<> add_embedded(FileSystem& files, const UpSettings& settings, const std::string& path, Properties& properties) {
  ANTIPHON_TRY(security, settings.security.settings());
  if (security.tls || !security.sasl.empty()) properties.emplace("security.protocol", security.protocol());
  if (security.tls) {
    const std::string authority = settings.kafka_ca.empty() ? security.tls->certificate_file : settings.kafka_ca;
    properties.emplace("ssl.ca.location", std::filesystem::absolute(authority).lexically_normal().string());
  }
  if (security.sasl.empty() || properties.contains("sasl.username")) return {};
  ANTIPHON_TRY(password, stage_password(files, settings, path));
  properties.emplace("sasl.mechanism", to_string(best_of(security.sasl)));
  properties.emplace("sasl.username", kStageUser);
  properties["sasl.password"] = password;
  return {};
}

}  // namespace

Result<> prepare_client_config(FileSystem& files, UpSettings& settings) {
  ANTIPHON_TRY(properties, settings.kafka.all_properties());
  const std::string path = std::filesystem::absolute(settings.data + "/kafka-client.properties").lexically_normal();
  if (settings.embedded) ANTIPHON_TRY_VOID(add_embedded(files, settings, path, properties));
  settings.kafka.config.clear();
  settings.kafka.properties.clear();
  if (properties.empty()) return {};
  std::string text = "# Made by antiphon up at every start, for its stages; also for kcat -F. Keep it to yourself.\n";
  for (const auto& [name, value] : properties) text += fmt::format("{}={}\n", name, value);
  ANTIPHON_TRY_VOID(write_file_atomically(files, path, as_bytes(text)));
  settings.kafka.config = path;
  return {};
}

}  // namespace antiphon::cli
