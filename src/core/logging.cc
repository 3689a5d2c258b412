#include "core/logging.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/clock.h"

namespace antiphon::logging {
namespace {

Settings& current() {
  static Settings settings;  // set once at start, read ever after
  return settings;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
    case Level::kOff:
      return "error";
  }
  return "info";
}

void append_json_text(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_json_field(std::string& out, const Field& field) {
  out.push_back(',');
  append_json_text(out, field.name);
  out.push_back(':');
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    append_json_text(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    out += fmt::format("{}", *real);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

void append_text_field(std::string& out, const Field& field) {
  out.push_back(' ');
  out += field.name;
  out.push_back('=');
  std::visit(
      [&](const auto& v) {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>) {
          if (v.find_first_of(" \t\r\n\"=") == std::string::npos && !v.empty()) {
            out += v;
          } else {
            append_json_text(out, v);
          }
        } else {
          out += fmt::format("{}", v);
        }
      },
      field.value);
}

Format effective(Format format) {
  if (format != Format::kAuto) return format;
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return terminal ? Format::kText : Format::kJson;
}

}  // namespace

void configure(const Settings& settings) { current() = settings; }

std::string render(Format format, Level level, std::string_view timestamp, std::string_view message, Fields fields) {
  std::string out;
  if (effective(format) == Format::kJson) {
    out = fmt::format(R"({{"ts":"{}","level":"{}","msg":)", timestamp, name_of(level));
    append_json_text(out, message);
    append_json_field(out, {"service.name", current().service});
    if (!current().instance.empty()) append_json_field(out, {"instance", current().instance});
    for (const Field& field : fields) append_json_field(out, field);
    out.push_back('}');
    return out;
  }
  out = fmt::format("{} {:5} {} {}", timestamp, name_of(level), current().service, message);
  for (const Field& field : fields) append_text_field(out, field);
  return out;
}

void write(Level level, std::string_view message, Fields fields) {
  if (level < current().minimum) return;
  std::string line = render(current().format, level, format_rfc3339(SystemClock{}.wall_now()), message, fields);
  line.push_back('\n');
  // A full or closed standard error must not stop the work that is being logged.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace antiphon::logging
