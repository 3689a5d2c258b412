// One segment's file, shared by the reactor (writes, reads), the syncer and the background thread (syncs); and the pool
// that bounds how many stay open.
//
// Why sync() holds a lock of the file: the kernel tells a failed write-back once for each open file. Were two threads
// to sync at the same time, one would see the error and the other success for bytes that are lost. Here the failure is
// remembered before the next one may begin, and stays: nothing in this file is ever called durable again.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "core/file_system.h"

namespace antiphon::kafka::log {

class FilePool;

// The same bytes at the same place, so that the next sync takes them for new. After a failed write-back the kernel
// takes its pages for clean: readable, never to be written again, and gone with the power. Whoever reads what an
// earlier process left behind the last checkpoint cannot know, and writes it anew before it is called durable.
Result<> write_anew(File& file, std::uint64_t from, std::uint64_t to);

class SegmentFile {
 public:
  SegmentFile(FilePool& pool, std::string directory, const std::string& name, bool is_new)
      : pool_(pool),
        directory_(std::move(directory)),
        path_(directory_ + "/" + name),
        entry_synced_(!is_new),
        create_(is_new) {}
  ~SegmentFile();
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  // Reactor. Opens it if it was closed.
  Result<std::shared_ptr<File>> handle();
  // Reactor. Bytes that are not known to be durable keep the file open.
  void set_dirty(bool dirty) { dirty_ = dirty; }
  // Reactor. Its name in the directory has changed.
  void renamed(const std::string& name) { path_ = directory_ + "/" + name; }
  [[nodiscard]] bool dirty() const { return dirty_; }
  // Recovery, before any other thread has it: it was found, which does not say that its name is on stable storage.
  void entry_may_be_unsynced() { entry_synced_ = false; }

  // Any thread. Makes the directory's entry durable too, the first time. `file` is a handle() of this object.
  Result<> sync(FileSystem& files, File& file);
  [[nodiscard]] bool sync_failed() const { return failed_.load(std::memory_order_acquire); }

 private:
  friend class FilePool;
  FilePool& pool_;
  const std::string directory_;
  std::string path_;
  std::shared_ptr<File> file_;  // null: closed
  std::list<SegmentFile*>::iterator place_;
  bool dirty_ = false;
  std::mutex sync_mutex_;
  std::atomic<bool> failed_{false};
  bool entry_synced_;  // under sync_mutex_
  bool create_;        // by the first handle()
};

// Least recently used first. Reactor thread. Outlives its files.
class FilePool {
 public:
  FilePool(FileSystem& files, std::size_t open_max) : files_(files), open_max_(open_max) {}
  [[nodiscard]] std::size_t open_count() const { return used_.size(); }
  [[nodiscard]] bool over_budget() const { return used_.size() > open_max_; }
  // Down to the budget, as far as files have no unsynced bytes.
  void close_idle();

 private:
  friend class SegmentFile;
  Result<> open(SegmentFile& segment);
  void touch(SegmentFile& segment) { used_.splice(used_.end(), used_, segment.place_); }
  void forget(SegmentFile& segment);

  FileSystem& files_;
  const std::size_t open_max_;
  std::list<SegmentFile*> used_;
};

}  // namespace antiphon::kafka::log
