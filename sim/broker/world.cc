#include "sim/broker/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace antiphon::sim {
namespace {

constexpr std::uint64_t kJournalBytes = 1ULL << 16U;  // small, so that it fills and wraps
constexpr std::uint64_t kPlenty = 1ULL << 40U;
constexpr std::size_t kCarryRoundsMax = 10'000;

kafka::broker::BrokerSettings settings_of(Random& random) {
  kafka::broker::BrokerSettings settings;
  settings.initial_rebalance_delay = std::chrono::milliseconds(random.below(2) * 500);
  settings.auto_create_topics = false;
  return settings;
}

}  // namespace

World::World(std::uint64_t seed) : random(seed) {
  driver.settings = settings_of(random);
  driver.settings.data_dir = "/data";
  driver.settings.journal_bytes = kJournalBytes << random.below(3);
  driver.random = SeededRandom(random.next());
}

World::~World() {
  job_.reset();
  driver.core.reset();
}

void World::send(Client& client, Bytes bytes, OnAnswer on_answer) {
  if (client.link == 0) client.link = next_link_++;
  Link& link = links_[client.link];
  link.owner = &client;
  link.to_broker.push_back({std::move(bytes), std::move(on_answer)});
}

// The first frame of the connection reaches the broker.
void World::deliver(kafka::broker::ConnectionId id, Link& link) {
  Frame frame = std::move(link.to_broker.front());
  link.to_broker.pop_front();
  const std::uint64_t sequence = driver.send_bytes(std::move(frame.bytes), id);
  link.waiting.emplace_back(sequence, std::move(frame.on_answer));
}

// The first answer of the connection, if it is there, reaches its client.
bool World::take_answer(Link& link) {
  if (link.waiting.empty() || !driver.answered(link.waiting.front().first)) return false;
  const auto [sequence, on_answer] = std::move(link.waiting.front());
  link.waiting.pop_front();
  if (link.owner != nullptr && on_answer) {
    on_answer(sequence);
    driver.answers.erase(sequence);
  } else {
    if (!on_answer && !driver.answers.at(sequence).empty()) wrong("an answer to a request with acks=0");
    driver.answers.erase(sequence);
  }
  return true;
}

void World::look_for_closed() {
  for (const auto id : std::exchange(driver.closed, {})) {
    const auto found = links_.find(static_cast<std::int64_t>(id.value()));
    if (found == links_.end()) continue;
    Client* const owner = found->second.owner;
    for (const auto& [sequence, on_answer] : found->second.waiting) driver.answers.erase(sequence);
    links_.erase(found);
    driver.core->disconnected(id);
    if (owner != nullptr) {
      owner->link = 0;
      owner->connection_lost();
    }
  }
}

void World::carry() {
  if (!up()) return;
  std::vector<std::int64_t> ids;
  for (const auto& [id, link] : links_) ids.push_back(id);
  for (const std::int64_t id : ids) {
    const auto found = links_.find(id);
    if (found == links_.end()) continue;  // a callback broke it
    Link& link = found->second;
    const auto connection = kafka::broker::ConnectionId(static_cast<std::uint64_t>(id));
    if (link.owner == nullptr && one_in(4)) {  // the broker learns of the end
      for (const auto& [sequence, on_answer] : link.waiting) driver.answers.erase(sequence);
      links_.erase(found);
      driver.core->disconnected(connection);
      continue;
    }
    while (!link.to_broker.empty() && !one_in(3)) deliver(connection, link);
  }
  driver.core->advance();
  for (const std::int64_t id : ids) {
    while (!one_in(4)) {
      const auto found = links_.find(id);
      if (found == links_.end() || !take_answer(found->second)) break;
    }
  }
  look_for_closed();
}

void World::carry_all() {
  for (std::size_t round = 0; round < kCarryRoundsMax && up(); ++round) {
    bool moved = false;
    std::vector<std::int64_t> ids;
    for (auto& [id, link] : links_) {
      ids.push_back(id);
      for (; !link.to_broker.empty(); moved = true)
        deliver(kafka::broker::ConnectionId(static_cast<std::uint64_t>(id)), link);
    }
    driver.pump();
    for (const std::int64_t id : ids) {
      auto found = links_.find(id);
      while (found != links_.end() && take_answer(found->second)) {
        moved = true;
        found = links_.find(id);
      }
    }
    look_for_closed();
    if (!moved) return;
  }
  wrong("the network never comes to rest");
}

void World::drop(Client& client) {
  if (client.link == 0) return;
  Link& link = links_[client.link];
  link.owner = nullptr;
  client.link = 0;
  // Of what was sent a first part arrives all the same.
  const std::uint64_t arrives = below(link.to_broker.size() + 1);
  link.to_broker.resize(static_cast<std::size_t>(arrives));
  client.connection_lost();
}

void World::close_lost_connections() {
  for (auto found = links_.begin(); found != links_.end();) {
    if (found->second.owner != nullptr) {
      ++found;
      continue;
    }
    const auto connection = kafka::broker::ConnectionId(static_cast<std::uint64_t>(found->first));
    while (up() && !found->second.to_broker.empty()) deliver(connection, found->second);
    for (const auto& [sequence, on_answer] : found->second.waiting) driver.answers.erase(sequence);
    found = links_.erase(found);
    if (up()) driver.core->disconnected(connection);
  }
}

Result<> World::start() {
  auto started = driver.start();
  if (!started) return started;
  for (const std::string& damage : driver.core->log().recovery().damage) wrong("damage found: " + damage);
  log_starts_.clear();
  note_log_starts();
  return {};
}

// Every connection is gone, and what was on its way with it.
void World::end_process() {
  job_.reset();
  driver.core.reset();
  driver.answers.clear();
  driver.closed.clear();
  links_.clear();
  for (const auto& client : clients_) {
    if (client->link == 0) continue;
    client->link = 0;
    client->connection_lost();
  }
}

void World::power_cut() {
  Event event;
  event.reason = kPowerCut;
  driver.files.crash(random.next());
  note(event);
  end_process();
}

void World::kill() {
  Event event;
  event.reason = kKill;
  driver.files.kill_process();
  note(event);
  end_process();
}

void World::stop() {
  Event event;
  event.reason = "stop";
  if (job_) {
    if (!job_ran_) job_->run();
    driver.core->log().finish_job(std::move(job_));
  }
  carry_all();
  while (driver.core->log().syncer().run_once()) {
  }
  driver.core->release_waiting();
  const auto closed = driver.core->close();
  if (!closed && !disk_failed) wrong("an orderly end failed: " + closed.error().message);
  note(event);
  driver.files.kill_process();  // the lock goes with the process
  end_process();
}

void World::fill_disk(std::uint64_t room) {
  empty_disk();
  const std::uint64_t used = kPlenty - driver.files.free_bytes("/").value();
  driver.files.set_capacity(used + room);
}

void World::empty_disk() { driver.files.set_capacity(kPlenty); }

void World::run_syncer() {
  if (!up()) return;
  driver.core->log().syncer().run_once();
  if (one_in(2)) driver.core->advance();
}

void World::run_job() {
  if (!up()) return;
  if (!job_) {
    job_ran_ = false;
    if (driver.core->log().job_due() || one_in(4)) job_ = driver.core->log().begin_job();
  } else if (!job_ran_) {
    job_->run();
    job_ran_ = true;
  } else {
    driver.core->log().finish_job(std::move(job_));
  }
}

void World::housekeeping() {
  if (!up()) return;
  driver.core->housekeeping();
  note_log_starts();
}

// A log start that moved was asked for by the topic's retention, or by DeleteRecords; by nobody else.
void World::note_log_starts() {
  for (const Topic& topic : topics) {
    if (!topic.usable) continue;
    for (std::int32_t p = 0; p < topic.partitions; ++p) {
      const auto* partition = driver.core->log().partition(topic.name, PartitionId(p));
      if (partition == nullptr) continue;
      Offset& known = log_starts_[{topic.in_history, p}];
      const Offset now = partition->log_start_offset();
      if (now <= known) continue;
      known = now;
      if (!topic.has_retention) continue;  // the checker will ask where the records are
      Event event;
      event.what = What::kLogStart;
      event.topic = topic.in_history;
      event.partition = PartitionId(p);
      event.offset = now;
      event.reason = "retention";
      note(std::move(event));
    }
  }
}

Topic* World::topic(const std::string& in_history) {
  const auto found =
      std::find_if(topics.begin(), topics.end(), [&](const Topic& t) { return t.in_history == in_history; });
  return found == topics.end() ? nullptr : &*found;
}

void World::topic_gone(Topic& topic) {
  topic.usable = false;
  Event event;
  event.what = What::kTopicGone;
  event.topic = topic.in_history;
  note(std::move(event));
  for (const auto& client : clients_) client->topic_gone(topic);
}

}  // namespace antiphon::sim
