// What several responses tell of each partition: whether it was done.
//
// OffsetCommit, TxnOffsetCommit, OffsetDelete and WriteTxnMarkers share the shape in all their versions.
#pragma once

#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct PartitionError {
  PartitionId partition_index;
  ErrorCode error_code = ErrorCode::kNone;

  template <class V>
  static void describe(V& v) {
    v.field(&PartitionError::partition_index, since(0));
    v.field(&PartitionError::error_code, since(0));
  }
};

struct TopicErrors {
  std::string_view name;
  std::vector<PartitionError> partitions;

  template <class V>
  static void describe(V& v) {
    v.field(&TopicErrors::name, since(0));
    v.field(&TopicErrors::partitions, since(0));
  }
};

}  // namespace antiphon::kafka::wire
