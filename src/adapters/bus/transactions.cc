#include "adapters/bus/transactions.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/bus/rdkafka.h"
#include "core/logging.h"

namespace antiphon::bus {
namespace {

Error error_of(const rd::ErrorHandle& error, std::string_view what) {
  return rd::error_of(rd_kafka_error_code(error.get()), what);
}

constexpr std::chrono::milliseconds kBeginStep{500};

// The library goes on with what timed out where it is asked again.
Result<> begin(rd_kafka_t* handle, const std::string& id, std::chrono::milliseconds timeout,
               const std::function<bool()>& cancelled) {
  for (auto left = timeout;; left -= kBeginStep) {
    if (cancelled()) return make_error(ErrorKind::kCancelled, "not needed any more");
    const rd::ErrorHandle error(rd_kafka_init_transactions(handle, rd::milliseconds(std::min(left, kBeginStep))));
    if (!error) return {};
    const bool again = rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR__TIMED_OUT && left > kBeginStep;
    if (!again) return error_of(error, fmt::format("begin as {}", id));
  }
}

// A producer whose predecessor under this id has ended, or was ended by this.
Result<rd::Handle> open(const Connection& connection, const TransactionSettings& settings,
                        std::chrono::milliseconds timeout, const std::function<bool()>& cancelled) {
  rd::Configuration conf(connection);
  conf.set("transactional.id", settings.transactional_id)
      .set("transaction.timeout.ms", std::to_string(settings.open_time_max.count()))
      .set("message.timeout.ms", std::to_string(settings.open_time_max.count()))  // the library's rule: not above it
      .set("linger.ms", "0")
      .set("partitioner", "murmur2_random")
      .set("retry.backoff.ms", "50")
      .set("message.max.bytes", std::to_string(settings.record_bytes_max));
  ANTIPHON_TRY(handle, std::move(conf).make(RD_KAFKA_PRODUCER));
  ANTIPHON_TRY_VOID(begin(handle.get(), settings.transactional_id, timeout, cancelled));
  rd::learn_topics(handle.get());
  return handle;
}

class RdTransactions final : public Transactions {
 public:
  RdTransactions(Connection connection, TransactionSettings settings)
      : connection_(std::move(connection)), settings_(std::move(settings)) {}

  Result<> write(const std::vector<OutgoingRecord>& records, const GroupOffsets& offsets, GroupConsumer& group,
                 std::chrono::milliseconds timeout) override {
    if (!handle_) {
      ANTIPHON_TRY(handle, open(connection_, settings_, timeout, [] { return false; }));
      handle_ = std::move(handle);
    }
    Result<> done = attempt(records, offsets, group, timeout);
    if (!done) give_up(timeout);
    return done;
  }

 private:
  Result<> attempt(const std::vector<OutgoingRecord>& records, const GroupOffsets& offsets, GroupConsumer& group,
                   std::chrono::milliseconds timeout) {
    if (const rd::ErrorHandle error(rd_kafka_begin_transaction(handle_.get())); error)
      return error_of(error, "begin a transaction");
    for (const OutgoingRecord& record : records) ANTIPHON_TRY_VOID(rd::produce(handle_.get(), record, nullptr));
    // Before the group's word is asked for, see transactions.h.
    if (const auto code = rd_kafka_flush(handle_.get(), rd::milliseconds(timeout)); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return rd::error_of(code, "send a transaction's records");
    const auto membership = group.membership();
    const auto* member = dynamic_cast<const rd::GroupMetadata*>(membership.get());
    if (member == nullptr || member->raw() == nullptr)
      return make_error(ErrorKind::kConflict, "no member of the group");
    const auto next = rd::list_of(offsets.next, offsets.metadata);
    if (const rd::ErrorHandle error(
            rd_kafka_send_offsets_to_transaction(handle_.get(), next.get(), member->raw(), rd::milliseconds(timeout)));
        error) {
      return error_of(error, "a group's offsets in a transaction");
    }
    if (const rd::ErrorHandle error(rd_kafka_commit_transaction(handle_.get(), rd::milliseconds(timeout))); error)
      return error_of(error, "commit a transaction");
    return {};
  }

  // What cannot be taken back in order is left to the next one that asks for the id: this process, with the next write.
  void give_up(std::chrono::milliseconds timeout) {
    const rd::ErrorHandle error(rd_kafka_abort_transaction(handle_.get(), rd::milliseconds(timeout)));
    if (!error) return;
    logging::debug("a transaction is not taken back in order",
                   {{"id", settings_.transactional_id}, {"detail", rd_kafka_error_string(error.get())}});
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    handle_.reset();
  }

  const Connection connection_;
  const TransactionSettings settings_;
  rd::Handle handle_;
};

}  // namespace

std::unique_ptr<Transactions> Transactions::create(const Connection& connection, const TransactionSettings& settings) {
  return std::make_unique<RdTransactions>(connection, settings);
}

Result<> end_transactions_of(const Connection& connection, const TransactionSettings& settings,
                             std::chrono::milliseconds timeout, const std::function<bool()>& cancelled) {
  ANTIPHON_TRY(handle, open(connection, settings, timeout, cancelled));
  return {};
}

}  // namespace antiphon::bus
