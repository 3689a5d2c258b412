// Consumes, transforms and produces exactly once, by librdkafka as it is: reads numbers from one topic, writes them
// behind a "+" to another one, with the positions in the same transaction. Every fifth transaction is aborted and done
// again. Ends when all numbers are copied and their commit is answered.
//
//   transactional_copier BOOTSTRAP TRANSACTIONAL_ID GROUP IN OUT COUNT     exit code 3: a fatal error; start it again
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kFatal = 3;
constexpr int kTimeoutMs = 60'000;
constexpr std::size_t kBatchMax = 40;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "copier: %s\n", what.c_str());
  std::exit(kFatal);
}

rd_kafka_t* make(rd_kafka_type_t type, const std::vector<std::pair<std::string, std::string>>& settings) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char text[512];
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text) != RD_KAFKA_CONF_OK) give_up(text);
  }
  // Without a report callback flush waits in steps of its own.
  if (type == RD_KAFKA_PRODUCER)
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t*, void*) {});
  rd_kafka_t* client = rd_kafka_new(type, conf, text, sizeof text);
  if (client == nullptr) give_up(text);
  return client;
}

// Tries again what may be tried again. True: done. False: the transaction must be aborted.
template <class Call>
bool done(const char* what, Call call) {
  while (true) {
    rd_kafka_error_t* error = call();
    if (error == nullptr) return true;
    const bool again = rd_kafka_error_is_retriable(error) != 0;
    const bool abort = rd_kafka_error_txn_requires_abort(error) != 0;
    const std::string text = std::string(what) + ": " + rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    if (again) continue;
    if (!abort) give_up(text);
    return false;
  }
}

class Copier {
 public:
  explicit Copier(char** arguments)
      : topic_in_(arguments[4]),
        topic_out_(arguments[5]),
        count_(std::strtoll(arguments[6], nullptr, 10)),
        producer_(make(RD_KAFKA_PRODUCER, {{"bootstrap.servers", arguments[1]},
                                           {"transactional.id", arguments[2]},
                                           {"transaction.timeout.ms", "60000"},
                                           {"reconnect.backoff.max.ms", "200"},
                                           {"linger.ms", "0"}})),
        consumer_(make(RD_KAFKA_CONSUMER, {{"bootstrap.servers", arguments[1]},
                                           {"group.id", arguments[3]},
                                           {"isolation.level", "read_committed"},
                                           {"enable.auto.commit", "false"},
                                           {"reconnect.backoff.max.ms", "200"},
                                           {"auto.offset.reset", "earliest"}})) {
    rd_kafka_poll_set_consumer(consumer_);
  }

  void run() {
    done("init", [&] { return rd_kafka_init_transactions(producer_, kTimeoutMs); });
    start_from_committed();
    for (int turn = 1; position_ < count_; ++turn) copy_some(turn % 5 == 0);
    std::printf("copied %lld\n", static_cast<long long>(position_));
    rd_kafka_consumer_close(consumer_);
    rd_kafka_destroy(consumer_);
    rd_kafka_destroy(producer_);
  }

 private:
  using Positions = std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;
  Positions at(std::int64_t offset) const {
    Positions list(rd_kafka_topic_partition_list_new(1), rd_kafka_topic_partition_list_destroy);
    rd_kafka_topic_partition_list_add(list.get(), topic_in_.c_str(), 0)->offset = offset;
    return list;
  }

  // Assigned by itself: the one partition, from where the last commit stands.
  void start_from_committed() {
    const Positions list = at(RD_KAFKA_OFFSET_INVALID);
    while (rd_kafka_committed(consumer_, list.get(), kTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    }
    position_ = list->elems[0].offset < 0 ? 0 : list->elems[0].offset;
    rd_kafka_assign(consumer_, at(position_).get());
  }

  void copy_some(bool abort) {
    std::vector<std::string> values;
    std::int64_t next = position_;
    while (values.size() < kBatchMax && next < count_) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer_, 200);
      if (message == nullptr) {
        if (values.empty()) continue;
        break;
      }
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset >= next) {
        values.push_back("+" + std::string(static_cast<const char*>(message->payload), message->len));
        next = message->offset + 1;
      }
      rd_kafka_message_destroy(message);
    }
    done("begin", [&] { return rd_kafka_begin_transaction(producer_); });
    for (const std::string& value : values) {
      rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic_out_.c_str()), RD_KAFKA_V_PARTITION(0),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
    }
    rd_kafka_flush(producer_, kTimeoutMs);  // before every abort, too (librdkafka issue 4849)
    bool good = !abort;
    if (good) {
      rd_kafka_consumer_group_metadata_t* group = rd_kafka_consumer_group_metadata(consumer_);
      good = done("offsets",
                  [&] { return rd_kafka_send_offsets_to_transaction(producer_, at(next).get(), group, kTimeoutMs); });
      rd_kafka_consumer_group_metadata_destroy(group);
    }
    if (good) good = done("commit", [&] { return rd_kafka_commit_transaction(producer_, kTimeoutMs); });
    if (good) {
      position_ = next;
      return;
    }
    done("abort", [&] { return rd_kafka_abort_transaction(producer_, kTimeoutMs); });
    // What was read is read again.
    const Positions back = at(position_);
    while (rd_kafka_error_t* error = rd_kafka_seek_partitions(consumer_, back.get(), kTimeoutMs)) {
      rd_kafka_error_destroy(error);
    }
  }

  const std::string topic_in_;
  const std::string topic_out_;
  const std::int64_t count_;
  rd_kafka_t* const producer_;
  rd_kafka_t* const consumer_;
  std::int64_t position_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 7) give_up("usage: transactional_copier BOOTSTRAP TRANSACTIONAL_ID GROUP IN OUT COUNT");
  Copier(arguments).run();
  return 0;
}
