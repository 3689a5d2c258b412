// What `antiphon status` tells: one screen, or the same as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"

namespace antiphon::tools {

struct ProcessLine {  // of an `antiphon up` on this machine
  std::string name;
  std::int64_t pid = -1;  // -1: waiting to be started again
  std::string state;      // ready, degraded, starting, stopping, no answer
  std::int64_t restarts = 0;
  std::string since;  // RFC 3339
  std::vector<std::string> problems;
};

struct TopicLine {
  std::string name;
  std::int64_t events = 0;       // offsets between the log's start and its end
  std::int64_t last_minute = 0;  // of them, appended in the last 60 s
};

struct GroupLine {
  std::string name;
  std::string state;                  // Kafka's words
  std::vector<std::string> members;   // client ids
  std::int64_t lag = 0;               // events
  std::optional<double> lag_seconds;  // age of the oldest event that is not yet committed; nothing without lag
};

struct CorpusLine {
  std::string id;
  std::string condition;  // reading, waiting, offline, done
  std::string detail;
  std::uint64_t published = 0;
  std::uint64_t left_out = 0;
  std::uint64_t repeated = 0;
};

struct StatusReport {
  std::string bootstrap;
  std::string name_space;
  WallTime time;
  std::map<std::int32_t, std::string> brokers;
  std::int32_t controller = -1;
  std::vector<ProcessLine> processes;
  std::vector<TopicLine> topics;
  std::vector<GroupLine> groups;
  std::vector<CorpusLine> corpora;
  std::map<std::string, std::int64_t> open_sentences;  // locale -> neither leased, parked nor complete
  std::vector<TopicLine> dead_letters;
};

std::string render_text(const StatusReport& report);
std::string render_json(const StatusReport& report);

}  // namespace antiphon::tools
