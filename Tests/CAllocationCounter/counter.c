// Stands in for glibc's allocator in the test program, and counts for each thread of its own. Tests
// run side by side; what another one allocates does not matter here.
#include "CAllocationCounter.h"
// Says whether this is glibc.
#include <limits.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__linux__) && defined(__GLIBC__) && !defined(SANITIZED)

static _Thread_local long count;
static _Thread_local long bytes;

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { count++; bytes += (long)(size); return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { count++; bytes += (long)(n * size); return __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { count++; bytes += (long)(size); return __libc_realloc(old, size); }
void *aligned_alloc(size_t alignment, size_t size) { count++; bytes += (long)(size); return __libc_memalign(alignment, size); }
int posix_memalign(void **result, size_t alignment, size_t size) {
  count++;
  bytes += (long)size;
  *result = __libc_memalign(alignment, size);
  return *result == 0 && size > 0 ? 12 : 0;
}

int allocation_counter_works(void) { return 1; }
long allocations_of_this_thread(void) { return count; }
long bytes_allocated_by_this_thread(void) { return bytes; }

#else

#if defined(SANITIZED)
int allocation_counter_works(void) { return -1; }
#else
int allocation_counter_works(void) { return 0; }
#endif
long allocations_of_this_thread(void) { return 0; }
long bytes_allocated_by_this_thread(void) { return 0; }

#endif
