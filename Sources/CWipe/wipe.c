// Overwrites memory before it is given back, in the whole program: rows and keys of tables pass through buffers of sockets,
// TLS, HTTP and gzip that belong to other packages, and none of those overwrites what it frees.
//
// The program's own `free` and `realloc` stand before the C library's, which does the rest. Blocks that the kernel takes
// back at once (mapped on their own) come back as zeros and are left to it.

#define _GNU_SOURCE
#include "wipe.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GLIBC__) && defined(__x86_64__)

extern void __libc_free(void *block);
extern void *__libc_realloc(void *block, size_t size);

// The size before each block of glibc has this bit where the block is a mapping of its own (malloc/malloc.c, IS_MMAPPED).
static int is_mapped(const void *block) { return (((const size_t *)block)[-1] & 2) != 0; }

// A heap keeps up to 16 MB that are free at its end; blocks of 8 MB and more are mappings of their own. With glibc's own
// limits each block of rows took its pages from the kernel and gave them back: nearly half of the processor time of a
// download of samples. Wiping touches such pages once more, which cost a fifth of its speed; text of a block of rows, which
// is a megabyte or more, was mapped and given back for each block while the limit was one megabyte (Benchmarks/service.md).
__attribute__((constructor)) static void keep_some_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 8 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

static void wipe(void *block) {
    memset(block, 0, malloc_usable_size(block));
    // The compiler must not find that nobody reads it.
    __asm__ volatile("" : : "r"(block) : "memory");
}

void free(void *block) {
    if (block == NULL) return;
    int error = errno;
    if (!is_mapped(block)) wipe(block);
    __libc_free(block);
    errno = error;
}

void *realloc(void *block, size_t size) {
    if (block == NULL) return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    // A mapping moves by its pages: no copy stays behind.
    if (is_mapped(block)) return __libc_realloc(block, size);
    size_t held = malloc_usable_size(block);
    if (size <= held && size >= held / 2) return block;
    void *moved = malloc(size);
    if (moved == NULL) return NULL;
    memcpy(moved, block, size < held ? size : held);
    free(block);
    return moved;
}

int entrepot_wipes_freed_memory(void) { return 1; }

#else

int entrepot_wipes_freed_memory(void) { return 0; }

#endif
