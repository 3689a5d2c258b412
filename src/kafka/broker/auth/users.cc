#include "kafka/broker/auth/users.h"

#include <fmt/format.h>

#include <charconv>

#include "core/sha256.h"

namespace antiphon::kafka::broker {
namespace {

constexpr std::string_view kFirstLine = "antiphon users 1";
constexpr std::string_view kCheck = "sha256 ";
constexpr std::uint64_t kFileBytesMax = 16U << 20U;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kFittedMax = 1024;

std::string_view name_of(ScramHash hash) { return hash == ScramHash::kSha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512"; }

Error damaged(std::size_t line, const char* what) {
  return make_error(ErrorKind::kCorrupt, fmt::format("the users file is damaged in line {}: {}", line, what));
}

std::string_view take_until(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return part;
}

// MECHANISM ITERATIONS SALT STORED-KEY SERVER-KEY NAME
Result<> read_line(std::string_view line, std::size_t number, Users& users) {
  ScramCredential credential;
  const auto mechanism = take_until(line, ' ');
  if (mechanism != name_of(ScramHash::kSha256) && mechanism != name_of(ScramHash::kSha512))
    return damaged(number, "mechanism");
  credential.hash = mechanism == name_of(ScramHash::kSha256) ? ScramHash::kSha256 : ScramHash::kSha512;
  const auto digits = take_until(line, ' ');
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), credential.iterations);
  if (error != std::errc{} || end != digits.data() + digits.size() || credential.iterations < kScramIterationsMin ||
      credential.iterations > kScramIterationsMax)
    return damaged(number, "iterations");
  const std::size_t key_bytes = digest_bytes(credential.hash);
  auto salt = from_base64(take_until(line, ' '), kScramSaltBytesMax);
  auto stored = from_base64(take_until(line, ' '), key_bytes);
  auto server = from_base64(take_until(line, ' '), key_bytes);
  if (!salt || !stored || !server || stored->size() != key_bytes || server->size() != key_bytes)
    return damaged(number, "salt or keys");
  if (!check_user_name(line)) return damaged(number, "name");
  credential.salt = std::move(*salt);
  credential.stored_key = std::move(*stored);
  credential.server_key = std::move(*server);
  const ScramHash hash = credential.hash;
  if (!users[std::string(line)].emplace(hash, std::move(credential)).second) return damaged(number, "a repeat");
  return {};
}

}  // namespace

Result<Users> read_users(std::string_view text) {
  Users users;
  std::string_view rest = text;
  if (take_until(rest, '\n') != kFirstLine) return damaged(1, "it does not begin as such a file");
  for (std::size_t number = 2; !rest.empty(); ++number) {
    const std::string_view before = text.substr(0, text.size() - rest.size());
    const auto line = take_until(rest, '\n');
    if (line.starts_with(kCheck)) {
      if (!rest.empty() || !text.ends_with('\n') || line.substr(kCheck.size()) != sha256_hex(as_bytes(before)))
        return damaged(number, "the check sum does not fit");
      return users;
    }
    ANTIPHON_TRY_VOID(read_line(line, number, users));
    if (users.size() > kUsersMax) return damaged(number, "too many users");
  }
  return damaged(1, "its end is missing");
}

std::string write_users(const Users& users) {
  std::string text = fmt::format("{}\n", kFirstLine);
  for (const auto& [name, credentials] : users) {
    for (const auto& [hash, each] : credentials) {
      text += fmt::format("{} {} {} {} {} {}\n", name_of(hash), each.iterations, to_base64(each.salt),
                          to_base64(each.stored_key), to_base64(each.server_key), name);
    }
  }
  text += fmt::format("{}{}\n", kCheck, sha256_hex(as_bytes(text)));
  return text;
}

Result<UserStore> UserStore::open(FileSystem& files, std::string path, Random& random) {
  Bytes secret(kSecretBytes);
  for (std::size_t at = 0; at < secret.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random.next();
    std::memcpy(secret.data() + at, &word, sizeof word);
  }
  UserStore store(files, std::move(path), std::move(secret));
  ANTIPHON_TRY(read, store.refresh());
  static_cast<void>(read);  // new or empty: both are fine
  return store;
}

Result<Bytes> UserStore::read_bytes() const {
  ANTIPHON_TRY(exists, files_->exists(path_));
  if (!exists) return Bytes{};
  return read_file(*files_, path_, kFileBytesMax);
}

Result<bool> UserStore::refresh() {
  ANTIPHON_TRY(bytes, read_bytes());
  if (bytes == bytes_) return false;
  if (bytes.empty()) {
    users_.clear();
  } else {
    auto users = read_users(as_text(bytes));
    if (!users) return std::move(users).error().within(path_);
    users_ = std::move(*users);
  }
  bytes_ = std::move(bytes);
  return true;
}

ScramCredential UserStore::credential(std::string_view user, ScramHash hash) const {
  if (const auto found = users_.find(user); found != users_.end()) {
    if (const auto kind = found->second.find(hash); kind != found->second.end()) return kind->second;
  }
  ScramCredential decoy;
  decoy.hash = hash;
  decoy.iterations = kScramIterationsDefault;
  decoy.salt = hmac(ScramHash::kSha256, secret_, as_bytes(fmt::format("salt {}", user)));
  decoy.salt.resize(kScramSaltBytes);
  decoy.stored_key = hmac(hash, secret_, as_bytes(fmt::format("stored {}", user)));
  decoy.server_key = hmac(hash, secret_, as_bytes(fmt::format("server {}", user)));
  return decoy;
}

bool UserStore::check_password(std::string_view user, std::string_view password) {
  const auto found = users_.find(user);
  if (found == users_.end() || found->second.empty()) {
    static_cast<void>(credential(user, ScramHash::kSha256).fits(password));  // takes its time, as for one that exists
    return false;
  }
  const ScramCredential& known = found->second.begin()->second;
  Bytes both = known.stored_key;
  const ByteView text = as_bytes(password);
  both.insert(both.end(), text.begin(), text.end());
  Bytes print = hmac(ScramHash::kSha256, secret_, both);
  const auto before = fitted_.find(user);
  if (before != fitted_.end() && same_bytes(before->second, print)) return true;
  if (!known.fits(password)) return false;
  if (fitted_.size() >= kFittedMax) fitted_.clear();
  fitted_[std::string(user)] = std::move(print);
  return true;
}

Result<> UserStore::change(const std::function<void(Users&)>& edit) {
  auto lock = files_->lock(path_ + ".lock");
  if (!lock) {
    if (lock.error().kind != ErrorKind::kAlreadyExists) return std::move(lock).error();
    return make_error(ErrorKind::kUnavailable, "another process is changing the users; try again");
  }
  ANTIPHON_TRY(read, refresh());
  static_cast<void>(read);
  Users changed = users_;
  edit(changed);
  std::erase_if(changed, [](const auto& user) { return user.second.empty(); });
  if (changed.size() > kUsersMax)
    return make_error(ErrorKind::kLimit, fmt::format("there would be more than {} users", kUsersMax));
  const std::string text = write_users(changed);
  ANTIPHON_TRY_VOID(write_file_atomically(*files_, path_, as_bytes(text)));
  users_ = std::move(changed);
  bytes_ = to_bytes(text);
  return {};
}

}  // namespace antiphon::kafka::broker
