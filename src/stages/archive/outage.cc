#include "stages/archive/outage.h"

#include <fmt/format.h>

#include "core/logging.h"

namespace antiphon::archive {

Outage::Outage(Health& health, const Clock& clock, std::string component)
    : health_(health), clock_(clock), component_(std::move(component)) {}

void Outage::failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (lasting_ && last_message_ == error.message) return;
  health_.set_problem(component_, fmt::format("{}; trying again, nothing is lost", error.message));
  if (!lasting_) {
    since_ = clock_.mono_now();
    logging::warn("the store is away",
                  {{"store", component_}, {"kind", to_string(error.kind)}, {"detail", error.message}});
  }
  lasting_ = true;
  last_message_ = error.message;
}

void Outage::succeeded() {
  const std::lock_guard lock(mutex_);
  if (!lasting_) return;
  lasting_ = false;
  health_.set_problem(component_, "");
  const auto lasted_ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.mono_now() - since_).count();
  logging::info("the store is back", {{"store", component_}, {"lasted_ms", lasted_ms}});
}

bool Outage::lasting() const {
  const std::lock_guard lock(mutex_);
  return lasting_;
}

}  // namespace antiphon::archive
