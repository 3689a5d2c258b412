// Logs: one line an event on standard error; text on a terminal, JSON lines otherwise. Fields: ts level msg
// service.name instance, then what the caller adds. A message is a fixed text; what varies goes into fields. Never
// audio, transcripts or keys. Once an event, at the layer that decides what to do about it. Thread-safe: a line is one
// write(2).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "core/strong.h"

namespace antiphon::logging {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };  // kOff: as the minimum, nothing is written
enum class Format : std::uint8_t { kAuto, kText, kJson };  // kAuto: text when standard error is a terminal

struct Settings {
  std::string service = "antiphon";
  std::string instance;
  Level minimum = Level::kInfo;
  Format format = Format::kAuto;
};

// Once, before the first thread.
void configure(const Settings& settings);

// One field. Numbers stay numbers in JSON.
struct Field {
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string(v)) {}
  Field(std::string_view n, const std::string& v) : name(n), value(v) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
  template <class Tag, class Rep>
  Field(std::string_view n, const Strong<Tag, Rep>& v) : Field(n, v.value()) {}
};
using Fields = std::initializer_list<Field>;

void write(Level level, std::string_view message, Fields fields);
inline void debug(std::string_view message, Fields fields = {}) { write(Level::kDebug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::kInfo, message, fields); }
inline void warn(std::string_view message, Fields fields = {}) { write(Level::kWarn, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::kError, message, fields); }

// The line as it would be written (without line feed), for tests.
std::string render(Format format, Level level, std::string_view timestamp, std::string_view message, Fields fields);

}  // namespace antiphon::logging
