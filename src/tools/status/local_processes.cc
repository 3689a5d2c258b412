#include <curl/curl.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/file_system.h"
#include "tools/status/collect.h"

namespace antiphon::tools {
namespace {

constexpr std::uint64_t kStateBytesMax = 1 << 20;
constexpr std::size_t kAnswerBytesMax = 1 << 20;
constexpr long kAnswerTimeoutMs = 500;

nlohmann::json state_of(const std::string& data_dir) {
  PosixFileSystem fs;
  const auto text = read_file(fs, data_dir + "/up.json", kStateBytesMax);
  return text ? nlohmann::json::parse(as_text(*text), nullptr, false) : nlohmann::json();
}

std::optional<std::string> text_in(const nlohmann::json& state, const char* name) {
  if (!state.is_object() || !state.contains(name) || !state[name].is_string()) return std::nullopt;
  return state[name].get<std::string>();
}

std::size_t on_data(const char* data, std::size_t one, std::size_t count, void* target) {
  auto& out = *static_cast<std::string*>(target);
  if (out.size() + one * count > kAnswerBytesMax) return 0;
  out.append(data, one * count);
  return one * count;
}

std::string get(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kAnswerTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  return curl_easy_perform(curl.get()) == CURLE_OK ? body : std::string();
}

void ask_health(ProcessLine& line, const std::string& url) {
  const auto health = nlohmann::json::parse(get(url + "/healthz"), nullptr, false);
  if (!health.is_object()) return;
  line.state = health.value("status", std::string("no answer"));
  const auto problems = health.find("problems");
  if (problems == health.end() || !problems->is_object()) return;
  for (const auto& [component, text] : problems->items()) {
    if (text.is_string()) line.problems.push_back(component + ": " + text.get<std::string>());
  }
}

}  // namespace

std::vector<ProcessLine> local_processes(const std::string& data_dir) {
  const auto state = state_of(data_dir);
  std::vector<ProcessLine> lines;
  if (!state.is_object() || ::kill(state.value("pid", -1), 0) != 0) return lines;  // left behind by a killed `up`
  const auto children = state.find("children");
  if (children == state.end() || !children->is_array()) return lines;
  for (const auto& child : *children) {
    ProcessLine line;
    line.name = child.value("name", std::string());
    line.pid = child.value("pid", std::int64_t{-1});
    line.restarts = child.value("restarts", std::int64_t{0});
    line.since = child.value("since", std::string());
    line.state = line.pid < 0 ? "to restart" : "no answer";
    if (line.pid >= 0) ask_health(line, child.value("status", std::string()));
    lines.push_back(std::move(line));
  }
  return lines;
}

std::optional<std::string> local_bootstrap(const std::string& data_dir) {
  return text_in(state_of(data_dir), "bootstrap");
}

std::optional<std::string> local_namespace(const std::string& data_dir) {
  return text_in(state_of(data_dir), "namespace");
}

std::optional<std::string> local_kafka_config(const std::string& data_dir) {
  return text_in(state_of(data_dir), "kafka_config");
}

}  // namespace antiphon::tools
