// Reads the journal at a start: which groups stand in it, and what of them is whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "kafka/log/batch.h"
#include "kafka/log/journal_format.h"

namespace antiphon::kafka::log {

struct FoundEntry {
  EntryHeader header;
  BatchHeader batch;                // kBatch: its bytes are whole, their CRC was looked at
  std::uint64_t file_position = 0;  // of the payload
};

struct JournalContents {
  std::vector<FoundEntry> entries;  // in the order in which they were written
  std::vector<std::string> damage;  // in groups that were synced: later ones stand behind them
  std::uint64_t epoch_max = 0;      // of any group looked at
};

// From `mark` on, one group after the other. Without a mark (the checkpoint is lost): every group of the highest epoch
// that is in the ring. Any bytes are taken; errors are the file's only.
Result<JournalContents> read_journal(const File& file, const std::string& path, const std::optional<JournalMark>& mark);

}  // namespace antiphon::kafka::log
