// Producer ids for idempotent producers, never given out twice, also not after a crash: a block is made durable before
// its first id is used, so a restart skips what was left of it.
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/result.h"
#include "core/types.h"

namespace antiphon::kafka::broker {

class ProducerIds {
 public:
  static constexpr std::int64_t kBlock = 1000;  // as Kafka's controller gives them out

  // Reads `path` ("next=NUMBER", checked_text.h; missing: a new broker). Damaged: logged, and the ids go on behind all
  // that can have been given out, from the time of day.
  static Result<ProducerIds> open(FileSystem& files, std::string path, WallTime now);
  // Errors: kIo.
  Result<ProducerId> next();

 private:
  ProducerIds(FileSystem& files, std::string path, std::int64_t from)
      : files_(&files), path_(std::move(path)), next_(from), end_(from) {}

  FileSystem* files_;
  std::string path_;
  std::int64_t next_;  // of the block in use
  std::int64_t end_;   // durable: a restart begins here
};

}  // namespace antiphon::kafka::broker
