#include "stages/select/catalog.h"

#include <fmt/format.h>

#include "events/corpus_state.h"
#include "speech/text/normalise.h"

namespace antiphon::select {

Result<CatalogChanges> Catalog::refresh() {
  std::map<std::string, CatalogObject> found;
  std::map<std::string, std::string> problems;
  bool too_many = false;
  const auto take = [&](const blobs::BlobInfo& blob) {
    const auto kind = kind_of_object(blob.name);
    if (!kind) return true;
    if (blob.name.size() > events::kObjectKeyBytesMax || !text::is_valid_utf8(blob.name)) {
      problems.emplace(fmt::format("(a key of {} bytes)", blob.name.size()), "its key is too long, or not UTF-8");
      return true;
    }
    auto locale = corpus_.locale ? corpus_.locale : locale_of_object(blob.name);
    if (!locale) locale = otherwise_;
    if (!locale) {
      problems.emplace(blob.name,
                       "its name tells no language: call it like am.txt or sw-news.csv, or give locale= or --locale");
    } else {
      found.emplace(blob.name, CatalogObject{std::make_shared<const blobs::BlobInfo>(blob), *kind, *locale});
    }
    too_many = found.size() + problems.size() > events::kCorpusObjectsMax;
    return !too_many;
  };
  ANTIPHON_TRY_VOID(store_.list("", take));
  if (too_many) {
    return make_error(ErrorKind::kLimit,
                      fmt::format("it holds more than {} objects: name its parts as corpora of their own",
                                  events::kCorpusObjectsMax));
  }
  CatalogChanges changes;
  for (auto& [key, object] : found) {
    const auto before = objects_.find(key);
    if (before == objects_.end()) {
      changes.added.push_back(key);
    } else if (before->second.ref->version != object.ref->version || before->second.ref->size != object.ref->size) {
      changes.changed.push_back(key);
    } else {
      object.ref = before->second.ref;
    }
  }
  for (const auto& [key, object] : objects_) {
    if (!found.contains(key)) changes.gone.push_back(key);
  }
  objects_ = std::move(found);
  problems_ = std::move(problems);
  return changes;
}

}  // namespace antiphon::select
