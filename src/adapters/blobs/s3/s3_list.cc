// Listing a bucket page by page, and the probe.
#include <fmt/format.h>

#include "adapters/blobs/name.h"
#include "adapters/blobs/s3/answer.h"
#include "adapters/blobs/s3/list_xml.h"
#include "adapters/blobs/s3/s3_store.h"
#include "core/logging.h"
#include "core/uuid.h"

namespace antiphon::blobs::s3 {
namespace {

constexpr std::size_t kPrefixBytesMax = 1024;

}  // namespace

Result<> S3Store::list(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each) {
  return list_all(prefix, each, false);
}

Result<> S3Store::list_all(const std::string& prefix, const std::function<bool(const BlobInfo&)>& each,
                           bool with_probes) {
  if (prefix.size() > kPrefixBytesMax) return {};
  const std::string root = key_of("");  // "", or "prefix/"
  std::string token;
  do {
    Call call;
    call.method = "GET";
    call.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", root + prefix}};
    if (!token.empty()) call.query.emplace_back("continuation-token", token);
    call.answer_bytes_max = kListAnswerBytesMax;
    ANTIPHON_TRY(answer, exchange(call));
    if (answer.status != 200) return error_of(answer, settings_, "list");
    ANTIPHON_TRY(page, parse_list(answer.body));
    if (page.next_token == token && !token.empty()) {
      return make_error(ErrorKind::kCorrupt,
                        fmt::format("list {}: the server sends the same page again", settings_.shown));
    }
    for (auto& entry : page.entries) {
      if (!entry.key.starts_with(root)) continue;
      BlobInfo info{entry.key.substr(root.size()), entry.size, std::move(entry.etag)};
      const bool ours = info.name.starts_with(kProbeFolder);
      if ((ours && !with_probes) || !check_name(info.name)) continue;  // "folder/" markers of consoles are no names
      if (!each(info)) return {};
    }
    token = std::move(page.next_token);
  } while (!token.empty());
  return {};
}

Result<> S3Store::probe(Use use) {
  Call call;
  call.method = "GET";
  call.query = {{"list-type", "2"}, {"max-keys", "1"}, {"prefix", key_of("")}};
  call.answer_bytes_max = kListAnswerBytesMax;
  ANTIPHON_TRY(answer, exchange(call));
  if (answer.status != 200) return error_of(answer, settings_, "probe");
  const auto page = parse_list(answer.body);
  if (!page)
    return make_error(ErrorKind::kConfig,
                      fmt::format("{} is no S3 endpoint: {}", settings_.base_url, page.error().message));
  return use == Use::kWrite ? probe_writing() : Result<>();
}

Result<> S3Store::probe_writing() {
  // What an earlier probe left when its process died.
  std::vector<std::string> left;
  ANTIPHON_TRY_VOID(list_all(
      std::string(kProbeFolder),
      [&](const BlobInfo& info) {
        left.push_back(info.name);
        return left.size() < kListEntriesMax;
      },
      true));
  for (const auto& name : left) ANTIPHON_TRY_VOID(remove(name));

  std::string id;
  {
    const std::lock_guard lock(mutex_);
    id = make_uuid_v4(*random_);
  }
  const std::string name = std::string(kProbeFolder) + id;
  ANTIPHON_TRY_VOID(put_object(name, {}, {}, false));
  auto refused = second_put_is_refused(name);
  auto removed = remove(name);
  if (!refused) return std::move(refused).error();
  if (!removed) return removed;
  conditions_honoured_ = *refused;
  if (!*refused) {
    logging::warn("the S3 server does not honour If-None-Match; each write asks first whether its name is free",
                  {{"store", settings_.shown}, {"endpoint", settings_.base_url}});
  }
  return {};
}

Result<bool> S3Store::second_put_is_refused(const std::string& name) {
  const auto second = put_object(name, {}, {}, true);
  if (second) return false;
  if (second.error().kind == ErrorKind::kAlreadyExists) return true;
  if (second.error().kind == ErrorKind::kConfig) return false;  // 501 and the like: it does not know the header
  return second.error();
}

}  // namespace antiphon::blobs::s3
