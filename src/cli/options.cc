#include "cli/options.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <array>
#include <iostream>

#include "core/result.h"

namespace antiphon::cli {
namespace {

// Tables that the configuration file may hold: one a subcommand.
constexpr std::array<std::string_view, 7> kTables{"up", "broker", "select", "studio", "archive", "status", "recording"};
// Keys at the top of the file: what several subcommands share.
constexpr std::array<std::string_view, 12> kSharedKeys{
    "bootstrap", "namespace",  "partitions",      "replication",       "kafka-property", "kafka-config",
    "kafka-tls", "kafka-sasl", "kafka-client-ca", "kafka-client-auth", "log-level",      "log-format"};

template <class Range>
bool holds(const Range& range, std::string_view value) {
  return std::find(range.begin(), range.end(), value) != range.end();
}

std::string environment_name(const std::string& name) {
  std::string out = "ANTIPHON_" + name;
  for (char& c : out) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

bool is_secret(std::string_view text) {
  for (const std::string_view word : {"password", "secret", "token", "sasl.", "ssl.key"}) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// A TOML scalar, or an array of them, as the command line would have said it.
std::optional<std::vector<std::string>> texts_of(const toml::node& node) {
  if (const auto* array = node.as_array()) {
    std::vector<std::string> out;
    for (const auto& element : *array) {
      const auto one = texts_of(element);
      if (!one || one->size() != 1) return std::nullopt;
      out.push_back(one->front());
    }
    return out;
  }
  if (const auto text = node.value<std::string>()) return std::vector<std::string>{*text};
  if (node.is_boolean()) return std::vector<std::string>{*node.value<bool>() ? "true" : "false"};
  if (const auto number = node.value<std::int64_t>(); number && node.is_integer())
    return std::vector<std::string>{std::to_string(*number)};
  if (const auto real = node.value<double>()) return std::vector<std::string>{fmt::format("{}", *real)};
  return std::nullopt;
}

// Everybody on the machine can read a command line.
bool holds_password(const std::string& argument) {
  return argument.find("password=") != std::string::npos || argument.find("sasl.jaas.config=") != std::string::npos;
}

}  // namespace

Options::Options(std::string command, const std::string& summary)
    : command_(std::move(command)), app_(summary, "antiphon " + command_) {
  app_.get_formatter()->column_width(34);
  app_.set_help_flag("-h,--help", "this text");
  add("config", config_file_,
      "TOML file: [COMMAND] and these names without --; the command line and the environment win");
  add("status", status_address_, "serve health and metrics at HOST:PORT (/healthz /readyz /metrics); off by default");
  add("log-level", log_level_, "debug, info, warn or error")->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  add("log-format", log_format_, "text, json, or auto: text on a terminal")
      ->check(CLI::IsMember({"auto", "text", "json"}));
}

CLI::Option* Options::known(const std::string& name, CLI::Option* option) {
  options_[name] = option;
  return option->envname(environment_name(name));
}

bool Options::given(const std::string& name) const {
  const auto it = options_.find(name);
  return it != options_.end() && it->second->count() > 0;
}

std::optional<std::string> Options::read_config() {
  toml::table file;
  try {
    file = toml::parse_file(config_file_);
  } catch (const toml::parse_error& e) {
    return fmt::format("{}:{}: {}", config_file_, e.source().begin.line, std::string(e.description()));
  }
  const auto take = [&](std::string_view key, const toml::node& node) -> std::optional<std::string> {
    const auto it = options_.find(std::string(key));
    if (it == options_.end() || it->second->count() > 0)
      return std::nullopt;  // not ours, or said more loudly elsewhere
    const auto texts = texts_of(node);
    if (!texts)
      return fmt::format("{}:{}: '{}' wants a text, a number, true or false, or a list of them", config_file_,
                         node.source().begin.line, key);
    try {
      for (const auto& text : *texts) it->second->add_result(text);
      it->second->run_callback();
    } catch (const CLI::Error& e) {
      return fmt::format("{}:{}: {}", config_file_, node.source().begin.line, e.what());
    }
    return std::nullopt;
  };
  const auto own = file.find(command_);
  if (own != file.end() && own->second.is_table()) {
    for (const auto& [key, node] : *own->second.as_table()) {
      if (!options_.contains(std::string(key.str()))) {
        return fmt::format("{}:{}: antiphon {} has no setting '{}'; see antiphon {} --help", config_file_,
                           node.source().begin.line, command_, std::string(key.str()), command_);
      }
      if (auto problem = take(key.str(), node)) return problem;
    }
  }
  for (const auto& [key, node] : file) {
    if (node.is_table()) {
      if (!holds(kTables, key.str()))
        return fmt::format("{}:{}: there is no subcommand '{}'", config_file_, node.source().begin.line,
                           std::string(key.str()));
      continue;
    }
    if (!holds(kSharedKeys, key.str())) {
      return fmt::format("{}:{}: '{}' is no setting that commands share; put it under [COMMAND]", config_file_,
                         node.source().begin.line, std::string(key.str()));
    }
    if (auto problem = take(key.str(), node)) return problem;
  }
  return std::nullopt;
}

void Options::configure_logging() const {
  logging::Settings settings;
  settings.service = "antiphon-" + command_;
  if (log_level_ == "debug") settings.minimum = logging::Level::kDebug;
  if (log_level_ == "warn") settings.minimum = logging::Level::kWarn;
  if (log_level_ == "error") settings.minimum = logging::Level::kError;
  if (log_format_ == "text") settings.format = logging::Format::kText;
  if (log_format_ == "json") settings.format = logging::Format::kJson;
  logging::configure(settings);
}

std::optional<int> Options::parse(const Arguments& arguments) {
  if (std::any_of(arguments.begin(), arguments.end(), holds_password)) {
    std::cerr << "antiphon " << command_
              << ": everybody on this machine can read a password on the command line; put it into a file, for "
                 "--kafka-config FILE or --config FILE\n";
    return exit_code(ErrorKind::kUsage);
  }
  try {
    Arguments reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
    app_.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    std::cout << app_.help();
    return 0;
  } catch (const CLI::ParseError& e) {
    std::cerr << "antiphon " << command_ << ": " << e.what() << "\nTry 'antiphon " << command_ << " --help'.\n";
    return exit_code(ErrorKind::kUsage);
  }
  if (!config_file_.empty()) {
    if (const auto problem = read_config()) {
      std::cerr << "antiphon " << command_ << ": " << *problem << "\n";
      return exit_code(ErrorKind::kConfig);
    }
  }
  configure_logging();
  return std::nullopt;
}

void Options::log_settings() const {
  std::string line;
  for (const auto& [name, option] : options_) {
    if (option->count() == 0) continue;
    std::string value;
    for (const auto& result : option->results()) {
      value += (value.empty() ? "" : ",") + (is_secret(result) || is_secret(name) ? std::string("(hidden)") : result);
    }
    line += fmt::format("{}{}={}", line.empty() ? "" : " ", name, value);
  }
  logging::info("settings", {{"given", line}});
}

}  // namespace antiphon::cli
