// The objects of one corpus, as the store lists them: which are to be read, how, in which language, in byte order of
// their keys.
//
// Listing is repeated; what is new, changed or gone since the last time is told. An object that is not ours to read
// (another ending) is passed over in silence; one whose language nobody tells is a problem. Single-threaded.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/blobs/blob_store.h"
#include "core/result.h"
#include "speech/text/locale.h"
#include "stages/select/corpus_url.h"

namespace antiphon::select {

using ObjectRef = std::shared_ptr<const blobs::BlobInfo>;  // one version of one object

struct CatalogObject {
  ObjectRef ref;
  ObjectKind kind;
  text::Locale locale;
};

struct CatalogChanges {
  std::vector<std::string> added;
  std::vector<std::string> changed;  // another version: to be read again from its start
  std::vector<std::string> gone;
  [[nodiscard]] bool any() const { return !added.empty() || !changed.empty() || !gone.empty(); }
};

class Catalog {
 public:
  // `store` must outlive it.
  Catalog(blobs::BlobStore& store, const CorpusUrl& corpus, std::optional<text::Locale> otherwise)
      : store_(store), corpus_(corpus), otherwise_(std::move(otherwise)) {}

  // kLimit above events::kCorpusObjectsMax; else the store's errors. After an error nothing has changed.
  Result<CatalogChanges> refresh();
  [[nodiscard]] const std::map<std::string, CatalogObject>& objects() const { return objects_; }
  // Keys of objects that cannot be read for what they are called, with the reason.
  [[nodiscard]] const std::map<std::string, std::string>& problems() const { return problems_; }

 private:
  blobs::BlobStore& store_;
  const CorpusUrl& corpus_;
  std::optional<text::Locale> otherwise_;
  std::map<std::string, CatalogObject> objects_;
  std::map<std::string, std::string> problems_;
};

}  // namespace antiphon::select
