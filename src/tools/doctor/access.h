// What each stage must be allowed on a cluster that keeps rules of access, and which of it is not granted.
//
// A plain function over the rules as Kafka tells them, and Kafka's way of reading them: a DENY wins; ALL holds every
// operation; READ, WRITE, DELETE and ALTER hold DESCRIBE; ALTER_CONFIGS holds DESCRIBE_CONFIGS.
#pragma once

#include <string>
#include <vector>

#include "adapters/bus/promises.h"
#include "events/topics.h"

namespace antiphon::tools {

struct Need {
  std::string stage;
  std::string resource_type;  // TOPIC, GROUP, TRANSACTIONAL_ID
  std::string resource;       // a whole name, or what it begins with
  bool prefix = false;
  std::string operation;  // READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS
};

// What select, studio and archive ask of Kafka: each makes what it finds missing of the topics that it checks at its
// start. `archive_name` empty: archives of any name, whose group and dead letters are known by their prefix only.
std::vector<Need> needs_of(const events::Topics& topics, const std::string& archive_name = {});

struct AccessFacts {
  std::string principal;                // User:NAME
  bool everyone_where_no_rule = false;  // allow.everyone.if.no.acl.found
  std::vector<std::string> super_users;
  std::vector<bus::AccessRule> rules;
};

// One finding a need that no rule grants, with the command that grants it.
bus::Findings judge_access(const std::vector<Need>& needs, const AccessFacts& access, const std::string& bootstrap);

}  // namespace antiphon::tools
