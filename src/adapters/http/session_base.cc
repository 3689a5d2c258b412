#include "adapters/http/session_base.h"

#include "core/logging.h"

namespace antiphon::http {

void Core::enter(SessionBase* session) {
  const std::lock_guard lock(mutex_);
  sessions_.insert(session);
}

void Core::leave(SessionBase* session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session);
}

void Core::for_each_session(const std::function<void(SessionBase&)>& action) {
  std::vector<std::shared_ptr<SessionBase>> held;  // dropped after the lock: the last holder of a session calls leave()
  {
    const std::lock_guard lock(mutex_);
    for (SessionBase* session : sessions_) {
      if (auto shared = session->weak_from_this().lock()) held.push_back(std::move(shared));
    }
  }
  for (const auto& session : held) action(*session);
}

bool Core::deliver(const std::function<void()>& post) {
  const std::lock_guard lock(deliver_mutex_);
  if (!stopped_) post();
  return !stopped_;
}

void Core::set_stopped() {
  const std::lock_guard lock(deliver_mutex_);
  stopped_ = true;
}

Responder::Sink::~Sink() {
  if (answered_) return;
  logging::error("a request was dropped without an answer");
  answer(problem(500, "the server lost this request"));
}

bool Responder::Sink::answer(Response response) {
  if (answered_.exchange(true)) return false;
  const std::shared_ptr<SessionBase> session = std::move(session_);
  session->answer(std::move(response));
  return true;
}

bool Responder::answer(Response response) const { return sink_->answer(std::move(response)); }
bool Responder::answered() const { return sink_->answered(); }

}  // namespace antiphon::http
