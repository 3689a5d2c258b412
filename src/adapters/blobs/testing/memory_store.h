// MemoryStore: a BlobStore for tests. It fails on demand: the next n calls, or as long as it is `away`; a put may also
// take effect and lose its answer, as a connection that breaks at the wrong moment does. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/name.h"

namespace antiphon::blobs::testing {

class MemoryStore final : public BlobStore {
 public:
  struct Object {
    std::string data;
    std::string content_type;
    std::map<std::string, std::string> user;
    int version = 0;
  };

  // How it fails. Set between calls or from any thread.
  std::atomic<bool> away{false};     // every call: kUnavailable
  std::atomic<int> fail_calls{0};    // so many calls fail, before they do anything
  std::atomic<int> lose_answers{0};  // so many puts and removes take effect and fail nevertheless
  std::atomic<ErrorKind> failure{ErrorKind::kUnavailable};
  std::atomic<bool> keeps_metadata{true};              // false: as a folder
  std::function<void(const std::string&)> before_put;  // on the caller's thread, without the lock; set before use
  std::atomic<int> puts{0};
  std::atomic<int> lists{0};

  [[nodiscard]] std::string describe() const override { return "memory://test"; }
  Result<> probe(Use) override { return fail_now(); }

  Result<> list(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each) override {
    ++lists;
    ANTIPHON_TRY_VOID(fail_now());
    for (const auto& [name, object] : objects()) {
      if (name.starts_with(prefix) && !each(info(name, object))) break;
    }
    return {};
  }

  Result<BlobMetadata> head(const std::string& name) override {
    ANTIPHON_TRY(object, find(name));
    return BlobMetadata{info(name, object), keeps_metadata ? object.user : std::map<std::string, std::string>{}};
  }

  Result<std::size_t> read_at(const std::string& name, const std::string& version, std::uint64_t position,
                              MutableByteView out) override {
    ANTIPHON_TRY(object, find(name));
    if (!version.empty() && version != std::to_string(object.version))
      return make_error(ErrorKind::kConflict, "another version");
    if (position >= object.data.size()) return std::size_t{0};
    const auto count = std::min<std::size_t>(out.size(), object.data.size() - position);
    std::copy_n(as_bytes(object.data).begin() + static_cast<std::ptrdiff_t>(position), count, out.begin());
    return count;
  }

  Result<Bytes> read(const std::string& name, std::uint64_t bytes_max) override {
    ANTIPHON_TRY(object, find(name));
    if (object.data.size() > bytes_max) return make_error(ErrorKind::kLimit, "too large");
    return to_bytes(object.data);
  }

  Result<> put(const std::string& name, ByteView data, const PutOptions& options) override {
    if (before_put) before_put(name);
    ++puts;
    ANTIPHON_TRY_VOID(fail_now());
    ANTIPHON_TRY_VOID(check_name(name));
    {
      const std::lock_guard lock(mutex_);
      if (options.only_if_absent && objects_.contains(name)) return make_error(ErrorKind::kAlreadyExists, "taken");
      objects_[name] = Object{std::string(as_text(data)), options.content_type, options.user, ++versions_};
      order_.push_back("put " + name);
    }
    return lose_answer();
  }

  Result<> remove(const std::string& name) override {
    ANTIPHON_TRY_VOID(fail_now());
    {
      const std::lock_guard lock(mutex_);
      if (objects_.erase(name) != 0) order_.push_back("remove " + name);
    }
    return lose_answer();
  }

  // For looking at, and for laying traps.
  [[nodiscard]] std::map<std::string, Object> objects() const {
    const std::lock_guard lock(mutex_);
    return objects_;
  }
  [[nodiscard]] std::vector<std::string> order() const {  // what took effect: "put NAME", "remove NAME"
    const std::lock_guard lock(mutex_);
    return order_;
  }
  void set(const std::string& name, Object object) {
    const std::lock_guard lock(mutex_);
    objects_[name] = std::move(object);
  }

 private:
  static bool take_one(std::atomic<int>& left) {
    int before = left.load();
    while (before > 0 && !left.compare_exchange_weak(before, before - 1)) {
    }
    return before > 0;
  }
  Result<> fail_now() {
    if (away) return make_error(ErrorKind::kUnavailable, "the store is away");
    if (take_one(fail_calls)) return make_error(failure, "told to fail");
    return {};
  }
  Result<> lose_answer() {
    if (take_one(lose_answers)) return make_error(ErrorKind::kUnavailable, "the answer was lost");
    return {};
  }
  Result<Object> find(const std::string& name) {
    ANTIPHON_TRY_VOID(fail_now());
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(name);
    if (it == objects_.end()) return make_error(ErrorKind::kNotFound, "no such object");
    return it->second;
  }
  static BlobInfo info(const std::string& name, const Object& object) {
    return BlobInfo{name, object.data.size(), std::to_string(object.version)};
  }

  mutable std::mutex mutex_;
  std::map<std::string, Object> objects_;
  std::vector<std::string> order_;
  int versions_ = 0;
};

}  // namespace antiphon::blobs::testing
