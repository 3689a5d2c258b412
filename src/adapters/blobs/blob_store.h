// BlobStore: named objects in a folder or in S3, behind eight verbs. The archive writes through it, the selector reads
// through it.
//
// Names are keys relative to the store's root (the URL's folder or prefix), with '/' between components; no component
// is empty, '.' or
// '..', none holds NUL; a store refuses others with kInvalidInput. Errors: kNotFound, kAlreadyExists (conditional put
// refused), kPermission (wrong keys), kUnavailable (away, 5xx, timeout: try again), kConflict, kIo.
//
// Thread-safe: calls may run at the same time; each blocks up to the store's timeout.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace antiphon::blobs {

struct BlobInfo {
  std::string name;
  std::uint64_t size = 0;
  std::string version;  // S3's ETag, or inode, size and time of a file: equal means unchanged; it is no content hash
};

struct BlobMetadata {
  BlobInfo info;
  std::map<std::string, std::string> user;  // x-amz-meta-*, without the prefix; a folder store keeps none
};

struct PutOptions {
  std::string content_type = "application/octet-stream";
  std::map<std::string, std::string> user;  // e.g. {"sha256", "..."}
  bool only_if_absent = true;               // If-None-Match: *
};

struct Put {
  std::string name;
  ByteView data;
  PutOptions options;
};

enum class Use : std::uint8_t { kRead, kWrite };

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // What it is, for people: the URL without query and keys.
  [[nodiscard]] virtual std::string describe() const = 0;
  // Reachable and allowed; an error tells what to mend. kWrite also makes a missing folder (the last moment one is
  // made: a root that vanishes later is kUnavailable), and finds out whether an S3 server honours conditional writes.
  virtual Result<> probe(Use use) = 0;
  // All objects whose name starts with `prefix`, in byte order, handed out page by page; `each` returns false to end
  // early. What is no plain object (a link, a device, a name that is none of ours) is passed over.
  virtual Result<> list(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each) = 0;
  virtual Result<BlobMetadata> head(const std::string& name) = 0;
  // Bytes [position, position + out.size()), fewer at the end. `version` not empty: kConflict when the object has
  // another one by now.
  virtual Result<std::size_t> read_at(const std::string& name, const std::string& version, std::uint64_t position,
                                      MutableByteView out) = 0;
  virtual Result<Bytes> read(const std::string& name, std::uint64_t bytes_max) = 0;
  // Durable when it returns. kAlreadyExists: only_if_absent and the name is taken.
  virtual Result<> put(const std::string& name, ByteView data, const PutOptions& options) = 0;
  // One after the other: the second gets its name only after the first has its own. All are durable when it returns; on
  // an error, that of the first that failed, those before it may be there. A store may share work between them.
  virtual Result<> put_in_order(std::span<const Put> puts) {
    for (const Put& one : puts) ANTIPHON_TRY_VOID(put(one.name, one.data, one.options));
    return {};
  }
  virtual Result<> remove(const std::string& name) = 0;  // missing is fine
  // For the end of the process: calls under way, and later ones, end soon with kCancelled where the store can do that.
  virtual void abandon() {}
};

// file:///folder-or-file, s3://bucket/prefix?endpoint=...&region=...; the keys and what the query does not say come
// from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_REGION). A file:/// URL that
// names one file is a store with that one object. kUsage: what is wrong with the URL. Other query parameters are the
// caller's (id=, locale=, ...) and ignored.
Result<std::unique_ptr<BlobStore>> open_store(std::string_view url);

// The parts of such a URL that stores and stages share.
struct StoreUrl {
  std::string scheme;                        // file, s3
  std::string host;                          // bucket
  std::string path;                          // prefix or absolute path, percent-decoded
  std::map<std::string, std::string> query;  // percent-decoded

  // scheme, bucket and path without the query: what identifies the store for people and for default names.
  [[nodiscard]] std::string without_query() const;
};
Result<StoreUrl> parse_store_url(std::string_view url);

}  // namespace antiphon::blobs
