// The published vectors: AWS's signature version 4 test suite (region us-east-1, service "service"), and the worked
// examples of the S3 reference, "Signature Calculations for the Authorization Header: Transferring Payload in a Single
// Chunk".
#include "adapters/blobs/s3/sigv4.h"

#include <gtest/gtest.h>

#include "core/sha256.h"

namespace antiphon::blobs::s3 {
namespace {

const std::string kNothing = sha256_hex({});

std::string signature_in(const std::string& header) { return header.substr(header.find("Signature=") + 10); }

TEST(SigV4, AgreesWithTheTestSuite) {
  struct Row {
    const char* name;
    std::string method;
    std::string path;
    Query query;
    Headers headers;
    std::string signature;
  };
  const Row rows[] = {
      {"get-vanilla", "GET", "/", {}, {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"post-vanilla", "POST", "/", {}, {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/",
       {{"Param2", "value2"}, {"Param1", "value1"}},
       {},
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-utf8", "GET", "/ሴ", {}, {}, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-unreserved",
       "GET",
       "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
       {},
       {},
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-vanilla-utf8-query",
       "GET",
       "/",
       {{"ሴ", "bar"}},
       {},
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"get-header-value-trim",
       "GET",
       "/",
       {},
       {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}},
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    UnsignedRequest request{row.method, encode_path(row.path), row.query, row.headers, kNothing};
    request.headers["host"] = "example.amazonaws.com";
    request.headers["x-amz-date"] = "20150830T123600Z";
    const auto header = authorization(request, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""},
                                      {"us-east-1", "service"});
    EXPECT_EQ(signature_in(header), row.signature);
    EXPECT_TRUE(header.starts_with(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;"));
  }
}

TEST(SigV4, AgreesWithTheExamplesOfTheS3Reference) {
  struct Row {
    const char* name;
    std::string method;
    std::string path;
    Query query;
    Headers headers;
    std::string body;
    std::string signature;
  };
  const Row rows[] = {
      {"GET object with a range",
       "GET",
       "/test.txt",
       {},
       {{"range", "bytes=0-9"}},
       "",
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"PUT object",
       "PUT",
       "/test$file.text",
       {},
       {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
       "Welcome to Amazon S3.",
       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
      {"GET lifecycle",
       "GET",
       "/",
       {{"lifecycle", ""}},
       {},
       "",
       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"list objects",
       "GET",
       "/",
       {{"prefix", "J"}, {"max-keys", "2"}},
       {},
       "",
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    UnsignedRequest request{row.method, encode_path(row.path), row.query, row.headers, sha256_hex(as_bytes(row.body))};
    request.headers["host"] = "examplebucket.s3.amazonaws.com";
    request.headers["x-amz-date"] = "20130524T000000Z";
    request.headers["x-amz-content-sha256"] = request.body_sha256;
    const auto header =
        authorization(request, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""}, {"us-east-1"});
    EXPECT_EQ(signature_in(header), row.signature);
  }
}

TEST(SigV4, WritesTheDateWithoutMarks) { EXPECT_EQ(amz_date(from_unix_ms(1'440'938'160'999)), "20150830T123600Z"); }

}  // namespace
}  // namespace antiphon::blobs::s3
