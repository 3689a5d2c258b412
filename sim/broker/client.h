// A simulated client: a plain object that the world asks to do something now and then.
#pragma once

#include <cstdint>
#include <string>

namespace antiphon::sim {

class World;
struct Topic;

class Client {
 public:
  Client(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // One step of its own will: sends something, or nothing.
  virtual void act() = 0;
  // The same, when all is to come to an end: no new work, only what is still owed. True: nothing is.
  virtual bool finish() = 0;
  // No answer that it waits for will come any more.
  virtual void connection_lost() = 0;
  virtual void topic_gone(const Topic&) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  std::int64_t link = 0;  // the world's; 0: not connected

 protected:
  World& world_;

 private:
  std::string name_;
};

}  // namespace antiphon::sim
