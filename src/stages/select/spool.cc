#include "stages/select/spool.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "speech/text/readability.h"
#include "speech/text/splitter.h"

namespace antiphon::select {
namespace {

constexpr std::size_t kAppendBytes = 256UL * 1024;
constexpr std::size_t kHeadBytes = 5;
constexpr std::uint64_t kPlaceMask = (std::uint64_t{1} << 48) - 1;
constexpr std::size_t kManifestBytesMax = 4096;
// The number of a problem is its place in this list, which may only grow; 0: none.
constexpr std::array<std::string_view, 9> kProblems{"",
                                                    text::reason::kInvalidUtf8,
                                                    text::reason::kLineTooLong,
                                                    text::reason::kEmpty,
                                                    problem::kRecordTooLong,
                                                    problem::kMissingColumn,
                                                    problem::kMalformedJson,
                                                    problem::kMissingField,
                                                    problem::kFieldNotText};

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

template <class T>
T get(const std::byte* in) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value |= static_cast<T>(std::to_integer<T>(in[i]) << (8 * i));
  return value;
}

Error torn(std::string_view what) { return make_error(ErrorKind::kCorrupt, fmt::format("spool: {}", what)); }

Result<> read_whole(const File& file, std::uint64_t position, MutableByteView out) {
  ANTIPHON_TRY(got, file.read_at(position, out));
  if (got != out.size()) return torn("it is shorter than its manifest says");
  return {};
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(FileSystem& fs, const std::string& folder, std::uint64_t order) {
  const auto manifest_bytes = read_file(fs, folder + "/manifest", kManifestBytesMax);
  if (!manifest_bytes) return std::unique_ptr<Spool>();
  const auto manifest = nlohmann::json::parse(as_text(*manifest_bytes), nullptr, false);
  const auto number = [&](const char* name) {
    const auto it = manifest.is_object() ? manifest.find(name) : manifest.end();
    return it != manifest.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
  };
  if (number("version") != 1 || number("order") != order) return std::unique_ptr<Spool>();
  auto spool = std::make_unique<Spool>();
  spool->size_ = number("sentences");
  spool->bytes_ = number("bytes");
  auto sentences = fs.open(folder + "/sentences", OpenMode::kRead);
  auto index = fs.open(folder + "/index", OpenMode::kRead);
  if (!sentences || !index) return std::unique_ptr<Spool>();
  ANTIPHON_TRY(sentence_bytes, (*sentences)->size());
  ANTIPHON_TRY(index_bytes, (*index)->size());
  if (spool->bytes_ > kSpoolBytesMax || sentence_bytes != spool->bytes_ || index_bytes / 8 != spool->size_ ||
      index_bytes % 8 != 0) {
    return std::unique_ptr<Spool>();
  }
  spool->sentences_ = std::move(*sentences);
  spool->index_ = std::move(*index);
  return spool;
}

Result<std::uint32_t> Spool::object_of(std::uint64_t number) const {
  std::array<std::byte, 8> entry;
  ANTIPHON_TRY_VOID(read_whole(*index_, number * 8, entry));
  return static_cast<std::uint32_t>(get<std::uint64_t>(entry.data()) >> 48);
}

Result<Spooled> Spool::read(std::uint64_t number) const {
  std::array<std::byte, 8> entry;
  ANTIPHON_TRY_VOID(read_whole(*index_, number * 8, entry));
  const std::uint64_t packed = get<std::uint64_t>(entry.data());
  const std::uint64_t place = packed & kPlaceMask;
  std::array<std::byte, kHeadBytes> head;
  ANTIPHON_TRY_VOID(read_whole(*sentences_, place, head));
  const auto length = get<std::uint32_t>(head.data());
  const auto problem_number = std::to_integer<std::size_t>(head[4]);
  if (length > text::kSentenceBytesMax || problem_number >= kProblems.size()) return torn("a sentence is damaged");
  Spooled spooled;
  spooled.object = static_cast<std::uint32_t>(packed >> 48);
  spooled.problem = kProblems[problem_number];
  spooled.text.resize(length);
  ANTIPHON_TRY_VOID(
      read_whole(*sentences_, place + kHeadBytes,
                 MutableByteView(reinterpret_cast<std::byte*>(spooled.text.data()), spooled.text.size())));
  return spooled;
}

Result<> SpoolWriter::Appender::append(std::string_view bytes) {
  buffer += bytes;
  return buffer.size() < kAppendBytes ? Result<>{} : flush();
}

Result<> SpoolWriter::Appender::flush() {
  ANTIPHON_TRY_VOID(file->write_at(written, as_bytes(buffer)));
  written += buffer.size();
  buffer.clear();
  return {};
}

Result<std::unique_ptr<SpoolWriter>> SpoolWriter::create(FileSystem& fs, const std::string& folder) {
  ANTIPHON_TRY_VOID(fs.remove_tree(folder));
  ANTIPHON_TRY_VOID(fs.make_directories(folder));
  std::unique_ptr<SpoolWriter> writer(new SpoolWriter(fs, folder));
  ANTIPHON_TRY(sentences, fs.open(folder + "/sentences", OpenMode::kCreateNew));
  ANTIPHON_TRY(index, fs.open(folder + "/index", OpenMode::kCreateNew));
  writer->sentences_.file = std::move(sentences);
  writer->index_.file = std::move(index);
  return writer;
}

Result<> SpoolWriter::add(std::string_view text, std::string_view problem, std::uint32_t object) {
  const auto number = std::find(kProblems.begin(), kProblems.end(), problem);
  const bool too_long = text.size() > text::kSentenceBytesMax;
  const std::uint64_t place = sentences_.written + sentences_.buffer.size();
  if (place > kSpoolBytesMax || object > 0xffff)
    return make_error(ErrorKind::kLimit, "the corpus is too large to be shuffled");
  std::string entry;
  put(entry, place | (std::uint64_t{object} << 48));
  ANTIPHON_TRY_VOID(index_.append(entry));
  std::string head;
  put(head, too_long ? std::uint32_t{0} : static_cast<std::uint32_t>(text.size()));
  head.push_back(static_cast<char>(too_long ? 2 : number == kProblems.end() ? 1 : number - kProblems.begin()));
  ANTIPHON_TRY_VOID(sentences_.append(head));
  if (!too_long) ANTIPHON_TRY_VOID(sentences_.append(text));
  size_ += 1;
  return {};
}

Result<> SpoolWriter::finish(std::uint64_t order) {
  ANTIPHON_TRY_VOID(sentences_.flush());
  ANTIPHON_TRY_VOID(index_.flush());
  ANTIPHON_TRY_VOID(sentences_.file->sync_data());
  ANTIPHON_TRY_VOID(index_.file->sync_data());
  const std::string manifest =
      fmt::format("{{\"version\":1,\"order\":{},\"sentences\":{},\"bytes\":{}}}\n", order, size_, sentences_.written);
  return write_file_atomically(fs_, folder_ + "/manifest", as_bytes(manifest));
}

}  // namespace antiphon::select
