// The world of one simulated life: one broker (BrokerCore over a disk in memory), its process, its network and its
// clock, all driven by hand from one seed. Nothing here waits, nothing knows the real time: the same seed gives the
// same history, event by event.
//
//     world.call<Answer>(client, version, request, [..](const Answer& a) { ... });   // a client sends
//     world.carry();                         // the network moves some frames and some answers, as the seed will
//     world.drop(client);                    // a connection breaks: its frames may still arrive, its answers do not
//     world.power_cut(); world.kill(); world.stop();     // the process is gone ...
//     world.start();                                     // ... and comes back
//
// What clients see goes into world.history, in the order in which they see it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kafka/broker/testing/core_driver.h"
#include "sim/broker/client.h"
#include "sim/history/event.h"

namespace antiphon::sim {

struct Topic {
  std::string name;        // as the broker knows it
  std::string in_history;  // with the number of its life: t1#2
  std::int32_t partitions = 1;
  bool has_retention = false;
  bool usable = true;        // false: asked to be deleted
  bool of_pipeline = false;  // input or output of a Pipeline: others only read it, nothing of it is deleted
};

class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();

  // Adds a client; the world owns it.
  template <class C, class... Args>
  C& add(Args&&... args) {
    auto client = std::make_unique<C>(*this, std::forward<Args>(args)...);
    C& it = *client;
    clients_.push_back(std::move(client));
    return it;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }

  template <class Answer, class Request>
  void call(Client& client, kafka::wire::ApiVersion version, const Request& request,
            std::function<void(const Answer&)> on_answer) {
    send(client, kafka::broker::testing::CoreDriver::encode(version, request),
         [this, version, on_answer = std::move(on_answer)](std::uint64_t sequence) {
           on_answer(driver.take<Answer>(sequence, version));
         });
  }
  // A request without an answer (acks=0).
  template <class Request>
  void tell(Client& client, kafka::wire::ApiVersion version, const Request& request) {
    send(client, kafka::broker::testing::CoreDriver::encode(version, request), nullptr);
  }

  // The network.
  void carry();
  void carry_all();  // until nothing is on its way
  void drop(Client& client);
  void close_lost_connections();  // what was still on their way arrives first

  // The process.
  Result<> start();
  void power_cut();
  void kill();
  void stop();
  [[nodiscard]] bool up() const { return driver.core != nullptr; }
  void fill_disk(std::uint64_t room);  // so many bytes are left
  void empty_disk();                   // there is room again
  void run_syncer();
  void run_job();       // begins, carries out or finishes a background job
  void housekeeping();  // as the broker does by its clock; what retention took is noted

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random.below(bound); }
  [[nodiscard]] bool one_in(std::uint64_t n) { return random.below(n) == 0; }
  void note(Event event) { history.push_back(std::move(event)); }
  // Something that no history shows: an answer that cannot be, a start that fails.
  void wrong(std::string what) { problems.push_back(std::move(what)); }
  [[nodiscard]] Topic* topic(const std::string& in_history);
  void topic_gone(Topic& topic);
  void note_log_starts();

  kafka::broker::testing::CoreDriver driver;
  SeededRandom random;
  History history;
  std::vector<std::string> problems;
  std::deque<Topic> topics;  // all that ever were
  bool disk_failed = false;  // an injected error may have been met since the last start

 private:
  using OnAnswer = std::function<void(std::uint64_t sequence)>;
  struct Frame {
    Bytes bytes;
    OnAnswer on_answer;
  };
  struct Link {
    Client* owner = nullptr;  // null: lost; what is under way may still arrive
    std::deque<Frame> to_broker;
    std::deque<std::pair<std::uint64_t, OnAnswer>> waiting;  // for their answers, in order
  };
  void send(Client& client, Bytes bytes, OnAnswer on_answer);
  void deliver(kafka::broker::ConnectionId id, Link& link);
  bool take_answer(Link& link);
  void end_process();
  void look_for_closed();

  std::map<std::int64_t, Link> links_;
  std::int64_t next_link_ = 1;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<kafka::log::BackgroundJob> job_;
  bool job_ran_ = false;
  std::map<std::pair<std::string, std::int32_t>, Offset> log_starts_;
};

}  // namespace antiphon::sim
