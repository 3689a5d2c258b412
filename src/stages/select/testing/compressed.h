// Compressed bytes for tests, made by the libraries' own compressors.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <string>

#include "core/assert.h"

namespace antiphon::select::testing {

inline std::string gzip(const std::string& text) {
  z_stream stream{};
  ANTIPHON_ASSERT(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ANTIPHON_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// `window_log` above 0: the frame asks for a window of that size.
inline std::string zstd(const std::string& text, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  if (window_log > 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1);
  }
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  // In two steps, so that the size of the text is not known at the frame's beginning.
  ANTIPHON_ASSERT(ZSTD_isError(ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue)) == 0);
  ANTIPHON_ASSERT(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end) == 0);
  out.resize(output.pos);
  ZSTD_freeCCtx(context);
  return out;
}

inline std::string zstd_zeros(std::size_t count) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::string out;
  std::string chunk(1 << 20, '\0');
  std::string buffer(1 << 20, '\0');
  for (std::size_t done = 0; done < count; done += chunk.size()) {
    ZSTD_inBuffer input{chunk.data(), chunk.size(), 0};
    const bool last = done + chunk.size() >= count;
    std::size_t left = 1;
    while (input.pos < input.size || (last && left != 0)) {
      ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
      left = ZSTD_compressStream2(context, &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
      ANTIPHON_ASSERT(ZSTD_isError(left) == 0);
      out.append(buffer.data(), output.pos);
    }
  }
  ZSTD_freeCCtx(context);
  return out;
}

}  // namespace antiphon::select::testing
