// order=shuffled: see corpus_reader.h.
//
// The whole corpus is spooled in listing order, then read in an order drawn over all of it. `order`, the number that
// the saved state calls seed, follows from seed=, from how objects are read and from every object's key and version: as
// long as it is the same, so are the order and every place in it; when anything changes, a new order is drawn and read
// from its beginning, and what was published before is passed over by its id. A lane takes the sentences of its
// language in the order of the whole.
#include <fmt/format.h>

#include "core/logging.h"
#include "core/sha256.h"
#include "stages/select/corpus_reader.h"
#include "stages/select/permutation.h"
#include "stages/select/sentence_reader.h"
#include "stages/select/sieve.h"
#include "stages/select/spool.h"

namespace antiphon::select {
namespace {

struct Lane {
  text::Locale locale;
  ObjectRef object;         // the first of its objects: where the lane's place is kept
  std::uint64_t place = 0;  // in the order; before it, all of this lane's sentences were given out
  bool at_end = false;
};

class ShuffledReader final : public CorpusReader {
 public:
  ShuffledReader(blobs::BlobStore& store, const CorpusUrl& corpus, const text::Readability& rules,
                 std::optional<text::Locale> otherwise, const std::optional<events::CorpusState>& saved, FileSystem& fs,
                 std::string spool_dir, StopToken stop)
      : store_(store),
        corpus_(corpus),
        rules_(rules),
        catalog_(store, corpus, std::move(otherwise)),
        fs_(fs),
        folder_(fmt::format("{}/shuffled/{}", spool_dir, sha256_hex(as_bytes(corpus.id)).substr(0, 16))),
        stop_(std::move(stop)) {
    if (saved && saved->shuffle) saved_ = saved;
  }

  Result<Listing> refresh() override {
    ANTIPHON_TRY(changes, catalog_.refresh());
    wants_refresh_ = false;
    if (!spool_ || changes.any()) ANTIPHON_TRY_VOID(make_order());
    Listing listing;
    listing.changed = changes.changed;
    for (const auto& [key, object] : catalog_.objects()) listing.objects.push_back(object.ref);
    for (const auto& [tag, lane] : lanes_) listing.lanes.push_back(lane.locale);
    listing.shuffle = events::ShufflePosition{order_, 0};
    return listing;
  }

  Result<std::optional<Item>> next(const std::string& locale) override {
    const auto it = lanes_.find(locale);
    if (!spool_ || it == lanes_.end() || it->second.at_end) return std::optional<Item>{};
    auto item = read(it->second);
    if (!item) {  // the spool was damaged under us: it is made again, the same
      spool_.reset();
      wants_refresh_ = true;
      logging::warn("spool lost, making it again", {{"corpus", corpus_.id}, {"detail", item.error().message}});
      return std::optional<Item>{};
    }
    return std::optional(std::move(*item));
  }

  [[nodiscard]] bool wants_refresh() const override { return wants_refresh_; }
  [[nodiscard]] std::map<std::string, std::string> problems() const override {
    auto all = catalog_.problems();
    all.insert(object_problems_.begin(), object_problems_.end());
    return all;
  }

 private:
  [[nodiscard]] std::uint64_t drawn_order() const {
    std::string input = fmt::format("{}\n{}\n{}\n{}\n", corpus_.seed, corpus_.column, corpus_.field,
                                    corpus_.split ? static_cast<int>(*corpus_.split) : -1);
    Sha256 hash;
    hash.update(as_bytes(input));
    for (const auto& [key, object] : catalog_.objects()) {
      hash.update(as_bytes(fmt::format("{}\n{}\n{}\n", key, object.ref->version, object.locale.tag())));
    }
    const auto digest = hash.finish();
    std::uint64_t order = 0;
    for (int i = 0; i < 7; ++i)
      order = order << 8 | std::to_integer<std::uint64_t>(digest[static_cast<std::size_t>(i)]);
    return order >> 3;  // 53 bits: what every reader of JSON holds exactly
  }

  Result<> make_order() {
    const std::uint64_t order = drawn_order();
    if (order != order_) lanes_.clear();
    auto spool = Spool::open(fs_, folder_, order);
    if (!spool || !*spool) {
      ANTIPHON_TRY_VOID(fill(order));
      spool = Spool::open(fs_, folder_, order);
      if (spool && !*spool) spool = make_error(ErrorKind::kIo, fmt::format("the spool in {} is gone at once", folder_));
    }
    if (!spool) return std::move(spool).error();
    spool_ = std::move(*spool);
    permutation_ = std::make_unique<Permutation>(spool_->size(), order);
    order_ = order;
    objects_.clear();
    std::map<std::string, Lane> lanes;
    for (const auto& [key, object] : catalog_.objects()) {
      objects_.push_back(object.locale.tag());
      const auto [lane, is_new] = lanes.try_emplace(object.locale.tag(), Lane{object.locale, object.ref, 0, false});
      if (is_new) lane->second.place = place_of(key, object.locale.tag());
    }
    lanes_ = std::move(lanes);
    return {};
  }

  // Where a lane goes on: where this process was, else where the saved state says, if that is of the same order.
  [[nodiscard]] std::uint64_t place_of(const std::string& key, const std::string& tag) const {
    if (const auto it = lanes_.find(tag); it != lanes_.end()) return it->second.place;
    if (!saved_ || saved_->shuffle->seed != order_) return 0;
    for (const events::ObjectPosition& object : saved_->objects) {
      if (object.key == key) return std::min(object.offset, spool_->size());
    }
    return saved_->shuffle->done;
  }

  Result<> fill(std::uint64_t order) {
    logging::info("spooling a corpus to shuffle it", {{"corpus", corpus_.id}, {"objects", catalog_.objects().size()}});
    object_problems_.clear();
    ANTIPHON_TRY(writer, SpoolWriter::create(fs_, folder_));
    std::uint32_t number = 0;
    for (const auto& [key, object] : catalog_.objects()) ANTIPHON_TRY_VOID(fill_from(*writer, object, number++));
    ANTIPHON_TRY_VOID(writer->finish(order));
    logging::info("corpus spooled", {{"corpus", corpus_.id}, {"sentences", writer->size()}});
    return {};
  }

  Result<> fill_from(SpoolWriter& writer, const CatalogObject& object, std::uint32_t number) {
    auto reader = open_sentences(store_, *object.ref, corpus_, object.kind, object.locale, 0);
    while (reader) {
      if (stop_.stop_requested()) return make_error(ErrorKind::kCancelled, "stopped while spooling");
      auto raw = (*reader)->next();
      if (!raw) return give_up_on(object, raw.error());
      if (!*raw) return {};
      ANTIPHON_TRY_VOID(writer.add((*raw)->text, (*raw)->problem, number));
    }
    return give_up_on(object, reader.error());
  }

  // What was read of an object that cannot be read on stays. One that changed meanwhile makes the whole order void.
  Result<> give_up_on(const CatalogObject& object, const Error& error) {
    const bool its_own_fault = error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kInvalidInput ||
                               error.kind == ErrorKind::kPermission;
    if (!its_own_fault)
      return make_error(ErrorKind::kUnavailable, fmt::format("{}: {}", object.ref->name, error.message));
    object_problems_[object.ref->name] = error.message;
    return {};
  }

  Result<Item> read(Lane& lane) {
    Item item;
    item.object = lane.object;
    item.order = order_;
    for (std::uint64_t silent = 0; silent < kSilentUnitsMax && lane.place < permutation_->size();) {
      const std::uint64_t number = permutation_->at(lane.place);
      ANTIPHON_TRY(object, spool_->object_of(number));
      if (object >= objects_.size())
        return make_error(ErrorKind::kCorrupt, "the spool names an object that is not there");
      if (objects_[object] == lane.locale.tag()) {
        ANTIPHON_TRY(spooled, spool_->read(number));
        const auto reason =
            sieve(rules_, lane.locale, RawSentence{std::move(spooled.text), spooled.problem, 0, true}, item);
        item.position = ++lane.place;
        if (!reason) return item;
        item.left_out[std::string(*reason)] += 1;
        ++silent;
      } else {
        ++lane.place;
      }
    }
    item.position = lane.place;
    item.object_end = lane.at_end = lane.place >= permutation_->size();
    return item;
  }

  blobs::BlobStore& store_;
  const CorpusUrl& corpus_;
  const text::Readability& rules_;
  Catalog catalog_;
  FileSystem& fs_;
  std::string folder_;
  StopToken stop_;
  std::optional<events::CorpusState> saved_;
  std::uint64_t order_ = 0;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Permutation> permutation_;
  std::vector<std::string> objects_;  // locale by number
  std::map<std::string, Lane> lanes_;
  std::map<std::string, std::string> object_problems_;
  bool wants_refresh_ = false;
};

}  // namespace

std::unique_ptr<CorpusReader> make_shuffled_reader(blobs::BlobStore& store, const CorpusUrl& corpus,
                                                   const text::Readability& rules,
                                                   std::optional<text::Locale> otherwise,
                                                   const std::optional<events::CorpusState>& saved,
                                                   FileSystem& file_system, std::string spool_dir, StopToken stop) {
  return std::make_unique<ShuffledReader>(store, corpus, rules, std::move(otherwise), saved, file_system,
                                          std::move(spool_dir), std::move(stop));
}

}  // namespace antiphon::select
