#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CReplicationSystem.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#if defined(__APPLE__)
#include <crt_externs.h>
#include <sys/param.h>
#endif

int pgrepl_errno(void) { return errno; }

void pgrepl_set_errno(int number) { errno = number; }

#if !defined(__linux__)
static int prepared(int descriptor, int nonblocking) {
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

int pgrepl_open(const char *path, int flags, unsigned mode) {
  return open(path, flags | O_CLOEXEC, (mode_t)mode);
}

int pgrepl_socket(int family) {
#if defined(__linux__)
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
  return prepared(socket(family, SOCK_STREAM, 0), 1);
#endif
}

int pgrepl_accept(int listener) {
#if defined(__linux__)
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
  return prepared(accept(listener, NULL, NULL), 1);
#endif
}

int pgrepl_pipe(int ends[2], int blocking) {
#if defined(__linux__)
  return pipe2(ends, O_CLOEXEC | (blocking ? 0 : O_NONBLOCK));
#else
  if (pipe(ends) < 0) return -1;
  if (prepared(ends[0], !blocking) < 0) {
    close(ends[1]);
    return -1;
  }
  if (prepared(ends[1], !blocking) < 0) {
    close(ends[0]);
    return -1;
  }
  return 0;
#endif
}

int pgrepl_socket_pair(int ends[2]) {
#if defined(__linux__)
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
#else
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) return -1;
  if (prepared(ends[0], 1) < 0) {
    close(ends[1]);
    return -1;
  }
  if (prepared(ends[1], 1) < 0) {
    close(ends[0]);
    return -1;
  }
  return 0;
#endif
}

int pgrepl_is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

int pgrepl_blocks(int descriptor) { return (fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0; }

int pgrepl_is_inherited(int descriptor) { return (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0; }

int pgrepl_synchronize(int descriptor, int metadata) {
#if defined(__APPLE__)
  if (fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
  return fsync(descriptor);
#else
  return metadata ? fsync(descriptor) : fdatasync(descriptor);
#endif
}

int pgrepl_last_byte(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return -1;
#if defined(__APPLE__)
  char path[MAXPATHLEN];
  if (fcntl(descriptor, F_GETPATH, path) != 0) return -1;
#else
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
#endif
  int file = pgrepl_open(path, O_RDONLY, 0);
  if (file < 0) return -1;
  unsigned char byte;
  ssize_t count;
  do count = pread(file, &byte, 1, status.st_size - 1);
  while (count < 0 && errno == EINTR);
  close(file);
  return count == 1 ? byte : -1;
}

int pgrepl_lock(int descriptor) {
  int result;
  do result = flock(descriptor, LOCK_EX | LOCK_NB);
  while (result < 0 && errno == EINTR);
  return result;
}

const int pgrepl_stream_socket = SOCK_STREAM;

ssize_t pgrepl_send(int socket, const void *bytes, size_t count) {
#if defined(__APPLE__)
  return send(socket, bytes, count, 0);
#else
  return send(socket, bytes, count, MSG_NOSIGNAL);
#endif
}

void pgrepl_prevent_signal(int socket) {
#if defined(__APPLE__)
  int on = 1;
  (void)setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#else
  (void)socket;
#endif
}

void pgrepl_set_user_timeout(int socket, int milliseconds) {
#if defined(__linux__)
  (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
#else
  (void)socket;
  (void)milliseconds;
#endif
}

void pgrepl_set_keepalive_idle(int socket, int seconds) {
#if defined(__APPLE__)
  int option = TCP_KEEPALIVE;
#else
  int option = TCP_KEEPIDLE;
#endif
  (void)setsockopt(socket, IPPROTO_TCP, option, &seconds, sizeof seconds);
}

int pgrepl_copy_descriptor(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }

int pgrepl_has_ended(int socket) {
#if defined(POLLRDHUP)
  short end = POLLRDHUP;
#else
  short end = POLLHUP;
#endif
  struct pollfd waited = {.fd = socket, .events = end};
  return poll(&waited, 1, 0) == 1 && (waited.revents & (end | POLLHUP | POLLERR)) != 0;
}

int pgrepl_peer_user(int socket, uid_t *user) {
#if defined(__linux__)
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return -1;
  *user = credentials.uid;
  return 0;
#else
  gid_t group;
  return getpeereid(socket, user, &group);
#endif
}

void *pgrepl_map(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

void *pgrepl_remap(void *memory, size_t old_size, size_t size) {
#if defined(__linux__)
  void *moved = mremap(memory, old_size, size, MREMAP_MAYMOVE);
  return moved == MAP_FAILED ? NULL : moved;
#else
  (void)memory;
  (void)old_size;
  (void)size;
  return NULL;
#endif
}

int pgrepl_start_thread(void *(*body)(void *), void *argument) {
  pthread_t thread;
  int failure = pthread_create(&thread, NULL, body, argument);
  if (failure == 0) pthread_detach(thread);
  return failure;
}

int pgrepl_handle_signal(int number, int restarts, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = restarts ? SA_RESTART : 0;
  return sigaction(number, &action, NULL);
}

void pgrepl_ignore_signal(int number) { signal(number, SIG_IGN); }

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1000000;
}

void pgrepl_usage(double *user, double *system, long long *max_resident_bytes) {
  struct rusage usage;
  memset(&usage, 0, sizeof usage);
  (void)getrusage(RUSAGE_SELF, &usage);
  *user = seconds(usage.ru_utime);
  *system = seconds(usage.ru_stime);
#if defined(__APPLE__)
  *max_resident_bytes = usage.ru_maxrss;
#else
  *max_resident_bytes = (long long)usage.ru_maxrss * 1024;
#endif
}

static unsigned long long limit(int resource) {
  struct rlimit limit;
  return getrlimit(resource, &limit) == 0 ? (unsigned long long)limit.rlim_cur : 0;
}

unsigned long long pgrepl_file_limit(void) { return limit(RLIMIT_NOFILE); }

unsigned long long pgrepl_memory_limit(void) { return limit(RLIMIT_AS); }

int pgrepl_terminal_width(int descriptor) {
  struct winsize size;
  memset(&size, 0, sizeof size);
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

char **pgrepl_environment(void) {
#if defined(__APPLE__)
  return *_NSGetEnviron();
#else
  return environ;
#endif
}

void *pgrepl_open_names(const char *directory) { return opendir(directory); }

const char *pgrepl_next_name(void *names) {
  errno = 0;
  struct dirent *entry = readdir((DIR *)names);
  return entry ? entry->d_name : NULL;
}

void pgrepl_close_names(void *names) { closedir((DIR *)names); }
