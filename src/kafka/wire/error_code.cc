#include "kafka/wire/error_code.h"

namespace antiphon::kafka::wire {

std::string_view to_string(ErrorCode code) {
  switch (code) {
#define ANTIPHON_CASE(constant, number, name) \
  case ErrorCode::constant:                   \
    return name;
    ANTIPHON_KAFKA_ERRORS(ANTIPHON_CASE)
#undef ANTIPHON_CASE
  }
  return "UNKNOWN";
}

}  // namespace antiphon::kafka::wire
