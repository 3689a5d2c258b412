#include "kafka/log/compaction/swap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kafka/log/sparse_index.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::array<std::string_view, 3> kKinds{".index", ".timeindex", ".log"};  // the log last

std::string path_of(const std::string& directory, Offset base, std::string_view kind, std::string_view suffix) {
  return fmt::format("{}/{}{}", directory, segment_file_name(base, kind), suffix);
}

// B.log.E.swap
struct SwapName {
  Offset base;
  Offset end;
};
std::optional<SwapName> parse_swap(std::string_view name) {
  constexpr std::size_t kBaseBytes = 20 + 4;  // with .log
  if (name.size() != kBaseBytes + 1 + 20 + 5 || name[kBaseBytes] != '.') return std::nullopt;
  const auto base = segment_base_of(name.substr(0, kBaseBytes), ".log");
  const auto end = segment_base_of(name.substr(kBaseBytes + 1), ".swap");
  if (!base || !end || *end <= *base) return std::nullopt;
  return SwapName{*base, *end};
}

Result<> rename_all(FileSystem& files, const std::string& directory, Offset base, std::string_view from,
                    std::string_view to) {
  for (const std::string_view kind : kKinds) {
    const std::string path = path_of(directory, base, kind, from);
    const bool is_log = kind == ".log";
    if (!is_log) {
      ANTIPHON_TRY(there, files.exists(path));
      if (!there) continue;
    }
    ANTIPHON_TRY_VOID(files.rename(path, path_of(directory, base, kind, to)));
  }
  return files.sync_directory(directory);
}

}  // namespace

std::string swap_suffix(Offset end) { return fmt::format(".{:020}.swap", end.value()); }

Result<> publish_cleaned(FileSystem& files, const std::string& directory, Offset base, Offset end, bool& undone) {
  undone = false;
  const std::string suffix = swap_suffix(end);
  Result<> done = rename_all(files, directory, base, kCleanedSuffix, suffix);
  if (done) return {};
  Result<> removed = files.remove_tree(path_of(directory, base, ".log", suffix));
  if (removed) removed = files.sync_directory(directory);
  undone = removed.has_value();
  return done;
}

Result<> complete_swap(FileSystem& files, const std::string& directory, Offset base, Offset end) {
  ANTIPHON_TRY(entries, files.list(directory));
  for (const DirectoryEntry& entry : entries) {
    for (const std::string_view kind : kKinds) {
      const auto old = segment_base_of(entry.name, kind);
      if (!old || *old < base || *old >= end || (kind == ".log" && *old == base)) continue;
      ANTIPHON_TRY_VOID(files.remove_tree(directory + "/" + entry.name));
    }
  }
  ANTIPHON_TRY_VOID(files.sync_directory(directory));
  return rename_all(files, directory, base, swap_suffix(end), "");
}

void discard_cleaned(FileSystem& files, const std::string& directory, Offset base) {
  // What cannot be removed now is removed by the next pass over it, or by a start.
  for (const std::string_view kind : kKinds) (void)files.remove_tree(path_of(directory, base, kind, kCleanedSuffix));
}

Result<> recover_swaps(FileSystem& files, const std::string& directory, std::vector<std::string>& notices) {
  auto entries = files.list(directory);
  if (!entries && entries.error().kind == ErrorKind::kNotFound) return {};
  if (!entries) return std::move(entries).error();
  for (const DirectoryEntry& entry : *entries) {
    const auto swap = parse_swap(entry.name);
    if (!swap) continue;
    ANTIPHON_TRY_VOID(complete_swap(files, directory, swap->base, swap->end));
    notices.push_back(
        fmt::format("{}/{}: a compaction that a crash had cut short was completed", directory, entry.name));
  }
  bool removed = false;
  ANTIPHON_TRY(left, files.list(directory));
  for (const DirectoryEntry& entry : left) {
    if (!entry.name.ends_with(kCleanedSuffix) && !entry.name.ends_with(".swap")) continue;
    ANTIPHON_TRY_VOID(files.remove_tree(directory + "/" + entry.name));
    removed = true;
  }
  if (removed) ANTIPHON_TRY_VOID(files.sync_directory(directory));
  return {};
}

}  // namespace antiphon::kafka::log
