#include "adapters/blobs/s3/answer.h"

#include <fmt/format.h>

#include "adapters/blobs/s3/list_xml.h"

namespace antiphon::blobs::s3 {
namespace {

std::string permission_text(std::string_view code, const S3Settings& settings) {
  if (code == "InvalidAccessKeyId")
    return "the server does not know the key in AWS_ACCESS_KEY_ID; set the right pair of keys";
  if (code == "SignatureDoesNotMatch")
    return "AWS_SECRET_ACCESS_KEY is not the secret of AWS_ACCESS_KEY_ID; set the right pair of keys";
  if (code == "RequestTimeTooSkewed") return "this machine's clock differs too much from the server's; set the clock";
  if (code == "ExpiredToken" || code == "InvalidToken")
    return "the session token in AWS_SESSION_TOKEN is not valid (any more); get a new one";
  return fmt::format("the server refuses these keys; give them the right to list, get, put and delete in bucket {}",
                     settings.bucket);
}

Error not_found(std::string_view code, const S3Settings& settings, const std::string& what) {
  if (code == "NoSuchBucket") {
    return make_error(ErrorKind::kConfig, fmt::format("{}: there is no bucket {} at {}; make it, or correct the URL",
                                                      what, settings.bucket, settings.base_url));
  }
  return make_error(ErrorKind::kNotFound, fmt::format("{}: no such object", what));
}

}  // namespace

bool is_worth_retrying(const HttpAnswer& answer) {
  if (answer.status == 500 || answer.status == 502 || answer.status == 503 || answer.status == 504 ||
      answer.status == 429)
    return true;
  if (answer.status == 409)
    return parse_error(answer.body).code != "BucketAlreadyExists";  // two conditional writes met
  return answer.status == 400 && parse_error(answer.body).code == "RequestTimeout";
}

Error error_of(const HttpAnswer& answer, const S3Settings& settings, std::string_view doing) {
  const ErrorAnswer told = parse_error(answer.body);
  const std::string what = fmt::format("{} {}", doing, settings.shown);
  const auto header = answer.headers.find("x-amz-bucket-region");
  const std::string region = header != answer.headers.end() ? header->second.substr(0, 64) : told.region;
  const bool elsewhere = answer.status == 301 || answer.status == 307 || told.code == "AuthorizationHeaderMalformed";
  if (elsewhere && !region.empty()) {
    return make_error(ErrorKind::kConfig,
                      fmt::format("{}: the bucket is in region {}, not {}; write ?region={} behind the URL", what,
                                  region, settings.region, region));
  }
  if (answer.status == 401 || answer.status == 403) {
    return make_error(ErrorKind::kPermission, fmt::format("{}: {}", what, permission_text(told.code, settings)));
  }
  if (answer.status == 404) return not_found(told.code, settings, what);
  if (answer.status == 412) {
    return make_error(doing == "put" ? ErrorKind::kAlreadyExists : ErrorKind::kConflict,
                      fmt::format("{}: the condition does not hold", what));
  }
  if (told.code == "KeyTooLongError")
    return make_error(ErrorKind::kInvalidInput, fmt::format("{}: the key is too long", what));
  const std::string said =
      told.code.empty() ? std::to_string(answer.status) : fmt::format("{} {}", answer.status, told.code);
  if (is_worth_retrying(answer))
    return make_error(ErrorKind::kUnavailable, fmt::format("{}: the server answers {}", what, said));
  return make_error(ErrorKind::kConfig,
                    fmt::format("{}: the server answers {}; is {} an S3 endpoint?", what, said, settings.base_url));
}

}  // namespace antiphon::blobs::s3
