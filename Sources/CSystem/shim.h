#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

// Calls of Linux that Swift does not see, since glibc shows them only if GNU's extensions are asked
// for.
//
// Descriptors are kept out of child processes from their birth: set afterwards, the flag is too late
// where a host application forks in between. Darwin has no such calls; there it is set at once.

#if defined(__linux__)
extern int accept4(int socket, struct sockaddr *address, socklen_t *size, int flags);
extern int pipe2(int ends[2], int flags);
extern int mkostemp(char *path, int flags);
extern void *mremap(void *memory, size_t old_size, size_t size, int flags, ...);
#else
static inline int pgrepl_prepared(int descriptor, int nonblocking) {
  if (descriptor < 0) return descriptor;
  int flags = fcntl(descriptor, F_GETFL);
  if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 || flags < 0 ||
      (nonblocking && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)) {
    int failure = errno;
    close(descriptor);
    errno = failure;
    return -1;
  }
  return descriptor;
}
#endif

// A stream socket that does not block.
static inline int pgrepl_socket(int family) {
#if defined(__linux__)
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
  return pgrepl_prepared(socket(family, SOCK_STREAM, 0), 1);
#endif
}

// The next connection that waits, as a socket that does not block.
static inline int pgrepl_accept(int listener) {
#if defined(__linux__)
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
  return pgrepl_prepared(accept(listener, NULL, NULL), 1);
#endif
}

// A pipe; its ends block if `blocking` is set.
static inline int pgrepl_pipe(int ends[2], int blocking) {
#if defined(__linux__)
  return pipe2(ends, O_CLOEXEC | (blocking ? 0 : O_NONBLOCK));
#else
  if (pipe(ends) < 0) return -1;
  if (pgrepl_prepared(ends[0], !blocking) < 0) {
    close(ends[1]);
    return -1;
  }
  if (pgrepl_prepared(ends[1], !blocking) < 0) {
    close(ends[0]);
    return -1;
  }
  return 0;
#endif
}

// A new file whose name replaces the X at the end of `path`.
static inline int pgrepl_mkstemp(char *path) {
#if defined(__linux__)
  return mkostemp(path, O_CLOEXEC);
#else
  return pgrepl_prepared(mkstemp(path), 0);
#endif
}

// Makes mapped memory larger without a copy, elsewhere if need be; NULL if that can't be done.
static inline void *pgrepl_remap(void *memory, size_t old_size, size_t size) {
#if defined(__linux__)
  void *moved = mremap(memory, old_size, size, 1 /* MREMAP_MAYMOVE */);
  return moved == (void *)-1 ? NULL : moved;
#else
  return NULL;
#endif
}
