#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/folder/folder_store.h"

namespace antiphon::blobs {

Result<std::unique_ptr<BlobStore>> open_store(std::string_view text) {
  ANTIPHON_TRY(url, parse_store_url(text));
  if (url.scheme == "file") return std::unique_ptr<BlobStore>(std::make_unique<FolderStore>(url.path));
  return make_error(ErrorKind::kUsage, "s3 is not built in");
}

}  // namespace antiphon::blobs
