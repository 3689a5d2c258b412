// The names of a namespace: topics and what they must be, client ids and consumer groups.
//
// A name holds lower-case letters, digits, dots and hyphens; never underscores (Kafka's metrics cannot tell them from
// dots). Kept depending on core only: adapters/bus turns a TopicSpec into a topic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/record.h"
#include "core/result.h"

namespace antiphon::events {

constexpr std::int32_t kPartitionsDefault = 6;
constexpr std::int32_t kPartitionsMax = 1000;
constexpr std::size_t kMessageBytesMax = 5UL * 1024 * 1024;            // a record of any topic but the dead letters
constexpr std::size_t kDeadLetterMessageBytesMax = 6UL * 1024 * 1024;  // the same record and what was said about it
constexpr std::size_t kAudioBytesMax = 4UL * 1024 * 1024;              // an upload; the rest of a record is its headers
constexpr std::size_t kNamespaceCharsMax = 64;
constexpr std::string_view kNamespaceDefault = "voices";

class Topics {
 public:
  // kUsage: not a name (1 to 64 of a-z 0-9 . -, first and last a letter or digit).
  static Result<Topics> in(std::string_view name_space);
  // The default namespace.
  Topics() : name_space_(kNamespaceDefault) {}

  [[nodiscard]] const std::string& name_space() const { return name_space_; }
  [[nodiscard]] std::string prompts() const { return name_space_ + ".prompts"; }
  [[nodiscard]] std::string recordings() const { return name_space_ + ".recordings"; }
  [[nodiscard]] std::string prompt_state() const { return name_space_ + ".prompt-state"; }
  [[nodiscard]] std::string corpus_state() const { return name_space_ + ".corpus-state"; }

  // What the topics of every stage must be. prompts, recordings and prompt-state have `partitions` (and partition n of
  // one belongs with partition n of the others); corpus-state has one.
  [[nodiscard]] std::vector<TopicSpec> specs(std::int32_t partitions = kPartitionsDefault) const;
  // dlq.TOPIC.TARGET, with as many partitions as its source. TARGET as in the consumer group: archive.NAME.
  [[nodiscard]] static std::string dlq(std::string_view topic, std::string_view target);
  [[nodiscard]] static TopicSpec dlq_spec(std::string_view topic, std::string_view target, std::int32_t partitions);

  // client.id = NAMESPACE.STAGE.SLOT; group.id = NAMESPACE.STAGE.NAME (voices.archive.9f86d081).
  [[nodiscard]] std::string client_id(std::string_view stage, std::string_view slot) const;
  [[nodiscard]] std::string group_id(std::string_view stage, std::string_view name) const;

 private:
  explicit Topics(std::string name_space) : name_space_(std::move(name_space)) {}
  std::string name_space_;
};

// Whether a person may use it as the name of an archive, a slot or another target: as a namespace, but without dots.
bool is_target_name(std::string_view name);

}  // namespace antiphon::events
