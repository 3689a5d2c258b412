// The topics' own files: DIR/topics/ID.topic, one a topic, written atomically. A topic exists when its file does.
//
// Deletion: the file is renamed to ID.deleting (from then on the topic is gone), the partitions' folders are moved to
// DIR/trash/ID-N, and what is there is removed later, ID.deleting last. A start finishes what a crash left half done;
// the new name is durable before anything is moved.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "kafka/log/topic.h"

namespace antiphon::kafka::log {

class TopicStore {
 public:
  TopicStore(FileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

  struct Loaded {
    std::vector<TopicMeta> topics;
    std::vector<std::string> removals;  // of topics that were being deleted, in order
    std::vector<std::string> damage;    // files that are not what they should be: left as they are
  };
  Result<Loaded> load();

  // A name that a failed call has left unsettled is settled first: one name never has two files.
  Result<> write(const TopicMeta& topic);
  // A new topic's file that could not be written for sure: another of that name may be made.
  void forget(const TopicMeta& topic);
  // What is to be removed afterwards, in order.
  Result<std::vector<std::string>> remove(const TopicMeta& topic);

 private:
  [[nodiscard]] std::string file_of(const TopicId& id, std::string_view suffix) const;
  Result<std::vector<std::string>> move_to_trash(const TopicMeta& topic);

  FileSystem& files_;
  std::string directory_;
  std::map<std::string, std::string> unsettled_;  // by topic: a file that may or may not be there after a power cut
};

}  // namespace antiphon::kafka::log
