// What `antiphon up` is asked for, and the child processes that follow from it. Pure: nothing is started here.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/broker_security.h"
#include "cli/kafka_options.h"
#include "cli/supervisor/supervisor.h"
#include "core/file_system.h"
#include "core/random.h"

namespace antiphon::cli {

struct UpSettings {
  std::string data = "./antiphon-data";
  std::string http = "127.0.0.1:8080";
  std::string listen = "127.0.0.1:9092";  // the embedded broker
  bool embedded = true;                   // false: --bootstrap names a cluster
  std::string advertise;                  // of the embedded broker: where it differs
  BrokerSecurityOptions security;         // of the embedded broker
  std::string kafka_ca;                   // by which the stages know its certificate; empty: the certificate itself
  KafkaOptions kafka;
  std::vector<std::string> corpora;
  std::vector<std::string> archives;  // none: a folder `archive` in the data folder
  std::string locale;
  std::string rules;
  int takes = 1;
  int ahead = 200;
  bool lan = false;
  std::string tls;  // CERT,KEY
  std::string web;
  std::string config_file;
  std::string slot = "0";  // of its stages among those of other machines; the same after a restart
  std::string log_level;
  std::string log_format;

  // Fills what follows from other settings (--lan listens everywhere) and says what is wrong.
  Result<> complete();
  [[nodiscard]] events::Topics topics() const;  // after complete()
};

// What tells this folder's stages from those of other machines in one cluster: made with the first use, kept in
// DATA/slot.
Result<std::string> slot_of_folder(FileSystem& fs, Random& random, const std::string& data);

// The addresses that were given, then every other broker that one of them knows: a child that starts again finds the
// cluster also while the brokers that were named are down.
std::string with_all_brokers(const std::string& bootstrap, const std::map<std::int32_t, std::string>& brokers);

// Children end in this order: nothing new comes in, then what is there is stored, then the log closes.
enum StopOrder : int { kStopSources = 0, kStopTargets = 1, kStopBroker = 2 };

ChildSpec broker_child(const UpSettings& settings);
ChildSpec studio_child(const UpSettings& settings);
ChildSpec select_child(const UpSettings& settings);
std::vector<ChildSpec> archive_children(const UpSettings& settings);

}  // namespace antiphon::cli
