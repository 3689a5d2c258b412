#include "cli/supervisor/supervisor.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "core/logging.h"

namespace antiphon::cli {
namespace {

constexpr std::chrono::milliseconds kStep{1'000};
constexpr int kStartAttemptsMax = 5;  // deaths before the first ready

bool curable(int code) { return code != 0 && code != 64 && code != 74 && code != 78; }

}  // namespace

std::chrono::milliseconds RestartDelay::next(std::chrono::nanoseconds lived) {
  delay_ = lived >= kSettled || delay_.count() == 0 ? kFirst : std::min(delay_ * 2, kLast);
  return delay_;
}

struct Supervisor::Entry {
  ChildSpec spec;
  std::optional<Child> child;
  RestartDelay delay;
  MonoTime started_at;
  MonoTime restart_at;
  bool was_ready = false;
  ChildReport report;
};

Supervisor::Supervisor(StopToken stop, const Clock& clock, std::vector<int> inherit)
    : stop_(std::move(stop)), clock_(clock), inherit_(std::move(inherit)) {}
Supervisor::~Supervisor() = default;

Result<> Supervisor::start(ChildSpec spec) {
  auto entry = std::make_unique<Entry>();
  entry->spec = std::move(spec);
  entry->report.name = entry->spec.name;
  entries_.push_back(std::move(entry));
  return spawn(*entries_.back());
}

Result<> Supervisor::spawn(Entry& entry) {
  ANTIPHON_TRY(child, Child::start(entry.spec.argv, inherit_));
  entry.child.emplace(std::move(child));
  entry.started_at = clock_.mono_now();
  entry.report.pid = entry.child->pid();
  entry.report.ready.clear();
  entry.report.status_url.clear();
  entry.report.since = clock_.wall_now();
  changed();
  return {};
}

Result<std::string> Supervisor::wait_ready(const std::string& name) {
  while (!stop_.stop_requested()) {
    const Entry* entry = find(name);
    if (entry != nullptr && !entry->report.ready.empty()) return entry->report.ready;
    ANTIPHON_TRY_VOID(step(kStep));
  }
  return make_error(ErrorKind::kCancelled, "stopped while starting");
}

Result<> Supervisor::run() {
  while (!stop_.stop_requested()) ANTIPHON_TRY_VOID(step(kStep));
  return {};
}

Result<> Supervisor::step(std::chrono::milliseconds timeout) {
  std::vector<pollfd> fds;
  if (!stopping_) fds.push_back({stop_.fd(), POLLIN, 0});
  for (const auto& entry : entries_) {
    if (!entry->child) {
      if (stopping_) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(entry->restart_at - clock_.mono_now());
      timeout = std::clamp(left, std::chrono::milliseconds(0), timeout);
      continue;
    }
    if (entry->child->output_fd() >= 0) fds.push_back({entry->child->output_fd(), POLLIN, 0});
    fds.push_back({entry->child->exit_fd(), POLLIN, 0});
  }
  ::poll(fds.data(), fds.size(), static_cast<int>(timeout.count()));
  for (const auto& entry : entries_) {
    if (entry->child) {
      take_lines(*entry);
      ANTIPHON_TRY_VOID(take_end(*entry));
    } else if (!stopping_ && !stop_.stop_requested() && clock_.mono_now() >= entry->restart_at) {
      ++entry->report.restarts;
      ANTIPHON_TRY_VOID(spawn(*entry));
    }
  }
  return {};
}

void Supervisor::take_lines(Entry& entry) {
  for (const std::string& line : entry.child->read_lines()) {
    if (line.starts_with("ready")) {
      entry.report.ready = line.size() > 6 ? line.substr(6) : entry.spec.name;
      entry.was_ready = true;
      changed();
    } else if (line.starts_with("status ")) {
      entry.report.status_url = line.substr(7);
      changed();
    }
  }
}

Result<> Supervisor::take_end(Entry& entry) {
  const auto code = entry.child->reap();
  if (!code) return {};
  const auto lived = clock_.mono_now() - entry.started_at;
  entry.child.reset();
  entry.report.pid = -1;
  entry.report.ready.clear();
  if (stopping_ || stop_.stop_requested()) return {};
  const bool hopeless = !entry.was_ready && (!curable(*code) || entry.report.restarts >= kStartAttemptsMax);
  if (hopeless) {
    fatal_code_ = *code == 0 ? 70 : *code > 127 ? 70 : *code;
    return make_error(
        ErrorKind::kInternal,
        fmt::format("{} ended at its start with code {}; its own line above says why", entry.spec.name, *code));
  }
  const auto delay = entry.delay.next(lived);
  entry.restart_at = clock_.mono_now() + delay;
  logging::warn("a process ended and is started again",
                {{"process", entry.spec.name}, {"code", *code}, {"delay_ms", delay.count()}});
  changed();
  return {};
}

bool Supervisor::stop_all() {
  stopping_ = true;
  bool clean = true;
  std::set<int> orders;
  for (const auto& entry : entries_) orders.insert(entry->spec.stop_order);
  for (const int order : orders) {
    std::vector<Entry*> group;
    for (const auto& entry : entries_) {
      if (entry->spec.stop_order == order && entry->child) group.push_back(entry.get());
    }
    for (const Entry* entry : group) entry->child->signal(SIGTERM);
    const auto running = [&] {
      return std::any_of(group.begin(), group.end(), [](const Entry* e) { return e->child.has_value(); });
    };
    const MonoTime deadline = clock_.mono_now() + kShutdownSecondsMax;
    while (running() && clock_.mono_now() < deadline) static_cast<void>(step(std::chrono::milliseconds(200)));
    for (Entry* entry : group) {
      if (!entry->child) continue;
      logging::error("a process did not end in time and is killed", {{"process", entry->spec.name}});
      entry->child.reset();
      clean = false;
    }
  }
  return clean;
}

std::vector<ChildReport> Supervisor::report() const {
  std::vector<ChildReport> out;
  out.reserve(entries_.size());
  for (const auto& entry : entries_) out.push_back(entry->report);
  return out;
}

void Supervisor::changed() {
  if (on_change_) on_change_();
}

Supervisor::Entry* Supervisor::find(const std::string& name) {
  const auto it = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e->spec.name == name; });
  return it == entries_.end() ? nullptr : it->get();
}

}  // namespace antiphon::cli
