// SelectSettings::validate: see select.h.
#include <fmt/format.h>

#include "events/event.h"
#include "events/topics.h"
#include "speech/text/locale.h"
#include "stages/select/corpus_url.h"
#include "stages/select/select.h"

namespace antiphon::select {
namespace {

Error usage(std::string message) { return make_error(ErrorKind::kUsage, std::move(message)); }

Result<> check_number(std::string_view flag, long value, long least, long most) {
  if (value >= least && value <= most) return {};
  return usage(fmt::format("{} is {}; it must be {} to {}", flag, value, least, most));
}

}  // namespace

Result<> SelectSettings::validate() const {
  ANTIPHON_TRY_VOID(kafka.validate());
  ANTIPHON_TRY(topics, events::Topics::in(name_space));
  if (corpus_urls.empty()) {
    return usage("no corpus: name one with --corpus file:///folder or --corpus s3://bucket/prefix");
  }
  if (corpus_urls.size() > kCorporaMax) {
    return usage(fmt::format("{} corpora; at most {} are read at once", corpus_urls.size(), kCorporaMax));
  }
  ANTIPHON_TRY(corpora, parse_corpus_urls(corpus_urls));
  if (!default_locale.empty()) {
    const auto locale = text::parse_locale(default_locale);
    if (!locale) return usage(fmt::format("--locale {}: {}", default_locale, locale.error().message));
  }
  ANTIPHON_TRY_VOID(check_number("--takes", wanted, 1, events::kWantedMax));
  ANTIPHON_TRY_VOID(check_number("--ahead", ahead, 1, kAheadMax));
  ANTIPHON_TRY_VOID(check_number("--partitions", partitions, 1, events::kPartitionsMax));
  ANTIPHON_TRY_VOID(check_number("--replication", replication, 0, 100));
  if (!slot.empty() && !events::is_target_name(slot))
    return usage(fmt::format("'{}' is no slot: letters a-z, digits, hyphens", slot));
  for (const CorpusUrl& corpus : corpora) {
    if (corpus.order == Order::kShuffled && spool_dir.empty()) return usage("order=shuffled needs a data folder");
  }
  ANTIPHON_TRY_VOID(check_number("retry_delay_min", retry_delay_min.count(), 1, retry_delay_max.count()));
  ANTIPHON_TRY_VOID(check_number("relist_every", relist_every.count(), 10, 86'400'000));
  ANTIPHON_TRY_VOID(check_number("state_every", state_every.count(), 1, 3'600'000));
  return {};
}

}  // namespace antiphon::select
