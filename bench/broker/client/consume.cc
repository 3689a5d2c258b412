#include <array>

#include "kafka.h"
#include "measurements.h"

namespace antiphon::bench {

nlohmann::json consume(const std::string& bootstrap, const std::string& topic, int count) {
  const Handle handle =
      make_handle(RD_KAFKA_CONSUMER, bootstrap, {{"queued.min.messages", "1000000"}, {"group.id", "bench"}});
  const Topic from = make_topic(handle.get(), topic, nullptr);
  if (rd_kafka_consume_start(from.get(), 0, RD_KAFKA_OFFSET_BEGINNING) != 0) give_up("cannot consume");
  std::array<rd_kafka_message_t*, 1000> batch;
  std::chrono::steady_clock::time_point begin;
  double bytes = 0;
  int messages = 0;
  while (messages < count) {
    const auto got = rd_kafka_consume_batch(from.get(), 0, 100, batch.data(), batch.size());
    if (got < 0) give_up(rd_kafka_err2str(rd_kafka_last_error()));
    for (ssize_t i = 0; i < got; ++i) {
      rd_kafka_message_t* const message = batch[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (messages++ == 0) begin = std::chrono::steady_clock::now();
        bytes += static_cast<double>(message->len);
      } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        give_up(std::string("not consumed: ") + rd_kafka_message_errstr(message));
      }
      rd_kafka_message_destroy(message);
    }
  }
  const double seconds = seconds_since(begin);
  rd_kafka_consume_stop(from.get(), 0);
  return {{"seconds", seconds}, {"messages", messages}, {"bytes", bytes}};
}

}  // namespace antiphon::bench
