// What an S3 server's answer means: whether to ask again, and an Error with a sentence on what to do.
#pragma once

#include <string_view>

#include "adapters/blobs/s3/http.h"
#include "adapters/blobs/s3/settings.h"

namespace antiphon::blobs::s3 {

// 5xx, 429, a request that the server gave up on, a conditional write that met another one.
bool is_worth_retrying(const HttpAnswer& answer);

// For a status that is no success. `doing` is a verb for people: "put", "list".
//   wrong or unknown keys, missing rights     kPermission
//   no such bucket, another region            kConfig
//   no such object                            kNotFound
//   If-None-Match refused                     kAlreadyExists
//   If-Match refused                          kConflict
//   worth retrying, yet tried often enough    kUnavailable
//   a key that S3 cannot take                 kInvalidInput
//   anything else                             kConfig with the status and S3's own code
Error error_of(const HttpAnswer& answer, const S3Settings& settings, std::string_view doing);

}  // namespace antiphon::blobs::s3
