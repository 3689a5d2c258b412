// antiphon up: the whole pipeline on one machine, one child process a stage.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "adapters/bus/admin.h"
#include "cli/commands.h"
#include "cli/lan/lan.h"
#include "cli/process.h"
#include "cli/supervisor/supervisor.h"
#include "cli/up/client_config.h"
#include "cli/up/data_lock.h"
#include "cli/up/up_settings.h"
#include "core/file_system.h"
#include "core/logging.h"
#include "events/event.h"
#include "stages/select/select.h"

namespace antiphon::cli {
namespace {

constexpr std::chrono::milliseconds kLockPatience{5'000};
constexpr std::chrono::milliseconds kKafkaTimeout{30'000};

// DATA/up.json: what runs, for `antiphon status`.
void write_state(const UpSettings& settings, const Supervisor& supervisor, int up_pid) {
  nlohmann::json children = nlohmann::json::array();
  for (const ChildReport& child : supervisor.report()) {
    children.push_back({{"name", child.name},
                        {"pid", child.pid},
                        {"ready", child.ready},
                        {"status", child.status_url},
                        {"restarts", child.restarts},
                        {"since", format_rfc3339(child.since)}});
  }
  const nlohmann::json state{{"pid", up_pid},
                             {"bootstrap", settings.kafka.bootstrap},
                             {"namespace", settings.kafka.name_space},
                             {"kafka_config", settings.kafka.config},
                             {"children", children}};
  PosixFileSystem fs;
  const auto written = write_file_atomically(fs, settings.data + "/up.json", as_bytes(state.dump(2) + "\n"));
  if (!written) logging::warn("the state file is not written", {{"detail", written.error().message}});
}

Result<> start_kafka(UpSettings& settings, Supervisor& supervisor) {
  if (settings.embedded) {
    ANTIPHON_TRY_VOID(supervisor.start(broker_child(settings)));
    ANTIPHON_TRY(address, supervisor.wait_ready("broker"));
    settings.kafka.bootstrap = address;
  } else {
    ANTIPHON_TRY(connection, settings.kafka.connection("up", "0"));
    ANTIPHON_TRY_VOID(bus::wait_until_reachable(connection, kKafkaTimeout));
  }
  ANTIPHON_TRY(connection, settings.kafka.connection("up", "0"));
  ANTIPHON_TRY(admin, bus::Admin::create(connection));
  if (!settings.embedded) {
    ANTIPHON_TRY(cluster, admin->cluster(kKafkaTimeout));
    settings.kafka.bootstrap = with_all_brokers(settings.kafka.bootstrap, cluster.brokers);
  }
  return bus::ensure_topics(*admin, settings.topics().specs(settings.kafka.partitions), settings.kafka.replication,
                            kKafkaTimeout);
}

Result<std::string> start_stages(const UpSettings& settings, Supervisor& supervisor) {
  ANTIPHON_TRY_VOID(supervisor.start(studio_child(settings)));
  std::vector<std::string> names{"studio"};
  if (settings.corpora.empty()) {
    logging::warn("no corpus: no new sentences will be published; name one with --corpus URL");
  } else {
    ANTIPHON_TRY_VOID(supervisor.start(select_child(settings)));
    names.emplace_back("select");
  }
  for (ChildSpec& spec : archive_children(settings)) {
    names.push_back(spec.name);
    ANTIPHON_TRY_VOID(supervisor.start(std::move(spec)));
  }
  for (const auto& name : names) ANTIPHON_TRY_VOID(supervisor.wait_ready(name));
  return supervisor.wait_ready("studio");
}

Result<> run_all(UpSettings& settings, Supervisor& supervisor) {
  ANTIPHON_TRY_VOID(start_kafka(settings, supervisor));
  ANTIPHON_TRY(address, start_stages(settings, supervisor));
  if (settings.lan) ANTIPHON_TRY_VOID(print_lan_invitation(address));
  print_ready(address);
  return supervisor.run();
}

Result<> run_up(UpSettings& settings, Process& process, int& child_code) {
  PosixFileSystem fs;
  ANTIPHON_TRY_VOID(fs.make_directories(settings.data));
  ANTIPHON_TRY(lock, DataLock::take(settings.data, kLockPatience, process.stop));
  ANTIPHON_TRY_VOID(prepare_client_config(fs, settings));
  if (settings.lan) {
    ANTIPHON_TRY(certificate, ensure_lan_certificate(fs, settings.data + "/tls"));
    settings.tls = certificate.certificate_file + "," + certificate.key_file;
  }
  if (!settings.embedded) {
    SystemRandom random;
    ANTIPHON_TRY(slot, slot_of_folder(fs, random, settings.data));
    settings.slot = std::move(slot);
  }
  const SystemClock clock;
  Supervisor supervisor(process.stop, clock, {lock.fd()});
  const int pid = ::getpid();
  supervisor.on_change([&] { write_state(settings, supervisor, pid); });
  const Result<> result = run_all(settings, supervisor);
  if (!result) child_code = supervisor.fatal_code();
  const bool clean = supervisor.stop_all();
  static_cast<void>(fs.remove(settings.data + "/up.json"));  // nothing runs any more
  if (!result && result.error().kind != ErrorKind::kCancelled) return result.error();
  child_code = 0;
  if (!clean)
    return make_error(ErrorKind::kInternal, "not every process ended in time; nothing that was acknowledged is lost");
  return {};
}

void add_options(Options& options, UpSettings& settings) {
  settings.kafka.bootstrap.clear();  // not given: the embedded broker's, once it listens
  options.add("data", settings.data, "folder of the broker's log and of everything else that is kept here");
  options.add("http", settings.http, "where the studio serves the page, HOST:PORT; port 0 takes a free one");
  options.add("kafka", settings.listen, "where the embedded broker listens, HOST:PORT");
  options.add("advertise", settings.advertise, "HOST:PORT that Kafka clients are told, where it differs");
  settings.security.add_to(options);
  options.add("kafka-ca", settings.kafka_ca,
              "PEM file by which the stages know the broker's certificate; default: the certificate of --kafka-tls");
  settings.kafka.add_to(options);
  options.add("corpus", settings.corpora,
              "sentences: file:///folder-or-file or s3://bucket/prefix; repeatable; antiphon select --help tells more");
  options.add("archive", settings.archives,
              "where voices go: file:///folder or s3://bucket/prefix; repeatable; default: DATA/archive");
  options.add("locale", settings.locale,
              "language of sentences whose file name does not say it (am.txt and sw-news.csv do)");
  options.add("rules", settings.rules, "TOML file: which sentences are left out; default: the built-in rules");
  options.add("takes", settings.takes, "recordings wanted of each sentence")->check(CLI::Range(1, events::kWantedMax));
  options.add("ahead", settings.ahead, "open sentences kept ready in each language")
      ->check(CLI::Range(1, select::kAheadMax));
  options.add_flag("lan", settings.lan,
                   "serve phones on this network: https with a certificate of our own, and a QR code");
  options.add("tls", settings.tls, "CERT,KEY: PEM files; the studio serves https");
  options.add("web", settings.web, "folder of the page, where it is not beside the program");
  options.footer(
      "Without --bootstrap an embedded broker is started at --kafka; with it, none: the cluster that it names is "
      "used.\n"
      "When all is up the last line on standard output is: ready http://HOST:PORT\n"
      "Ctrl-C or SIGTERM ends everything in order.");
}

}  // namespace

int run_up_command(const Arguments& arguments) {
  Options options("up", "Starts everything on this machine: broker, selector, studio and archives.");
  UpSettings settings;
  add_options(options, settings);
  if (const auto code = options.parse(arguments)) return *code;
  settings.embedded = !options.given("bootstrap");
  settings.config_file = options.config_file();
  settings.log_level = options.log_level();
  settings.log_format = options.log_format();
  if (const auto complete = settings.complete(); !complete) return finish("up", complete.error());
  int child_code = 0;
  const int code = run_process(options, "up", [&](Process& process) { return run_up(settings, process, child_code); });
  return code == exit_code(ErrorKind::kInternal) && child_code != 0 ? child_code : code;
}

}  // namespace antiphon::cli
