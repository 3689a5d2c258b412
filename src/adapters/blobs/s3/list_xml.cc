#include "adapters/blobs/s3/list_xml.h"

#include <expat.h>
#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <memory>
#include <optional>

namespace antiphon::blobs::s3 {
namespace {

constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kTextBytesMax = 8UL * 1024;  // a key of 1024 bytes, every one as %XX; a token

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

// Calls `leaf` for every element that ends, with its path ("/ListBucketResult/Contents/Key") and the text directly in
// it, and stops when that returns false.
class Walker {
 public:
  using Leaf = std::function<bool(const std::string& path, const std::string& text)>;

  explicit Walker(Leaf leaf) : leaf_(std::move(leaf)), parser_(XML_ParserCreate("UTF-8")) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), start, end);
    XML_SetCharacterDataHandler(parser_.get(), text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), doctype);
  }

  bool walk(ByteView xml) {
    const auto status = XML_Parse(parser_.get(), as_text(xml).data(), static_cast<int>(xml.size()), 1);
    return status == XML_STATUS_OK && !refused_;
  }

 private:
  static Walker& self(void* data) { return *static_cast<Walker*>(data); }

  static void XMLCALL start(void* data, const XML_Char* name, const XML_Char**) {
    Walker& walker = self(data);
    if (walker.lengths_.size() >= kDepthMax) return walker.refuse();
    walker.lengths_.push_back(walker.path_.size());
    walker.path_.append("/").append(name);
    walker.text_.clear();
  }
  static void XMLCALL end(void* data, const XML_Char*) {
    Walker& walker = self(data);
    if (walker.refused_ || walker.lengths_.empty()) return;
    if (!walker.leaf_(walker.path_, walker.text_)) return walker.refuse();
    walker.path_.resize(walker.lengths_.back());
    walker.lengths_.pop_back();
    walker.text_.clear();
  }
  static void XMLCALL text(void* data, const XML_Char* piece, int length) {
    Walker& walker = self(data);
    if (walker.text_.size() + static_cast<std::size_t>(length) > kTextBytesMax) return walker.refuse();
    walker.text_.append(piece, static_cast<std::size_t>(length));
  }
  static void XMLCALL doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    self(data).refuse();
  }

  void refuse() {
    refused_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  Leaf leaf_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser_;
  std::string path_;
  std::vector<std::size_t> lengths_;  // of path_, outside each open element
  std::string text_;
  bool refused_ = false;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// As encoding-type=url writes keys: %XX, and by some servers '+' for a blank.
std::optional<std::string> url_decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

bool parse_number(const std::string& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string without_quotes(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

// Texts that end up in messages.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!good || out.size() >= 64) return {};
    out.push_back(c);
  }
  return out;
}

// The listing as it comes: the encoding may be told after the keys it is for.
struct Listing {
  ListPage page;
  bool url_encoded = false;
  bool truncated = false;
  bool is_listing = false;

  bool leaf(const std::string& path, const std::string& text) {
    const std::string_view root = "/ListBucketResult";
    if (!std::string_view(path).starts_with(root)) return false;
    is_listing = true;
    const auto rest = std::string_view(path).substr(root.size());
    if (rest == "/EncodingType") url_encoded = text == "url";
    if (rest == "/IsTruncated") truncated = text == "true";
    if (rest == "/NextContinuationToken") page.next_token = text;
    if (rest == "/Contents/Key") current.key = text;
    if (rest == "/Contents/ETag") current.etag = without_quotes(text);
    if (rest == "/Contents/Size" && !parse_number(text, current.size)) return false;
    if (rest == "/Contents") {
      if (page.entries.size() >= kListEntriesMax) return false;
      page.entries.push_back(std::exchange(current, {}));
    }
    return true;
  }

  ListEntry current;
};

}  // namespace

Result<ListPage> parse_list(ByteView xml) {
  const auto refuse = [&](std::string_view why) {
    return make_error(ErrorKind::kCorrupt, fmt::format("an S3 listing of {} bytes {}", xml.size(), why));
  };
  if (xml.size() > kListAnswerBytesMax) return refuse("is too large");
  Listing listing;
  Walker walker([&](const auto& path, const auto& text) { return listing.leaf(path, text); });
  if (!walker.walk(xml) || !listing.is_listing) return refuse("is not well-formed, or beyond a bound");
  if (listing.url_encoded) {
    for (auto& entry : listing.page.entries) {
      auto key = url_decoded(entry.key);
      if (!key) return refuse("has a malformed escape in a key");
      entry.key = std::move(*key);
    }
  }
  if (listing.truncated && listing.page.next_token.empty()) return refuse("says there is more, but not where");
  if (!listing.truncated) listing.page.next_token.clear();
  return std::move(listing.page);
}

ErrorAnswer parse_error(ByteView xml) {
  ErrorAnswer answer;
  if (xml.empty() || xml.size() > kErrorAnswerBytesMax) return answer;
  Walker walker([&](const std::string& path, const std::string& text) {
    if (path == "/Error/Code") answer.code = plain(text);
    if (path == "/Error/Region") answer.region = plain(text);
    return true;
  });
  static_cast<void>(walker.walk(xml));  // what stood before the fault counts
  return answer;
}

}  // namespace antiphon::blobs::s3
