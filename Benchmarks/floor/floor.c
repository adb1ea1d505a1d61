/* The least that a client can do: take a stream off the socket and look at what must be looked at.
 *
 * usage: floor recv|frames|columns HOST-OR-DIRECTORY PORT
 *
 *   recv     only receives
 *   frames   finds the boundaries of the messages
 *   columns  visits every column of every inserted row as well
 *
 * It reads until a keepalive asks for a reply (recv: until a read brings such a keepalive last), as
 * `pgcdc drain` does. Trust authentication, no TLS, nothing is checked that a replay server could
 * get wrong: this is a yardstick and no client.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum mode { RECV, FRAMES, COLUMNS };

struct totals {
  uint64_t messages, rows, columns, bytes, sum;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint32_t be32(const uint8_t *p) {
  uint32_t value;
  memcpy(&value, p, sizeof value);
  return ntohl(value);
}

static int connect_to(const char *host, const char *port) {
  union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
  } address;
  socklen_t size;
  memset(&address, 0, sizeof address);
  if (host[0] == '/') {
    address.un.sun_family = AF_UNIX;
    snprintf(address.un.sun_path, sizeof address.un.sun_path, "%s/.s.PGSQL.%s", host, port);
    size = sizeof address.un;
  } else {
    address.in.sin_family = AF_INET;
    address.in.sin_port = htons((uint16_t)atoi(port));
    if (inet_pton(AF_INET, host, &address.in.sin_addr) != 1) fail(host);
    size = sizeof address.in;
  }
  int fd = socket(address.any.sa_family, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, &address.any, size) != 0) fail("connect");
  return fd;
}

static void send_all(int fd, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t sent = send(fd, next, count, 0);
    if (sent <= 0) fail("send");
    next += sent;
    count -= (size_t)sent;
  }
}

/* Sends a length that counts itself, with an optional tag before it. */
static void send_message(int fd, char tag, const void *body, size_t count) {
  uint32_t length = htonl((uint32_t)count + 4);
  if (tag) send_all(fd, &tag, 1);
  send_all(fd, &length, sizeof length);
  send_all(fd, body, count);
}

static void read_all(int fd, void *bytes, size_t count) {
  if (recv(fd, bytes, count, MSG_WAITALL) != (ssize_t)count) fail("recv");
}

/* Skips the server's messages up to one with this tag. */
static void skip_to(int fd, char tag) {
  uint8_t header[5], body[4096];
  do {
    read_all(fd, header, sizeof header);
    uint32_t rest = be32(header + 1) - 4;
    if (header[0] == 'E' || rest > sizeof body) {
      fprintf(stderr, "the server refuses, or is no replay server\n");
      exit(1);
    }
    if (rest > 0) read_all(fd, body, rest);
  } while (header[0] != (uint8_t)tag);
}

static void start(int fd) {
  static const char startup[] =
      "\0\3\0\0user\0postgres\0database\0postgres\0replication\0database\0";
  static const char command[] =
      "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names 'p')";
  send_message(fd, 0, startup, sizeof startup);
  skip_to(fd, 'Z');
  send_message(fd, 'Q', command, sizeof command);
  skip_to(fd, 'W');
}

static void visit_columns(const uint8_t *p, struct totals *totals) {
  int count = p[6] << 8 | p[7];
  p += 8;
  for (int index = 0; index < count; index++) {
    if (*p != 't' && *p != 'b') {
      p++;
      continue;
    }
    uint32_t length = be32(p + 1);
    totals->sum += length;
    p += 5 + length;
  }
  totals->rows++;
  totals->columns += (uint64_t)count;
}

/* Walks the whole frames in a buffer. Returns the bytes used; sets *end at the closing keepalive,
 * and *needed to the length of a frame that is not whole. */
static size_t walk(const uint8_t *bytes, size_t count, enum mode mode, struct totals *totals,
                   int *end, size_t *needed) {
  size_t position = 0;
  while (count - position >= 5) {
    const uint8_t *frame = bytes + position;
    size_t length = 1 + (size_t)be32(frame + 1);
    if (count - position < length) {
      *needed = length;
      break;
    }
    if (frame[5] == 'w') {
      totals->messages++;
      if (mode == COLUMNS && frame[30] == 'I') visit_columns(frame + 30, totals);
    } else if (frame[5] == 'k' && frame[22]) {
      *end = 1;
    }
    position += length;
  }
  return position;
}

/* A keepalive that asks for a reply: d, length 22, k, 8, 8, 1. */
static int ends_with_request(const uint8_t *bytes, size_t count) {
  const uint8_t *frame = bytes + count - 23;
  return count >= 23 && frame[0] == 'd' && be32(frame + 1) == 22 && frame[5] == 'k' && frame[22];
}

static struct totals drain(int fd, enum mode mode) {
  struct totals totals = {0};
  size_t capacity = 1 << 18, have = 0;
  uint8_t *buffer = malloc(capacity);
  for (int end = 0; !end;) {
    size_t needed = 0;
    ssize_t received = recv(fd, buffer + have, capacity - have, 0);
    if (received <= 0) fail("recv");
    totals.bytes += (uint64_t)received;
    have += (size_t)received;
    if (mode == RECV) {
      end = ends_with_request(buffer, have);
      have = 0;
      continue;
    }
    size_t used = walk(buffer, have, mode, &totals, &end, &needed);
    have -= used;
    memmove(buffer, buffer + used, have);
    if (needed > capacity && !(buffer = realloc(buffer, capacity = needed))) fail("realloc");
  }
  free(buffer);
  return totals;
}

int main(int count, char **arguments) {
  static const char *modes[] = {"recv", "frames", "columns"};
  for (int mode = RECV; count == 4 && mode <= COLUMNS; mode++) {
    if (strcmp(arguments[1], modes[mode]) != 0) continue;
    int fd = connect_to(arguments[2], arguments[3]);
    start(fd);
    struct totals totals = drain(fd, (enum mode)mode);
    printf("messages=%llu rows=%llu columns=%llu bytes=%llu sum=%llu\n",
           (unsigned long long)totals.messages, (unsigned long long)totals.rows,
           (unsigned long long)totals.columns, (unsigned long long)totals.bytes,
           (unsigned long long)totals.sum);
    return 0;
  }
  fprintf(stderr, "usage: floor recv|frames|columns HOST-OR-DIRECTORY PORT\n");
  return 64;
}
