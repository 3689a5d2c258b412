// order=corpus: see corpus_reader.h.
#include <fmt/format.h>

#include "stages/select/corpus_reader.h"
#include "stages/select/sentence_reader.h"
#include "stages/select/sieve.h"

namespace antiphon::select {
namespace {

enum class Standing : std::uint8_t {
  kOpen,      // to be read on
  kComplete,  // read to its end
  kBlocked,   // not now: tried again after the next listing
  kBad,       // this version never
};

struct Progress {
  std::string version;
  std::uint64_t position = 0;
  Standing standing = Standing::kOpen;
};

struct Lane {
  text::Locale locale;
  std::vector<std::string> keys;  // in listing order
  std::size_t current = 0;        // before it, all are complete, blocked or bad
  std::unique_ptr<SentenceReader> reader;
  ObjectRef reader_of;
  LeftOut left_out;  // not yet told by an item
};

class OrderedReader final : public CorpusReader {
 public:
  OrderedReader(blobs::BlobStore& store, const CorpusUrl& corpus, const text::Readability& rules,
                std::optional<text::Locale> otherwise, const std::optional<events::CorpusState>& saved)
      : store_(store), corpus_(corpus), rules_(rules), catalog_(store, corpus, std::move(otherwise)) {
    if (!saved || saved->shuffle) return;
    for (const events::ObjectPosition& object : saved->objects) {
      progress_[object.key] = {object.etag, object.offset, object.complete ? Standing::kComplete : Standing::kOpen};
    }
  }

  Result<Listing> refresh() override {
    ANTIPHON_TRY(changes, catalog_.refresh());
    wants_refresh_ = false;
    Listing listing;
    for (auto it = progress_.begin(); it != progress_.end();) {
      it = catalog_.objects().contains(it->first) ? std::next(it) : progress_.erase(it);
    }
    std::map<std::string, Lane> lanes;
    for (const auto& [key, object] : catalog_.objects()) {
      listing.objects.push_back(object.ref);
      if (note_version(key, *object.ref)) listing.changed.push_back(key);
      Lane& lane = lanes[object.locale.tag()];
      lane.locale = object.locale;
      lane.keys.push_back(key);
    }
    for (auto& [tag, lane] : lanes) {
      listing.lanes.push_back(lane.locale);
      const auto before = lanes_.find(tag);
      if (before == lanes_.end()) continue;
      lane.reader = std::move(before->second.reader);
      lane.reader_of = std::move(before->second.reader_of);
      lane.left_out = std::move(before->second.left_out);
    }
    lanes_ = std::move(lanes);
    return listing;
  }

  Result<std::optional<Item>> next(const std::string& locale) override {
    const auto it = lanes_.find(locale);
    if (it == lanes_.end()) return std::optional<Item>{};
    Lane& lane = it->second;
    while (lane.current < lane.keys.size()) {
      const std::string& key = lane.keys[lane.current];
      Progress& progress = progress_.at(key);
      if (progress.standing == Standing::kOpen) {
        auto item = read(lane, catalog_.objects().at(key), progress);
        if (item) return std::optional(std::move(*item));
        if (item.error().kind == ErrorKind::kUnavailable) {
          lane.reader.reset();
          return std::move(item).error();
        }
        set_aside(key, progress, item.error());
        lane.reader.reset();
      }
      lane.current += 1;
    }
    return std::optional<Item>{};
  }

  [[nodiscard]] bool wants_refresh() const override { return wants_refresh_; }
  [[nodiscard]] std::map<std::string, std::string> problems() const override {
    auto all = catalog_.problems();
    all.insert(object_problems_.begin(), object_problems_.end());
    return all;
  }

 private:
  // True: another version than the one that was read before.
  bool note_version(const std::string& key, const blobs::BlobInfo& blob) {
    const auto [it, is_new] = progress_.try_emplace(key, Progress{blob.version, 0, Standing::kOpen});
    Progress& progress = it->second;
    if (progress.version != blob.version) {
      progress = {blob.version, 0, Standing::kOpen};
      object_problems_.erase(key);
      return true;
    }
    if (progress.standing == Standing::kBlocked) {
      progress.standing = Standing::kOpen;
      object_problems_.erase(key);
    }
    return false;
  }

  // The next item of an open object; at its end an item that says so.
  Result<Item> read(Lane& lane, const CatalogObject& object, Progress& progress) {
    if (!lane.reader || lane.reader_of != object.ref) {
      ANTIPHON_TRY(reader, open_sentences(store_, *object.ref, corpus_, object.kind, lane.locale, progress.position));
      lane.reader = std::move(reader);
      lane.reader_of = object.ref;
    }
    Item item;
    item.object = object.ref;
    for (std::uint64_t silent_units = 0; silent_units < kSilentUnitsMax;) {
      ANTIPHON_TRY(raw, lane.reader->next());
      if (!raw) {
        progress.standing = Standing::kComplete;
        item.object_end = item.unit_end = true;
        item.position = progress.position;
        item.left_out = std::exchange(lane.left_out, {});
        lane.reader.reset();
        return item;
      }
      const auto reason = sieve(rules_, lane.locale, *raw, item);
      item.position = raw->next;
      item.unit_end = raw->unit_end;
      if (raw->unit_end) progress.position = raw->next;
      if (!reason) break;
      lane.left_out[std::string(*reason)] += 1;
      if (raw->unit_end) silent_units += 1;
    }
    item.left_out = std::exchange(lane.left_out, {});
    return item;
  }

  void set_aside(const std::string& key, Progress& progress, const Error& error) {
    const bool changed = error.kind == ErrorKind::kConflict || error.kind == ErrorKind::kNotFound;
    const bool for_good =
        error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kInvalidInput || error.kind == ErrorKind::kLimit;
    progress.standing = for_good ? Standing::kBad : Standing::kBlocked;
    wants_refresh_ = wants_refresh_ || changed;
    object_problems_[key] = error.message;
  }

  blobs::BlobStore& store_;
  const CorpusUrl& corpus_;
  const text::Readability& rules_;
  Catalog catalog_;
  std::map<std::string, Progress> progress_;
  std::map<std::string, Lane> lanes_;
  std::map<std::string, std::string> object_problems_;
  bool wants_refresh_ = false;
};

}  // namespace

std::unique_ptr<CorpusReader> make_ordered_reader(blobs::BlobStore& store, const CorpusUrl& corpus,
                                                  const text::Readability& rules, std::optional<text::Locale> otherwise,
                                                  const std::optional<events::CorpusState>& saved) {
  return std::make_unique<OrderedReader>(store, corpus, rules, std::move(otherwise), saved);
}

}  // namespace antiphon::select
