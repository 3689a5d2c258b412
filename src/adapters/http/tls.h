// TLS 1.2 and 1.3 for a Server: the only part of this folder that needs libssl. Library antiphon_adapters_http_tls.
#pragma once

#include <memory>
#include <string>

#include "adapters/http/server.h"

namespace antiphon::http {

// PEM files: the certificate with its chain, the key. kConfig: which file is wrong and how, or that they do not belong
// together.
Result<std::shared_ptr<Transport>> make_tls_transport(const std::string& certificate_file, const std::string& key_file);

}  // namespace antiphon::http
