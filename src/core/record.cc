#include "core/record.h"

namespace antiphon {

std::optional<std::string_view> find_header(const RecordHeaders& headers, std::string_view name) {
  for (const RecordHeader& header : headers) {
    if (header.name == name) {
      return header.value ? std::optional<std::string_view>(*header.value) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace antiphon
