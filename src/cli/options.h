// Options of one subcommand, each said once: flag, environment variable, key in the configuration file, and help.
//
// Order: command line, then environment (ANTIPHON_ and the flag in capitals: --bootstrap is ANTIPHON_BOOTSTRAP), then
// the file named by --config, then the default. The file is TOML: [studio] goes to studio; at the top stand only keys
// that several subcommands share (bootstrap, namespace, partitions, replication, kafka-property,
// kafka-config, kafka-tls, kafka-client-ca, kafka-client-auth, kafka-sasl, log-level, log-format). A key that nobody
// knows is an error with its line, never ignored.
//
//   Options options("archive", "stores every recording in a folder or in S3");
//   ArchiveSettings settings;
//   options.add("url", settings.url, "file:///folder or s3://bucket/prefix").required();
//   if (const auto code = options.parse(arguments)) return *code;
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>

#include "cli/command.h"
#include "core/logging.h"

namespace antiphon::cli {

class Options {
 public:
  Options(std::string command, const std::string& summary);

  // `name` without dashes; `target` holds the default and takes the value.
  template <class T>
  CLI::Option* add(const std::string& name, T& target, const std::string& help) {
    return known(name, app_.add_option("--" + name, target, help)->capture_default_str());
  }
  CLI::Option* add_flag(const std::string& name, bool& target, const std::string& help) {
    return known(name, app_.add_flag("--" + name, target, help));
  }
  CLI::Option* add_positional(const std::string& name, std::string& target, const std::string& help) {
    return app_.add_option(name, target, help);
  }
  // A paragraph under the options of --help.
  void footer(const std::string& text) { app_.footer(text); }

  // An exit code when the command is at its end already: 0 after --help, 64 after a mistake, which has been told on
  // standard error.
  std::optional<int> parse(const Arguments& arguments);

  [[nodiscard]] const std::string& config_file() const { return config_file_; }
  [[nodiscard]] const std::string& log_level() const { return log_level_; }
  [[nodiscard]] const std::string& log_format() const { return log_format_; }
  [[nodiscard]] const std::string& status_address() const { return status_address_; }
  [[nodiscard]] bool given(const std::string& name) const;
  // One line with every setting as it is in force; secrets hidden.
  void log_settings() const;

 private:
  CLI::Option* known(const std::string& name, CLI::Option* option);
  std::optional<std::string> read_config();
  void configure_logging() const;

  std::string command_;
  CLI::App app_;
  std::map<std::string, CLI::Option*> options_;  // by name, without dashes
  std::string config_file_;
  std::string status_address_;
  std::string log_level_ = "info";
  std::string log_format_ = "auto";
};

}  // namespace antiphon::cli
