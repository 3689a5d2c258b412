#include "kafka/wire/message_set.h"

#include <fmt/format.h>

#include "kafka/wire/batch_builder.h"
#include "kafka/wire/message_set_reader.h"

namespace antiphon::kafka::wire {
namespace {

constexpr std::size_t kMagicAt = 16;  // the same place in every format

// Gathers the messages of one set into one batch.
class UpConverter {
 public:
  explicit UpConverter(const BatchPolicy& policy) : policy_(policy) {}

  UpConverted convert(ByteView message_set) {
    Reader in(message_set);
    while (in.remaining() > 0 && verdict_.accepted()) {
      LegacyMessage message;
      read_message(in, message);
      if (!in.ok()) return refused(ErrorCode::kCorruptMessage, in.error("message set").message);
      take(message);
    }
    if (verdict_.accepted() && messages_.empty()) return refused(ErrorCode::kInvalidRecord, "There is no message");
    if (verdict_.accepted()) check_keys();
    if (!verdict_.accepted()) return {std::move(verdict_), {}};
    return build();
  }

 private:
  UpConverted refused(ErrorCode error, std::string message) { return {{error, std::move(message), {}}, {}}; }
  void fail(ErrorCode error, std::string message) { verdict_ = {error, std::move(message), {}}; }

  void take(const LegacyMessage& message) {
    if (message.codec == Codec::kNone) {
      messages_.push_back(message);
      return;
    }
    if (codec_ == Codec::kNone) codec_ = message.codec;
    // A buffer of its own, because the messages look into it.
    Buffer& inner = unwrapped_.emplace_back();
    const auto opened = open_wrapper(message, kDecompressedBytesMax - unwrapped_bytes_, inner);
    if (!opened) return fail(ErrorCode::kCorruptMessage, opened.error().message);
    unwrapped_bytes_ += inner.size();
    take_inner(inner.view(), message);
  }

  void take_inner(ByteView set, const LegacyMessage& wrapper) {
    Reader in(set);
    while (in.remaining() > 0) {
      LegacyMessage message;
      read_message(in, message);
      if (!in.ok()) return fail(ErrorCode::kCorruptMessage, in.error("message set in a wrapper").message);
      if (message.codec != Codec::kNone || message.magic != wrapper.magic) {
        return fail(ErrorCode::kInvalidRecord, "A message in a wrapper is compressed or of another magic");
      }
      messages_.push_back(message);
    }
  }

  void check_keys() {
    if (!policy_.keys_required) return;
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      if (!messages_[i].key) verdict_.keyless_records.push_back(static_cast<std::int32_t>(i));
    }
    if (verdict_.keyless_records.empty()) return;
    verdict_.error = ErrorCode::kInvalidRecord;
    verdict_.message = "A compacted topic cannot accept a message without a key";
  }

  UpConverted build() {
    BatchSettings settings;
    settings.codec = codec_;
    BatchBuilder builder(settings);
    for (const auto& message : messages_) builder.add(message.timestamp_ms, message.key, message.value);
    auto batch = builder.finish();
    if (!batch) return refused(ErrorCode::kMessageTooLarge, batch.error().message);
    if (batch->size() > policy_.batch_bytes_max) {
      return refused(ErrorCode::kMessageTooLarge,
                     fmt::format("The batch has {} bytes, the topic's max.message.bytes is {}", batch->size(),
                                 policy_.batch_bytes_max));
    }
    return {{}, *std::move(batch)};
  }

  const BatchPolicy& policy_;
  BatchVerdict verdict_;
  Codec codec_ = Codec::kNone;
  std::vector<Buffer> unwrapped_;  // moving a Buffer leaves its bytes where they are
  std::size_t unwrapped_bytes_ = 0;
  std::vector<LegacyMessage> messages_;
};

}  // namespace

bool is_message_set(ByteView records) {
  if (records.size() <= kMagicAt) return false;
  const auto magic = load_big<std::int8_t>(records.data() + kMagicAt);
  return magic == 0 || magic == 1;
}

UpConverted up_convert(ByteView message_set, const BatchPolicy& policy) {
  return UpConverter(policy).convert(message_set);
}

}  // namespace antiphon::kafka::wire
