// AWS Signature Version 4, as S3 wants it: the path is encoded once, the hash of the body is signed and sent.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; its vectors stand in the test. A pure
// function of its input; nothing of a key is kept or logged.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace antiphon::blobs::s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty: none
};

struct SigningScope {
  std::string region;
  std::string service = "s3";
};

using Query = std::vector<std::pair<std::string, std::string>>;  // neither encoded nor sorted
using Headers = std::map<std::string, std::string>;              // names in lower case

struct UnsignedRequest {
  std::string method;
  std::string path;  // encoded by encode_path, begins with '/'
  Query query;
  Headers headers;  // all of them are signed; with host and x-amz-date, and with x-amz-content-sha256 where S3 is the
                    // service
  std::string body_sha256;
};

// The value of the Authorization header.
std::string authorization(const UnsignedRequest& request, const Credentials& credentials, const SigningScope& scope);

// 20150830T123600Z, the value of x-amz-date.
std::string amz_date(WallTime now);

// %XX for every byte but A-Z a-z 0-9 - . _ ~ and, in a path, '/'.
std::string encode_path(std::string_view path);
std::string encode_component(std::string_view text);
// Sorted and encoded: the canonical one, which is also what is sent.
std::string encode_query(const Query& query);

}  // namespace antiphon::blobs::s3
