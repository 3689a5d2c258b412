// The files of a web page, held in memory: read once at start, compressed once, served without a copy.
//
// ETag is the content's hash; If-None-Match is answered 304. A name that carries its content's hash (app-3F2A9C1B.js,
// app.3f2a9c1b.css: eight or more letters and digits with at least one digit, as esbuild and others write it) may be
// kept for ever; every other is asked for again each time. Only files that were in the folder at start are served, so
// no request can name anything else.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/http/message.h"
#include "core/result.h"

namespace antiphon::http {

constexpr std::size_t kStaticFilesMax = 2000;
constexpr std::size_t kStaticBytesMax = 64U << 20;  // of all files together

class StaticFiles {
 public:
  // kNotFound, kLimit or kIo with the name. Files and folders whose name starts with a dot are left out.
  static Result<StaticFiles> load(const std::string& folder);

  // GET and HEAD; "/" is index.html. 404 otherwise. `content_security_policy` goes with every file.
  [[nodiscard]] Response serve(const Request& request) const;
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  void set_content_security_policy(std::string policy) { content_security_policy_ = std::move(policy); }

 private:
  struct File {
    std::shared_ptr<const std::string> plain;
    std::shared_ptr<const std::string> gzip;  // nullptr where it would not be smaller
    std::string content_type;
    std::string etag;  // without quotes
    bool immutable = false;
  };
  std::map<std::string, File, std::less<>> files_;  // "assets/app.js"
  std::string content_security_policy_;
};

// What a page of ours may do: its own files and the microphone, nothing from anywhere else.
std::string page_content_security_policy();

}  // namespace antiphon::http
