// A bucket, or what lies below a prefix in it, as a BlobStore. Works with AWS and with servers that imitate it (Ceph,
// MinIO, ...).
//
// Every call is signed anew for every attempt; attempts back off with jitter and are bounded, then the answer is
// kUnavailable. A put whose answer was lost may find its own object on the next attempt: kAlreadyExists, and the caller
// compares. Names below `.antiphon-probe/` are ours: not listed, removed by the next probe.
#pragma once

#include <atomic>
#include <mutex>

#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/s3/http.h"
#include "adapters/blobs/s3/settings.h"
#include "core/clock.h"
#include "core/random.h"

namespace antiphon::blobs::s3 {

class S3Store final : public BlobStore {
 public:
  static constexpr std::string_view kProbeFolder = ".antiphon-probe/";

  S3Store(S3Settings settings, std::unique_ptr<HttpClient> http, std::unique_ptr<Clock> clock,
          std::unique_ptr<Random> random);

  [[nodiscard]] std::string describe() const override { return settings_.shown; }
  Result<> probe(Use use) override;
  Result<> list(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each) override;
  Result<BlobMetadata> head(const std::string& name) override;
  Result<std::size_t> read_at(const std::string& name, const std::string& version, std::uint64_t position,
                              MutableByteView out) override;
  Result<Bytes> read(const std::string& name, std::uint64_t bytes_max) override;
  Result<> put(const std::string& name, ByteView data, const PutOptions& options) override;
  Result<> remove(const std::string& name) override;
  void abandon() override { http_->abandon(); }

  // False after a probe found a server that ignores If-None-Match: every conditional put then asks first, and two
  // writers of one name at the same moment are no longer told apart.
  [[nodiscard]] bool conditions_honoured() const { return conditions_honoured_; }

 private:
  struct Call {
    std::string method;
    std::string key;  // in the bucket; empty: the bucket itself
    Query query;
    Headers headers;
    ByteView body;
    std::size_t answer_bytes_max = 0;
  };
  // Attempts until an answer that is not worth retrying, or as often as allowed; any status.
  Result<HttpAnswer> exchange(const Call& call);
  Result<HttpAnswer> attempt(const Call& call, const std::string& body_sha256);
  void wait_before_retry(int attempt);
  Result<> put_object(const std::string& name, ByteView data, const PutOptions& options, bool conditional);
  Result<> probe_writing();
  Result<bool> second_put_is_refused(const std::string& name);
  Result<> list_all(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each, bool with_probes);
  [[nodiscard]] std::string key_of(std::string_view name) const;

  const S3Settings settings_;
  const std::unique_ptr<HttpClient> http_;
  const std::unique_ptr<Clock> clock_;
  std::mutex mutex_;
  const std::unique_ptr<Random> random_;  // guarded by mutex_
  std::atomic<bool> conditions_honoured_{true};
};

}  // namespace antiphon::blobs::s3
