#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

// Compresses bytes into one complete member of gzip (RFC 1952), which has no name and no time.
// Returns Z_OK and the member's length, or why there is none; Z_BUF_ERROR if the room is too small.
static inline int pgrepl_gzip(const unsigned char *bytes, size_t count, unsigned char *target,
                              size_t room, size_t *length, int level) {
  z_stream stream;
  int status;
  *length = 0;
  memset(&stream, 0, sizeof stream);
  // 15 is the largest window, and 16 more ask for gzip's header.
  status = deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  if (status != Z_OK) return status;
  stream.next_in = (Bytef *)bytes;
  stream.next_out = target;
  // zlib counts with 32 bits.
  do {
    if (stream.avail_in == 0) {
      stream.avail_in = count < UINT_MAX ? (uInt)count : UINT_MAX;
      count -= stream.avail_in;
    }
    if (stream.avail_out == 0) {
      stream.avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
      room -= stream.avail_out;
    }
    status = deflate(&stream, count == 0 ? Z_FINISH : Z_NO_FLUSH);
  } while (status == Z_OK && (stream.avail_out > 0 || room > 0));
  *length = (size_t)(stream.next_out - target);
  deflateEnd(&stream);
  if (status == Z_STREAM_END) return Z_OK;
  return status == Z_OK ? Z_BUF_ERROR : status;
}
