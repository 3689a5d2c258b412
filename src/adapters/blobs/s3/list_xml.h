// What an S3 server answers in XML: a page of a listing, and an error. Parsed by expat, which builds no tree; the
// bounds are ours: no DTD (so no entities of their making), depth, length of a text, number of entries. The bytes are
// foreign: fuzzed (s3_list_xml).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace antiphon::blobs::s3 {

constexpr std::size_t kListAnswerBytesMax =
    16U << 20;                                 // 1000 keys of 1 KiB, every byte escaped, and what stands around them
constexpr std::size_t kListEntriesMax = 1000;  // S3's own maximum a page
constexpr std::size_t kErrorAnswerBytesMax = 64UL * 1024;

struct ListEntry {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  // without quotes
};

struct ListPage {
  std::vector<ListEntry> entries;
  std::string next_token;  // empty: this was the last page
};

struct ErrorAnswer {
  std::string code;    // letters and digits only, at most 64; empty: the answer says none
  std::string region;  // where the bucket is, if the answer says; letters, digits, hyphens
};

// kCorrupt: not a listing, or beyond a bound.
Result<ListPage> parse_list(ByteView xml);
// Never fails: whatever cannot be read says nothing.
ErrorAnswer parse_error(ByteView xml);

}  // namespace antiphon::blobs::s3
