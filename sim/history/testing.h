// What the checker's tests share.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "sim/history/event_json.h"

namespace antiphon::sim {

// A history written by hand: single quotes for double ones, and topic t where none is named.
inline History history_of(std::string text) {
  for (char& c : text) c = c == '\'' ? '"' : c;
  std::istringstream in(text);
  auto history = read_history(in);
  EXPECT_TRUE(history) << (history ? "" : history.error().message);
  if (!history) return {};
  for (Event& event : *history) event.topic = event.topic.empty() ? "t" : event.topic;
  return std::move(*history);
}

}  // namespace antiphon::sim
