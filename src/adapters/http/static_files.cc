#include "adapters/http/static_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "core/sha256.h"

namespace antiphon::http {
namespace {

constexpr std::size_t kHashCharsMin = 8;

std::string_view content_type_of(std::string_view extension) {
  static const std::map<std::string_view, std::string_view> kTypes{{".html", "text/html; charset=utf-8"},
                                                                   {".js", "text/javascript; charset=utf-8"},
                                                                   {".mjs", "text/javascript; charset=utf-8"},
                                                                   {".css", "text/css; charset=utf-8"},
                                                                   {".json", "application/json"},
                                                                   {".map", "application/json"},
                                                                   {".svg", "image/svg+xml"},
                                                                   {".png", "image/png"},
                                                                   {".ico", "image/x-icon"},
                                                                   {".webp", "image/webp"},
                                                                   {".woff2", "font/woff2"},
                                                                   {".wasm", "application/wasm"},
                                                                   {".txt", "text/plain; charset=utf-8"},
                                                                   {".webmanifest", "application/manifest+json"}};
  const auto it = kTypes.find(extension);
  return it == kTypes.end() ? "application/octet-stream" : it->second;
}

// app-3F2A9C1B.js, app.3f2a9c1b.css: the last part of the stem is a hash. Words have no digits, and dates no letters.
bool carries_hash(std::string_view stem) {
  const std::size_t cut = stem.find_last_of("-.");
  if (cut == std::string_view::npos) return false;
  const std::string_view last = stem.substr(cut + 1);
  bool digit = false;
  for (const char c : last) {
    if (!std::isalnum(static_cast<unsigned char>(c))) return false;
    digit = digit || std::isdigit(static_cast<unsigned char>(c));
  }
  return digit && last.size() >= kHashCharsMin;
}

std::string gzip(const std::string& plain) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

Result<std::string> read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), {});
  if (!file.good() && !file.eof()) return make_error(ErrorKind::kIo, fmt::format("{} cannot be read", path.string()));
  return content;
}

bool is_hidden(const std::filesystem::path& relative) {
  return std::any_of(relative.begin(), relative.end(), [](const auto& part) { return part.string().starts_with('.'); });
}

bool accepts_gzip(const Request& request) {
  const auto accepted = request.header("Accept-Encoding");
  return accepted && accepted->find("gzip") != std::string_view::npos &&
         accepted->find("gzip;q=0") == std::string_view::npos;
}

}  // namespace

Result<StaticFiles> StaticFiles::load(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return make_error(ErrorKind::kNotFound, fmt::format("{} is no folder", folder));
  StaticFiles files;
  files.content_security_policy_ = page_content_security_policy();
  std::size_t bytes = 0;
  for (auto it = fs::recursive_directory_iterator(folder, error); it != fs::recursive_directory_iterator();
       it.increment(error)) {
    if (error) return make_error(ErrorKind::kIo, fmt::format("{}: {}", folder, error.message()));
    const fs::path relative = it->path().lexically_relative(folder);
    if (!it->is_regular_file() || is_hidden(relative)) continue;
    ANTIPHON_TRY(content, read_whole(it->path()));
    bytes += content.size();
    if (bytes > kStaticBytesMax || files.files_.size() == kStaticFilesMax) {
      return make_error(ErrorKind::kLimit, fmt::format("{} holds more than {} files or {} bytes", folder,
                                                       kStaticFilesMax, kStaticBytesMax));
    }
    File file;
    file.content_type = content_type_of(relative.extension().string());
    file.etag = sha256_hex(as_bytes(content)).substr(0, 32);
    file.immutable = carries_hash(relative.stem().string());
    std::string packed = gzip(content);
    if (!packed.empty() && packed.size() < content.size())
      file.gzip = std::make_shared<const std::string>(std::move(packed));
    file.plain = std::make_shared<const std::string>(std::move(content));
    files.files_.emplace(relative.generic_string(), std::move(file));
  }
  if (error) return make_error(ErrorKind::kIo, fmt::format("{}: {}", folder, error.message()));
  return files;
}

Response StaticFiles::serve(const Request& request) const {
  const std::string path = request.target.path();
  const auto it = files_.find(path == "/" ? std::string_view("index.html") : std::string_view(path).substr(1));
  if (it == files_.end()) return problem(404, "there is nothing here");
  const File& file = it->second;
  const bool packed = file.gzip != nullptr && accepts_gzip(request);
  const std::string etag = fmt::format("\"{}{}\"", file.etag, packed ? "-gz" : "");
  Response response{200, {}, {}, nullptr};
  response.headers = {{"ETag", etag},
                      {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", content_security_policy_}};
  if (const auto known = request.header("If-None-Match");
      known && (known->find(etag) != std::string_view::npos || *known == "*")) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", file.content_type);
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.shared_body = packed ? file.gzip : file.plain;
  return response;
}

std::string page_content_security_policy() {
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
         "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action "
         "'none'; "
         "frame-ancestors 'none'";
}

}  // namespace antiphon::http
