// One corpus as lanes of sentences, a lane a language: each gives its sentences in an order that is always the same.
//
// A reader knows what is in the store and how far it was read, nothing of what was published or is wanted. Calls block
// as long as the store does. Single-threaded. The store, the rules and the CorpusUrl must outlive it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/stop.h"
#include "events/corpus_state.h"
#include "speech/text/readability.h"
#include "stages/select/catalog.h"
#include "stages/select/item.h"

namespace antiphon::select {

constexpr std::uint64_t kSilentUnitsMax = 1'000;  // units without a sentence before an item tells how far they are read

struct Listing {
  std::vector<ObjectRef> objects;
  std::vector<text::Locale> lanes;
  std::vector<std::string> changed;                // keys
  std::optional<events::ShufflePosition> shuffle;  // the order that `position` counts in from now on (`done` is 0)
};

class CorpusReader {
 public:
  virtual ~CorpusReader() = default;
  // Lists the corpus again. kUnavailable, kPermission, kNotFound ...: the corpus is away as a whole, nothing has
  // changed.
  virtual Result<Listing> refresh() = 0;
  // The next item of that lane; nothing: it is at its end until refresh() brings more. An error: the corpus is away as
  // a whole; what ails one object is found in problems(), and the next object is read.
  virtual Result<std::optional<Item>> next(const std::string& locale) = 0;
  // An object changed or vanished under the reader: a listing will tell.
  [[nodiscard]] virtual bool wants_refresh() const = 0;
  // Object -> what is wrong with it, for people.
  [[nodiscard]] virtual std::map<std::string, std::string> problems() const = 0;
};

// Object by object in listing order, from the saved places on.
std::unique_ptr<CorpusReader> make_ordered_reader(blobs::BlobStore& store, const CorpusUrl& corpus,
                                                  const text::Readability& rules, std::optional<text::Locale> otherwise,
                                                  const std::optional<events::CorpusState>& saved);
// In an order drawn by seed= over all sentences of all objects. `spool_dir` holds what that needs; it is made again
// when lost.
std::unique_ptr<CorpusReader> make_shuffled_reader(blobs::BlobStore& store, const CorpusUrl& corpus,
                                                   const text::Readability& rules,
                                                   std::optional<text::Locale> otherwise,
                                                   const std::optional<events::CorpusState>& saved,
                                                   FileSystem& file_system, std::string spool_dir, StopToken stop);

}  // namespace antiphon::select
