#include "adapters/blobs/s3/list_xml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace antiphon::blobs::s3 {
namespace {

std::string listing(const std::string& inside) {
  return R"(<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)" +
         inside + "</ListBucketResult>";
}

TEST(ListXml, ReadsAPageAsServersWriteIt) {
  const auto page =
      parse_list(as_bytes(listing("<Name>voices</Name><Prefix>sw/</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</"
                                  "MaxKeys><EncodingType>url</EncodingType>"
                                  "<IsTruncated>true</IsTruncated><NextContinuationToken>abc/+=</NextContinuationToken>"
                                  "<Contents><Key>sw/a%20b%2Bc.txt</Key><LastModified>2026-11-22T18:00:00.000Z</"
                                  "LastModified><ETag>&quot;9b2cf535f27731c9&quot;</ETag>"
                                  "<Size>1234567890123</Size><StorageClass>STANDARD</StorageClass><Owner><ID>x</"
                                  "ID><DisplayName>y</DisplayName></Owner></Contents>\n"
                                  "<Contents><Key>sw/%E1%8D%A2+x</Key><ETag>e2</ETag><Size>0</Size></Contents>")));
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->entries.size(), 2u);
  EXPECT_EQ(page->entries[0].key, "sw/a b+c.txt");
  EXPECT_EQ(page->entries[0].etag, "9b2cf535f27731c9");
  EXPECT_EQ(page->entries[0].size, 1'234'567'890'123u);
  EXPECT_EQ(page->entries[1].key, "sw/። x");
  EXPECT_EQ(page->next_token, "abc/+=");
}

TEST(ListXml, WithoutUrlEncodingKeysStandAsTheyAre) {
  const auto page = parse_list(
      as_bytes(listing("<IsTruncated>false</IsTruncated><Contents><Key>a%20+&amp;b</Key><Size>1</Size></Contents>")));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->entries.at(0).key, "a%20+&b");
  EXPECT_TRUE(page->next_token.empty());
  EXPECT_TRUE(parse_list(as_bytes(listing(""))));
}

TEST(ListXml, RefusesWhatIsNoListingOrBeyondABound) {
  std::string many;
  for (std::size_t i = 0; i <= kListEntriesMax; ++i)
    many += fmt::format("<Contents><Key>{}</Key><Size>1</Size></Contents>", i);
  const std::pair<const char*, std::string> rows[] = {
      {"nothing", ""},
      {"a page of a portal", "<html><body>Log in</body></html>"},
      {"cut off", listing("<Contents><Key>a</Key>").substr(0, 150)},
      {"another root", "<Error><Code>AccessDenied</Code></Error>"},
      {"a size that is none", listing("<Contents><Key>a</Key><Size>-1</Size></Contents>")},
      {"more, but not where", listing("<IsTruncated>true</IsTruncated>")},
      {"half an escape", listing("<EncodingType>url</EncodingType><Contents><Key>a%2</Key><Size>1</Size></Contents>")},
      {"too many entries", listing(many)},
      {"too deep", listing("<a><b><c><d><e><f><g><h/></g></f></e></d></c></b></a>")},
      {"a text without end", listing("<Prefix>" + std::string(10'000, 'x') + "</Prefix>")},
      {"entities of their own",
       "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><ListBucketResult>&b;</ListBucketResult>"},
  };
  for (const auto& [name, xml] : rows) {
    SCOPED_TRACE(name);
    const auto page = parse_list(as_bytes(xml));
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(ErrorXml, SaysTheCodeAndNothingThatCouldSpoilALog) {
  EXPECT_EQ(
      parse_error(as_bytes("<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>m</Message></Error>")).code,
      "NoSuchBucket");
  EXPECT_EQ(parse_error(as_bytes("<Error><Code>PermanentRedirect</Code><Region>eu-north-1</Region></Error>")).region,
            "eu-north-1");
  EXPECT_EQ(parse_error(as_bytes("<Error><Code>a\nb</Code></Error>")).code, "");
  EXPECT_EQ(parse_error(as_bytes("<Error><Code>" + std::string(65, 'a') + "</Code></Error>")).code, "");
  EXPECT_EQ(parse_error(as_bytes("not xml")).code, "");
  EXPECT_EQ(parse_error({}).code, "");
}

}  // namespace
}  // namespace antiphon::blobs::s3
