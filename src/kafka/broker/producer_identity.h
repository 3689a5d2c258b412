// Who a producer is: its id, and how many instances of it have been there before.
#pragma once

#include "core/types.h"

namespace antiphon::kafka::broker {

struct ProducerIdentity {
  ProducerId id{-1};
  ProducerEpoch epoch{-1};
};

}  // namespace antiphon::kafka::broker
