#include <zlib.h>

// The macro of the same purpose passes sizes that Swift cannot see. 15 + 16: the largest window, and gzip's frame.
static inline int entrepot_inflate_begin(z_streamp stream) { return inflateInit2(stream, 15 + 16); }

// Of a whole buffer that holds one gzip or zlib frame: 15 + 32 recognises which.
static inline int entrepot_inflate_begin_any(z_streamp stream) { return inflateInit2(stream, 15 + 32); }
