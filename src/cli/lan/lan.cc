#include "cli/lan/lan.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <qrencode.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "cli/lan/certificate.h"

namespace antiphon::cli {
namespace {

Result<std::vector<std::string>> own_addresses() {
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) return errno_error(errno, "network interfaces");
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(raw, ::freeifaddrs);
  std::vector<std::string> out;
  for (const ifaddrs* i = list.get(); i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) != 0 ||
        (i->ifa_flags & IFF_UP) == 0)
      continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* address = reinterpret_cast<const sockaddr_in*>(i->ifa_addr);
    if (::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()) != nullptr) out.emplace_back(text.data());
  }
  return out;
}

// Two rows of the code in one line of half blocks, dark on light whatever the terminal's colours.
std::string render_qr(const QRcode& code) {
  constexpr int kQuiet = 2;
  const auto dark = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < code.width && y < code.width && (code.data[y * code.width + x] & 1) != 0;
  };
  std::string out;
  for (int y = -kQuiet; y < code.width + kQuiet; y += 2) {
    out += "\x1b[30;107m";
    for (int x = -kQuiet; x < code.width + kQuiet; ++x) {
      const bool upper = dark(x, y);
      const bool lower = dark(x, y + 1);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\x1b[0m\n";
  }
  return out;
}

}  // namespace

Result<std::string> lan_address() {
  ANTIPHON_TRY(addresses, own_addresses());
  if (addresses.empty()) {
    return make_error(ErrorKind::kConfig,
                      "--lan: this machine has no address on a network; connect it, or leave --lan out");
  }
  return addresses.front();
}

Result<LanCertificate> ensure_lan_certificate(FileSystem& fs, const std::string& folder) {
  constexpr std::uint64_t kPemBytesMax = 64UL * 1024;
  ANTIPHON_TRY(addresses, own_addresses());
  ANTIPHON_TRY_VOID(fs.make_directories(folder));
  const LanCertificate files{folder + "/lan.crt", folder + "/lan.key"};
  const auto present = read_file(fs, files.certificate_file, kPemBytesMax);
  if (present && certificate_covers(as_text(*present), addresses)) return files;
  addresses.emplace_back("127.0.0.1");
  ANTIPHON_TRY(made, make_certificate(addresses));
  ANTIPHON_TRY_VOID(
      write_file_atomically(fs, files.key_file, as_bytes(made.key_pem)));  // files are made with mode 0600
  ANTIPHON_TRY_VOID(write_file_atomically(fs, files.certificate_file, as_bytes(made.certificate_pem)));
  return files;
}

Result<> print_lan_invitation(const std::string& studio) {
  ANTIPHON_TRY(address, lan_address());
  const std::string url = fmt::format("https://{}:{}/", address, studio.substr(studio.rfind(':') + 1));
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString(url.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1), QRcode_free);
  if (!code) return errno_error(errno, "QR code");
  fmt::print(
      stderr,
      "\n{}\nOpen {} on a phone in the same network (the code above says the same).\n"
      "The browser will warn once: the certificate is this machine's own. Accept it, then allow the microphone.\n\n",
      render_qr(*code), url);
  return {};
}

}  // namespace antiphon::cli
