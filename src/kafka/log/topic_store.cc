#include "kafka/log/topic_store.h"

#include <fmt/format.h>

#include "kafka/log/checkpoint.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::uint64_t kTopicFileBytesMax = 4ULL << 20;

}  // namespace

std::string TopicStore::file_of(const TopicId& id, std::string_view suffix) const {
  return fmt::format("{}/topics/{}{}", directory_, to_hex_text(id), suffix);
}

Result<> TopicStore::write(const TopicMeta& topic) {
  if (const auto unsettled = unsettled_.find(topic.name); unsettled != unsettled_.end()) {
    ANTIPHON_TRY_VOID(files_.remove_tree(unsettled->second));
    ANTIPHON_TRY_VOID(files_.sync_directory(directory_ + "/topics"));
    unsettled_.erase(unsettled);
  }
  return write_file_atomically(files_, file_of(topic.id, ".topic"), encode_topic(topic));
}

void TopicStore::forget(const TopicMeta& topic) {
  const std::string file = file_of(topic.id, ".topic");
  if (!files_.remove_tree(file) || !files_.sync_directory(directory_ + "/topics")) unsettled_[topic.name] = file;
}

Result<std::vector<std::string>> TopicStore::move_to_trash(const TopicMeta& topic) {
  std::vector<std::string> removals;
  for (std::int32_t n = 0; n < topic.partition_count; ++n) {
    const std::string folder = fmt::format("{}/{}-{}", directory_, topic.name, n);
    const std::string trash = fmt::format("{}/trash/{}-{}", directory_, to_hex_text(topic.id), n);
    ANTIPHON_TRY(there, files_.exists(folder));
    if (there) {
      ANTIPHON_TRY_VOID(files_.remove_tree(trash));  // seed 217158: it can be in both after a crash
      ANTIPHON_TRY_VOID(files_.rename(folder, trash));
    }
    removals.push_back(trash);
  }
  ANTIPHON_TRY_VOID(files_.sync_directory(directory_ + "/trash"));
  ANTIPHON_TRY_VOID(files_.sync_directory(directory_));
  removals.push_back(file_of(topic.id, ".deleting"));
  return removals;
}

Result<std::vector<std::string>> TopicStore::remove(const TopicMeta& topic) {
  Result<> renamed = files_.rename(file_of(topic.id, ".topic"), file_of(topic.id, ".deleting"));
  if (renamed) renamed = files_.sync_directory(directory_ + "/topics");
  if (!renamed) {
    unsettled_[topic.name] = file_of(topic.id, ".topic");
    return std::move(renamed).error();
  }
  return move_to_trash(topic);
}

Result<TopicStore::Loaded> TopicStore::load() {
  Loaded loaded;
  // Their names become durable with the checkpoint's, before anything is acknowledged.
  ANTIPHON_TRY_VOID(files_.make_directory(directory_ + "/topics"));
  ANTIPHON_TRY_VOID(files_.make_directory(directory_ + "/trash"));
  ANTIPHON_TRY(entries, files_.list(directory_ + "/topics"));
  std::vector<TopicMeta> deleting;
  for (const DirectoryEntry& entry : entries) {
    const std::string path = fmt::format("{}/topics/{}", directory_, entry.name);
    const bool is_topic = entry.name.ends_with(".topic");
    if (entry.name.ends_with(".tmp")) ANTIPHON_TRY_VOID(files_.remove_tree(path));  // never was a topic
    if (!is_topic && !entry.name.ends_with(".deleting")) continue;
    auto bytes = read_file(files_, path, kTopicFileBytesMax);
    if (!bytes && bytes.error().kind == ErrorKind::kIo) return std::move(bytes).error();
    auto topic = bytes ? decode_topic(*bytes) : Result<TopicMeta>(std::move(bytes).error());
    if (!topic) {
      loaded.damage.push_back(fmt::format("{}: {}", path, topic.error().message));
    } else {
      (is_topic ? loaded.topics : deleting).push_back(std::move(*topic));
    }
  }
  // A deletion that the last life could not make durable may be in the cache only: before its folders are moved, so
  // that the topic does not come back without them.
  if (!deleting.empty()) ANTIPHON_TRY_VOID(files_.sync_directory(directory_ + "/topics"));
  for (const TopicMeta& topic : deleting) {
    bool name_in_use = false;  // then its folders had been moved before the new topic was made
    for (const TopicMeta& other : loaded.topics) name_in_use = name_in_use || other.name == topic.name;
    if (name_in_use) {
      loaded.removals.push_back(file_of(topic.id, ".deleting"));
      continue;
    }
    ANTIPHON_TRY(removals, move_to_trash(topic));
    loaded.removals.insert(loaded.removals.end(), removals.begin(), removals.end());
  }
  ANTIPHON_TRY(trash, files_.list(directory_ + "/trash"));
  for (const DirectoryEntry& entry : trash) {
    loaded.removals.insert(loaded.removals.begin(), fmt::format("{}/trash/{}", directory_, entry.name));
  }
  return loaded;
}

}  // namespace antiphon::kafka::log
