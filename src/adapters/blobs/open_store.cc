#include <cstdlib>

#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/folder/folder_store.h"
#include "adapters/blobs/s3/http.h"
#include "adapters/blobs/s3/s3_store.h"
#include "adapters/blobs/s3/settings.h"

namespace antiphon::blobs {
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

Result<std::unique_ptr<BlobStore>> open_store(std::string_view text) {
  ANTIPHON_TRY(url, parse_store_url(text));
  if (url.scheme == "file") return std::unique_ptr<BlobStore>(std::make_unique<FolderStore>(url.path));
  ANTIPHON_TRY(settings, s3::settings_from(url, environment));
  return std::unique_ptr<BlobStore>(
      std::make_unique<s3::S3Store>(std::move(settings), std::make_unique<s3::CurlClient>(),
                                    std::make_unique<SystemClock>(), std::make_unique<SystemRandom>()));
}

}  // namespace antiphon::blobs
