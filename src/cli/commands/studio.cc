#include "stages/studio/studio.h"

#include <fmt/format.h>

#include <filesystem>

#include "adapters/http/server.h"
#include "cli/commands.h"
#include "cli/kafka_options.h"
#include "cli/process.h"
#include "cli/supervisor/program.h"
#include "cli/version.h"

namespace antiphon::cli {
namespace {

// The page beside an installed program (PREFIX/share/antiphon/web), else the one of the source tree it was built in.
std::string find_web() {
  const std::filesystem::path here = std::filesystem::path(sibling_program("antiphon")).parent_path();
  for (const char* candidate : {"../share/antiphon/web", "../../share/antiphon/web", "../../web/dist"}) {
    std::error_code error;
    const auto folder = std::filesystem::weakly_canonical(here / candidate, error);
    if (!error && std::filesystem::is_regular_file(folder / "index.html", error)) return folder.string();
  }
  return {};
}

// Wildcards are no address a browser can open.
std::string reachable_host(const std::string& host) {
  return host == "0.0.0.0" || host == "::" || host.empty() ? "localhost" : host;
}

Result<> split_tls(const std::string& tls, studio::StudioSettings& settings) {
  if (tls.empty()) return {};
  const auto comma = tls.find(',');
  if (comma == std::string::npos || comma == 0 || comma + 1 == tls.size())
    return make_error(ErrorKind::kUsage, "--tls takes two files: CERT,KEY");
  settings.tls_certificate = tls.substr(0, comma);
  settings.tls_key = tls.substr(comma + 1);
  return {};
}

}  // namespace

int run_studio_command(const Arguments& arguments) {
  Options options("studio", "Shows sentences to people in a browser and takes their voices.");
  studio::StudioSettings settings;
  KafkaOptions kafka;
  std::string http = "127.0.0.1:8080";
  std::string tls;
  std::int64_t lease_seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.lease).count();
  kafka.add_to(options);
  options.add("http", http, "where it serves, HOST:PORT; port 0 takes a free one");
  options.add("tls", tls, "CERT,KEY: PEM files; https. Browsers give the microphone only to https or localhost");
  options.add("web", settings.web_dir, "folder of the page; default: beside the program");
  options.add("lease-seconds", lease_seconds, "how long a sentence is kept for the person who was given it")
      ->check(CLI::Range(1, 86'400));
  options.add("skips", settings.skips_until_parked, "so many speakers skip a sentence before nobody is asked again")
      ->check(CLI::Range(1, 1000));
  options.add("slot", settings.slot,
              "which of several instances this is, kept over restarts: then it goes on at once after one");
  options.add("peer", settings.peer,
              "URL by which the other studios of the namespace reach this one; default: that of --http");
  options.add("peer-ca", settings.peer_ca, "PEM file: whose certificates of other studios are trusted");
  options.add_flag(
      "warm", settings.warm,
      "copies what the other studios own, so that it goes on at once where one dies; takes memory for all");
  options.footer(
      "The studios of a namespace share its sentences, and any of them answers any browser. One alone needs nothing;\n"
      "several each need a --slot, and must reach one another (--peer). Until what was left is read it answers 503, "
      "then it\n"
      "prints: ready http://HOST:PORT\n"
      "GET /api/v1/openapi.json describes its interface.");
  if (const auto code = options.parse(arguments)) return *code;

  const auto connection = kafka.connection("studio", settings.slot);
  if (!connection) return finish("studio", connection.error());
  const auto address = http::parse_listen_address(http);
  if (!address) return finish("studio", address.error());
  if (const auto split = split_tls(tls, settings); !split) return finish("studio", split.error());
  settings.kafka = *connection;
  settings.name_space = kafka.name_space;
  settings.partitions = kafka.partitions;
  settings.replication = kafka.replication;
  settings.http_host = address->host;
  settings.http_port = address->port;
  settings.lease = std::chrono::seconds(lease_seconds);
  settings.version = kVersion;
  if (settings.web_dir.empty()) settings.web_dir = find_web();
  if (const auto valid = settings.validate(); !valid) return finish("studio", valid.error());
  std::atomic<std::uint16_t> port = 0;
  const auto where = [&] {
    return fmt::format("{}://{}:{}", tls.empty() ? "http" : "https", reachable_host(settings.http_host), port.load());
  };
  return run_stage(options, "studio", where, [&](Process& process) {
    return studio::run_studio(settings, process.stop, process.health, process.metrics,
                              [&](std::uint16_t p) { port = p; });
  });
}

}  // namespace antiphon::cli
