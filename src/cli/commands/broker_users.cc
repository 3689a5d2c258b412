#include "cli/commands/broker_users.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "kafka/broker/auth/users.h"

namespace antiphon::cli {
namespace {

using namespace kafka::broker;

constexpr int kTriesMax = 20;  // while the broker changes the file itself
constexpr std::chrono::milliseconds kBetweenTries{50};

// A terminal that does not show what is typed.
class Silence {
 public:
  Silence() {
    active_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  ~Silence() {
    if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

std::string ask(const std::string& question) {
  fmt::print(stderr, "{}", question);
  std::string line;
  std::getline(std::cin, line);
  fmt::print(stderr, "\n");
  return line;
}

Result<std::string> read_password(const std::string& name) {
  std::string password;
  if (::isatty(STDIN_FILENO) == 1) {
    const Silence silence;
    password = ask(fmt::format("Password of {}: ", name));
    if (ask("Once more: ") != password) return make_error(ErrorKind::kUsage, "the two passwords differ");
  } else {
    std::getline(std::cin, password);
  }
  if (password.empty())
    return make_error(ErrorKind::kUsage, "no password on standard input; for example: --add-user NAME < password-file");
  if (password.size() > kPasswordBytesMax)
    return make_error(ErrorKind::kUsage, fmt::format("a password has at most {} bytes", kPasswordBytesMax));
  return password;
}

Result<> change_users(const std::string& data_dir, const std::function<void(Users&)>& edit) {
  PosixFileSystem files;
  SystemRandom random;
  ANTIPHON_TRY_VOID(files.make_directories(data_dir));
  ANTIPHON_TRY(store, UserStore::open(files, users_file(data_dir), random));
  for (int tries = 1;; ++tries) {
    const auto changed = store.change(edit);
    if (changed || changed.error().kind != ErrorKind::kUnavailable || tries == kTriesMax) return changed;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

}  // namespace

Result<> add_broker_user(const std::string& data_dir, const std::string& name) {
  if (const auto good = check_user_name(name); !good) return make_error(ErrorKind::kUsage, good.error().message);
  ANTIPHON_TRY(password, read_password(name));
  SystemRandom random;
  UserCredentials credentials;
  for (const ScramHash hash : {ScramHash::kSha256, ScramHash::kSha512})
    credentials[hash] = ScramCredential::of_password(hash, password, random, kScramIterationsDefault);
  ANTIPHON_TRY_VOID(change_users(data_dir, [&](Users& users) { users[name] = credentials; }));
  fmt::print("user {} can log in (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512); a broker that runs knows it within 5 seconds\n",
             name);
  return {};
}

Result<> remove_broker_user(const std::string& data_dir, const std::string& name) {
  bool was_there = false;
  ANTIPHON_TRY_VOID(change_users(data_dir, [&](Users& users) { was_there = users.erase(name) > 0; }));
  if (!was_there) return make_error(ErrorKind::kUsage, fmt::format("there is no user {}", name));
  fmt::print("user {} is gone; connections that it has stay until they end\n", name);
  return {};
}

}  // namespace antiphon::cli
