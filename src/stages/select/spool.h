// The sentences of a whole corpus on the local disk, so that they can be read in any order: what order=shuffled needs.
//
//   FOLDER/sentences   one after the other: u32 length (little endian), u8 problem, the text as it was in the corpus
//   FOLDER/index       one u64 (little endian) a sentence: bits 0-47 its place in `sentences`, bits 48-63 its object's
//   number FOLDER/manifest    JSON, written last: {"version":1,"order":N,"sentences":N,"bytes":N}; without it the rest
//   counts for nothing
//
// Nothing here is worth keeping: a spool that is lost, torn or of another order is made again, the same. Writing keeps
// two buffers in memory, reading none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/file_system.h"
#include "core/result.h"
#include "stages/select/sentence_reader.h"

namespace antiphon::select {

constexpr std::uint64_t kSpoolBytesMax = std::uint64_t{1} << 47;

struct Spooled {
  std::string text;
  std::string_view problem;
  std::uint32_t object = 0;  // its number in the order in which it was added
};

class Spool {
 public:
  // The one in the folder where its manifest says `order` and its files are as long as it says; else nothing.
  static Result<std::unique_ptr<Spool>> open(FileSystem& fs, const std::string& folder, std::uint64_t order);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Of the sentence of that number, in the order in which it was added, without its text. kCorrupt: the files are not
  // what they were.
  [[nodiscard]] Result<std::uint32_t> object_of(std::uint64_t number) const;
  [[nodiscard]] Result<Spooled> read(std::uint64_t number) const;

 private:
  std::unique_ptr<File> sentences_;
  std::unique_ptr<File> index_;
  std::uint64_t size_ = 0;
  std::uint64_t bytes_ = 0;
};

class SpoolWriter {
 public:
  // Empties the folder.
  static Result<std::unique_ptr<SpoolWriter>> create(FileSystem& fs, const std::string& folder);
  Result<> add(std::string_view text, std::string_view problem, std::uint32_t object);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Makes it valid.
  Result<> finish(std::uint64_t order);

 private:
  struct Appender {
    std::unique_ptr<File> file;
    std::string buffer;
    std::uint64_t written = 0;
    Result<> append(std::string_view bytes);
    Result<> flush();
  };
  SpoolWriter(FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}

  FileSystem& fs_;
  std::string folder_;
  Appender sentences_;
  Appender index_;
  std::uint64_t size_ = 0;
};

}  // namespace antiphon::select
