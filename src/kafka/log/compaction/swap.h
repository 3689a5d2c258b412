// How cleaned segments take the place of those they were made of: at every crash it is all of the old ones or the new
// one. B is the first offset of the new segment, E the first offset behind it.
//
//   1  B.log.cleaned, B.index.cleaned, B.timeindex.cleaned are written and synced       a start removes them
//   2  they are renamed to B.log.E.swap ..., the log last; directory sync               from here on the new one counts
//   3  the old logs in [B, E) behind B, all their indexes and B's go; directory sync    a start does 3 and 4 again
//   4  B.log.E.swap becomes B.log, the indexes too; directory sync
//
// An index that a crash takes away is made anew from its log. The end stands in the name because what a log holds does
// not tell it: its last records may be those that were removed.
#pragma once

#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/types.h"

namespace antiphon::kafka::log {

constexpr std::string_view kCleanedSuffix = ".cleaned";
std::string swap_suffix(Offset end);

// Step 2. After an error the old segments count if it could be undone (undone is set), else nobody knows.
Result<> publish_cleaned(FileSystem& files, const std::string& directory, Offset base, Offset end, bool& undone);
// Steps 3 and 4; may be done again from anywhere in them.
Result<> complete_swap(FileSystem& files, const std::string& directory, Offset base, Offset end);
// What a pass that was given up has left; nothing of it counted.
void discard_cleaned(FileSystem& files, const std::string& directory, Offset base);
// A start, before the segments are listed: finishes what was published, removes what was not. A line for each.
Result<> recover_swaps(FileSystem& files, const std::string& directory, std::vector<std::string>& notices);

}  // namespace antiphon::kafka::log
