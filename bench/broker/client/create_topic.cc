#include "adapters/bus/admin.h"
#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {

nlohmann::json create_topic(const std::string& bootstrap, const std::string& topic, int partitions, int replicas,
                            const char* min_in_sync) {
  constexpr std::chrono::seconds kTimeout{60};
  bus::Connection connection;
  connection.bootstrap = bootstrap;
  connection.client_id = "voices.bench.0";
  const auto admin = bus::Admin::create(connection);
  if (!admin) give_up(admin.error().message);
  const auto created =
      (*admin)->create_topic({topic, partitions, {{"min.insync.replicas", min_in_sync}}}, replicas, kTimeout);
  const bool there_already = !created && created.error().kind == ErrorKind::kAlreadyExists;
  if (!created && !there_already) give_up(created.error().message);
  return nlohmann::json::object();
}

}  // namespace antiphon::bench
