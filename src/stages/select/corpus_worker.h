// Reads one corpus ahead for the planner, on a thread of its own; a corpus that is away holds up nobody else.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "stages/select/corpus_reader.h"
#include "stages/select/desk.h"
#include "stages/select/select.h"

namespace antiphon::select {

constexpr std::chrono::milliseconds kEarlyRelist{1'000};  // after an object changed under the reader

class CorpusWorker {
 public:
  // All that is referred to must outlive it.
  CorpusWorker(Desk& desk, std::size_t index, const CorpusUrl& corpus, const SelectSettings& settings,
               const Clock& clock, std::unique_ptr<CorpusReader> reader);
  ~CorpusWorker();  // after desk.stop_all(); waits for the call to the store that is under way

 private:
  void run();
  void list();
  void listed(const Listing& listing);
  void read_some();
  // The next lane in turn that wants an item; waits for one, a listing that is due, or the end. Empty: one of the
  // latter.
  std::string wait_for_lane();
  void away(const Error& error);
  void tell_problems();
  [[nodiscard]] bool hopeless(const Error& error) const;

  Desk& desk_;
  std::size_t index_;
  CorpusStanding& standing_;
  const CorpusUrl& corpus_;
  const SelectSettings& settings_;
  const Clock& clock_;
  std::unique_ptr<CorpusReader> reader_;
  bool was_read_before_;  // in this process or in one before it
  bool online_ = false;
  std::vector<std::string> lanes_;
  std::size_t turn_ = 0;
  MonoTime next_listing_{};
  std::chrono::milliseconds delay_;
  ObjectRef last_object_;
  std::thread thread_;
};

}  // namespace antiphon::select
