// The broker's users, in one file of its data folder (docs/formats/users.md), written atomically.
//
// Two processes may change it, the broker and `antiphon broker --add-user`: a change holds a lock file, reads, changes
// and writes; the broker reads the file again in its housekeeping, so that a new user need not wait for a restart.
// One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/file_system.h"
#include "core/random.h"
#include "kafka/broker/auth/credential.h"

namespace antiphon::kafka::broker {

constexpr std::size_t kUsersMax = 10'000;

using UserCredentials = std::map<ScramHash, ScramCredential>;  // at most one of each kind
using Users = std::map<std::string, UserCredentials, std::less<>>;

inline std::string users_file(const std::string& data_dir) { return data_dir + "/users"; }
// kCorrupt names the line.
Result<Users> read_users(std::string_view text);
std::string write_users(const Users& users);

class UserStore {
 public:
  // A file that is not there holds nobody.
  static Result<UserStore> open(FileSystem& files, std::string path, Random& random);

  [[nodiscard]] const Users& users() const { return users_; }
  // For a user that does not exist: a credential that fits no password, the same one for the same name.
  [[nodiscard]] ScramCredential credential(std::string_view user, ScramHash hash) const;
  // By whichever credential the user has. What fitted once is remembered (as a keyed hash), so that PLAIN costs its
  // thousands of iterations only the first time.
  [[nodiscard]] bool check_password(std::string_view user, std::string_view password);
  // `edit` sees what is in the file now. kUnavailable: another process is changing it; kLimit: too many users.
  Result<> change(const std::function<void(Users&)>& edit);
  // Takes what another process wrote; true when it was something new.
  Result<bool> refresh();

 private:
  UserStore(FileSystem& files, std::string path, Bytes secret)
      : files_(&files), path_(std::move(path)), secret_(std::move(secret)) {}
  Result<Bytes> read_bytes() const;

  FileSystem* files_;
  std::string path_;
  Bytes secret_;  // of this process
  Bytes bytes_;   // of the file, as last read or written
  Users users_;
  std::map<std::string, Bytes, std::less<>> fitted_;  // user -> keyed hash of stored key and password
};

}  // namespace antiphon::kafka::broker
