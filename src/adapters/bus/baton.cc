#include "adapters/bus/baton.h"

namespace antiphon::bus {
namespace {

constexpr PartitionId kOnly{0};

}  // namespace

Result<std::unique_ptr<Baton>> Baton::join(const Connection& connection, const BatonSettings& settings,
                                           const Clock& clock, std::function<void()> changed) {
  std::unique_ptr<Baton> baton(new Baton(std::move(changed)));
  const ShareSettings group{settings.group_id, settings.topic, settings.instance_id, {}, {}, settings.session_timeout};
  ANTIPHON_TRY(shares, Shares::join(connection, group, clock, *baton));
  baton->shares_ = std::move(shares);
  return baton;
}

bool Baton::held() const { return shares_->held(kOnly); }

}  // namespace antiphon::bus
