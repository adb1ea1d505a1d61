#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CSinkSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

// MARK: Descriptors

// Keeps a descriptor out of child processes; a socket does not block from then on.
static int prepared(int descriptor, int blocks) {
  if (descriptor < 0) return -1;
  int flags = fcntl(descriptor, F_GETFL);
  if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 || flags < 0 ||
      (!blocks && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

int sinksys_open_standard(void) {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest number that is free is this one.
    if (open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0) return -1;
  }
  return 0;
}

// MARK: Signals

static int signal_writer = -1;

// Only what is allowed in a signal handler.
static void caught(int number) {
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  if (write(signal_writer, &byte, 1) < 0) {
    // The pipe is full of signals that nobody has read: one more says nothing new.
  }
  errno = saved;
}

int sinksys_take_signals(void) {
  int ends[2];
  if (pipe(ends) < 0) return -1;
  int reader = prepared(ends[0], 1);
  signal_writer = prepared(ends[1], 0);
  if (reader < 0 || signal_writer < 0) return -1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
  action.sa_handler = caught;
  action.sa_flags = SA_RESTART;
  if (sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0) return -1;
  return reader;
}

int sinksys_next_signal(int descriptor) {
  unsigned char byte;
  ssize_t count;
  do count = read(descriptor, &byte, 1);
  while (count < 0 && errno == EINTR);
  return count == 1 ? byte : -1;
}

void sinksys_exit_now(int status) { _exit(status); }

// MARK: Standard streams

void sinksys_write_error(const void *bytes, size_t count) {
  const char *rest = bytes;
  while (count > 0) {
    ssize_t written = write(STDERR_FILENO, rest, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest += written;
    count -= (size_t)written;
  }
}

// MARK: Sockets

static long long now_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits for an event until a time; 0 once it has come, or the peer is gone.
static int wait_until(int descriptor, short events, long long end) {
  for (;;) {
    long long left = end - now_milliseconds();
    if (left <= 0) return -1;
    struct pollfd entry = {.fd = descriptor, .events = events};
    int count = poll(&entry, 1, (int)left);
    if (count > 0) return 0;
    if (count < 0 && errno != EINTR) return -1;
  }
}

static int listen_at(const struct addrinfo *address) {
  int on = 1;
  int listener = prepared(
      socket(address->ai_family, address->ai_socktype, address->ai_protocol), 0);
  if (listener < 0) return -1;
  (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, address->ai_addr, address->ai_addrlen) < 0 || listen(listener, 16) < 0) {
    int failure = errno;
    close(listener);
    errno = failure;
    return -1;
  }
  return listener;
}

int sinksys_listen(const char *host, const char *port, char *reason, size_t size) {
  struct addrinfo hints, *found = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  int failure = getaddrinfo(host, port, &hints, &found);
  if (failure != 0) {
    snprintf(reason, size, "%s", gai_strerror(failure));
    return -1;
  }
  int listener = -1;
  errno = 0;
  for (struct addrinfo *address = found; address && listener < 0; address = address->ai_next) {
    listener = listen_at(address);
  }
  if (listener < 0) snprintf(reason, size, "%s", strerror(errno));
  freeaddrinfo(found);
  return listener;
}

int sinksys_port(int listener) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(listener, (struct sockaddr *)&address, &size) < 0) return -1;
  switch (address.ss_family) {
    case AF_INET: return ntohs(((struct sockaddr_in *)&address)->sin_port);
    case AF_INET6: return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    default: return -1;
  }
}

int sinksys_accept(int listener, int milliseconds) {
  if (wait_until(listener, POLLIN, now_milliseconds() + milliseconds) < 0) return -1;
  int connection = prepared(accept(listener, NULL, NULL), 0);
  // Without descriptors to spare it would fail again at once, and again.
  if (connection < 0) (void)poll(NULL, 0, milliseconds < 100 ? milliseconds : 100);
#if defined(__APPLE__)
  int on = 1;
  if (connection >= 0) {
    (void)setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
  }
#endif
  return connection;
}

// Whether the bytes have an empty line, with carriage returns or without.
static int has_empty_line(const char *bytes, size_t count) {
  int line_is_empty = 0;
  for (size_t index = 0; index < count; index++) {
    if (bytes[index] == '\n') {
      if (line_is_empty) return 1;
      line_is_empty = 1;
    } else if (bytes[index] != '\r') {
      line_is_empty = 0;
    }
  }
  return 0;
}

long sinksys_read_head(int socket, void *bytes, size_t size, int milliseconds) {
  long long end = now_milliseconds() + milliseconds;
  size_t count = 0;
  while (count < size) {
    if (wait_until(socket, POLLIN, end) < 0) return -1;
    ssize_t more = recv(socket, (char *)bytes + count, size - count, 0);
    if (more < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (more <= 0) return -1;
    count += (size_t)more;
    if (has_empty_line(bytes, count)) return (long)count;
  }
  return -1;
}

int sinksys_write(int socket, const void *bytes, size_t count, int milliseconds) {
  long long end = now_milliseconds() + milliseconds;
#if defined(__APPLE__)
  int flags = 0;
#else
  int flags = MSG_NOSIGNAL;
#endif
  const char *rest = bytes;
  while (count > 0) {
    if (wait_until(socket, POLLOUT, end) < 0) return -1;
    ssize_t written = send(socket, rest, count, flags);
    if (written < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (written < 0) return -1;
    rest += written;
    count -= (size_t)written;
  }
  return 0;
}

void sinksys_close(int descriptor) {
  char rest[1024];
  (void)shutdown(descriptor, SHUT_WR);
  // What the peer has sent beyond its request would turn the end into a reset.
  for (int reads = 0; reads < 16; reads++) {
    if (recv(descriptor, rest, sizeof rest, MSG_DONTWAIT) <= 0) break;
  }
  close(descriptor);
}
