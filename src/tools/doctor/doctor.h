// antiphon doctor: explains a cluster to a person, and names each promise that its settings would break.
//
// It only asks: nothing is made or changed. What Kafka's protocol does not tell this client is said to be unknown.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bus/connection.h"
#include "adapters/bus/promises.h"
#include "events/topics.h"

namespace antiphon::tools {

struct DoctorQuestion {
  bus::Connection kafka;
  events::Topics topics;
  std::optional<std::int32_t> partitions;  // nothing: as many as the recordings have, else the default
  std::string stage;                       // whose permissions are judged: select, studio, archive; empty: of all
  std::string archive_name;                // empty: of archives of any name
  std::chrono::milliseconds timeout{5'000};
};

struct DoctorReport {
  std::string name_space;
  bus::ClusterFacts facts;
  bus::Keeper keeper = bus::Keeper::kUnknown;
  std::vector<std::string> missing;  // topics that the stages will make at their first start
  std::string access;                // what is known of permissions, in one sentence
  bus::Findings findings;            // the heaviest first

  // 0: well; 78: a promise would break; 69: none would, but writes are refused at this moment.
  [[nodiscard]] int exit_code() const;
};

// kUnavailable when no broker answers.
Result<DoctorReport> examine(bus::Admin& admin, const DoctorQuestion& question);

std::string render_text(const DoctorReport& report);
std::string render_json(const DoctorReport& report);

// A topic's leaders, replicas and replicas in sync: a column a partition, a row a broker.
std::string picture_of(const bus::TopicFacts& topic, const bus::ClusterFacts& facts);

}  // namespace antiphon::tools
