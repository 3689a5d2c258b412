// --lan: phones on the same network. Browsers give the microphone only to https or localhost, so the studio serves
// https with a certificate made here on first use; the person accepts it once.
#pragma once

#include <string>

#include "core/file_system.h"
#include "core/result.h"

namespace antiphon::cli {

struct LanCertificate {
  std::string certificate_file;  // PEM
  std::string key_file;          // PEM, readable by its owner only
};

// Self-signed, P-256, for the addresses and the name of this machine; made anew when the addresses changed or it
// expires within a week.
Result<LanCertificate> ensure_lan_certificate(FileSystem& fs, const std::string& folder);

// The first address of this machine that others on its network can reach: 192.168.1.7. kConfig: there is none.
Result<std::string> lan_address();

// The address and its QR code, on standard error. `studio` is the studio's own address: its port is used.
Result<> print_lan_invitation(const std::string& studio);

}  // namespace antiphon::cli
