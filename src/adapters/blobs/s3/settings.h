// Where a bucket is and who we are: from the store's URL, and from the environment what it does not say.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/s3/sigv4.h"

namespace antiphon::blobs::s3 {

struct S3Settings {
  std::string base_url;  // http://host:port, or https://BUCKET.s3.REGION.amazonaws.com; no slash at the end
  std::string host;      // as the Host header has it: with the port unless it is the scheme's own
  std::string bucket;
  bool bucket_in_path = true;  // path style, for endpoints of one's own; AWS has the bucket in the host
  std::string prefix;          // without slashes around it; empty: the whole bucket
  std::string region;
  Credentials credentials;
  std::string shown;  // s3://bucket/prefix, for people

  int attempts_max = 4;  // of one call; then it is kUnavailable
  std::chrono::milliseconds retry_delay_min{50};
  std::chrono::milliseconds retry_delay_max{1'000};
  std::chrono::milliseconds retry_total_max{10'000};  // no new attempt after so long
};

using Environment = std::function<std::optional<std::string>(const char* name)>;

// endpoint= else AWS_ENDPOINT_URL_S3 else AWS_ENDPOINT_URL else AWS; region= else AWS_REGION else AWS_DEFAULT_REGION
// else us-east-1. kUsage: an endpoint or region that is none. kConfig: no keys.
Result<S3Settings> settings_from(const StoreUrl& url, const Environment& environment);

}  // namespace antiphon::blobs::s3
