#include "tools/recording.h"

#include <fmt/format.h>

#include <charconv>

#include "adapters/bus/admin.h"

namespace antiphon::tools {
namespace {

constexpr std::int64_t kClockSlackMs =
    10 * 60 * 1000;  // a phone's clock may be ahead by so much; further off is found by the second pass
constexpr std::int64_t kProgressEvery = 1000;

using Ranges = std::map<bus::TopicPartition, bus::OffsetRange>;

class Search {
 public:
  Search(bus::PartitionReader& reader, const RecordingId& id, const RecordingSearch& settings)
      : reader_(reader), id_(id), settings_(settings) {}

  // Reads the ranges and keeps the last record of the id.
  Result<> look_in(const Ranges& ranges) {
    return bus::read_all(reader_, ranges, settings_.timeout, [&](const IncomingRecord& record) -> Result<> {
      if (++looked_at_ % kProgressEvery == 0 && settings_.on_progress) settings_.on_progress(looked_at_);
      if (!record.key || as_text(*record.key) != id_.value()) return {};
      erased_ = !record.value;
      found_.reset();
      if (record.value) {
        found_ = FoundRecording{Bytes(record.value->begin(), record.value->end()),
                                record.headers,
                                {std::string(record.topic), record.partition},
                                record.offset};
      }
      return {};
    });
  }
  [[nodiscard]] bool met() const { return erased_ || found_.has_value(); }
  [[nodiscard]] bool erased() const { return erased_; }
  std::optional<FoundRecording>& found() { return found_; }

 private:
  bus::PartitionReader& reader_;
  const RecordingId& id_;
  const RecordingSearch& settings_;
  std::int64_t looked_at_ = 0;
  bool erased_ = false;
  std::optional<FoundRecording> found_;
};

}  // namespace

std::int64_t unix_ms_of(const RecordingId& id) {
  const std::string digits = id.value().substr(0, 8) + id.value().substr(9, 4);
  std::int64_t ms = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), ms, 16);
  return ms;
}

Result<FoundRecording> find_recording(const bus::Connection& connection, const events::Topics& topics,
                                      const RecordingId& id, const RecordingSearch& search) {
  ANTIPHON_TRY(admin, bus::Admin::create(connection));
  ANTIPHON_TRY(all_topics, admin->topics(search.timeout));
  const auto topic =
      std::find_if(all_topics.begin(), all_topics.end(), [&](const auto& t) { return t.name == topics.recordings(); });
  if (topic == all_topics.end()) {
    return make_error(ErrorKind::kNotFound, fmt::format("there is no topic {} at {}; is the namespace right?",
                                                        topics.recordings(), connection.bootstrap));
  }
  ANTIPHON_TRY(reader, bus::PartitionReader::create(connection));
  Ranges likely;
  Ranges before;
  for (std::int32_t p = 0; p < topic->partitions; ++p) {
    const bus::TopicPartition partition{topics.recordings(), PartitionId(p)};
    ANTIPHON_TRY(range, reader->offsets(partition, search.timeout));
    ANTIPHON_TRY(from, reader->offset_at(partition, unix_ms_of(id) - kClockSlackMs, search.timeout));
    likely[partition] = {from, range.end};
    before[partition] = {range.start, from};
  }
  Search looking(*reader, id, search);
  ANTIPHON_TRY_VOID(looking.look_in(likely));
  if (!looking.met()) ANTIPHON_TRY_VOID(looking.look_in(before));
  if (looking.found()) return std::move(*looking.found());
  return make_error(ErrorKind::kNotFound,
                    looking.erased() ? fmt::format("recording {} was erased", id.value())
                                     : fmt::format("recording {} is not in {}", id.value(), topics.recordings()));
}

}  // namespace antiphon::tools
