#ifndef PGSINK_HIREDIS_SHIM_H
#define PGSINK_HIREDIS_SHIM_H

// hiredis from 0.14 on, for connections that block, and what a thread for them needs.
//
// The functions below hide what differs between the versions of hiredis and between the platforms,
// and what Swift can't read from headers.

#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#else
#include <hiredis.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

// MARK: Connections

static inline struct timeval pgsink_redis_time(long long milliseconds) {
  struct timeval time;
  time.tv_sec = (time_t)(milliseconds / 1000);
  time.tv_usec = (suseconds_t)((milliseconds % 1000) * 1000);
  return time;
}

// Sets the time limit of each read and write, and keeps the socket out of child processes.
static inline redisContext *pgsink_redis_prepare(
    redisContext *context, int is_tcp, long long milliseconds) {
  if (context == NULL || context->err != 0) return context;
  fcntl(context->fd, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
  int on = 1;
  setsockopt(context->fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  if (is_tcp && redisEnableKeepAlive(context) != REDIS_OK) return context;
  redisSetTimeout(context, pgsink_redis_time(milliseconds));
  return context;
}

// A connection, or one with an error; NULL without memory.
static inline redisContext *pgsink_redis_connect(
    const char *host, int port, long long milliseconds) {
  return pgsink_redis_prepare(
      redisConnectWithTimeout(host, port, pgsink_redis_time(milliseconds)), 1, milliseconds);
}

static inline redisContext *pgsink_redis_connect_unix(const char *path, long long milliseconds) {
  return pgsink_redis_prepare(
      redisConnectUnixWithTimeout(path, pgsink_redis_time(milliseconds)), 0, milliseconds);
}

// What is wrong with a connection.
static inline const char *pgsink_redis_error(const redisContext *context) {
  return context->errstr;
}

// Whether the peer does not speak the protocol.
static inline int pgsink_redis_is_foreign(const redisContext *context) {
  return context->err == REDIS_ERR_PROTOCOL;
}

// Takes bytes that are to be sent before the next reply is read; 0 if there is memory for them.
static inline int pgsink_redis_append(redisContext *context, const void *bytes, size_t count) {
  return redisAppendFormattedCommand(context, (const char *)bytes, count) == REDIS_OK ? 0 : -1;
}

// Sends what was taken, and waits for the next reply. NULL if the connection has failed;
// `has_timed_out` then says whether that was its time limit.
static inline redisReply *pgsink_redis_next_reply(redisContext *context, int *has_timed_out) {
  void *reply = NULL;
  errno = 0;
  *has_timed_out = 0;
  if (redisGetReply(context, &reply) == REDIS_OK) return (redisReply *)reply;
  int number = errno;
  if (context->err == REDIS_ERR_IO) *has_timed_out = number == EAGAIN || number == EWOULDBLOCK;
#ifdef REDIS_ERR_TIMEOUT
  if (context->err == REDIS_ERR_TIMEOUT) *has_timed_out = 1;
#endif
  return NULL;
}

// MARK: Threads

// A mutex with a condition.
typedef struct {
  pthread_mutex_t mutex;
  pthread_cond_t condition;
} pgsink_redis_gate;

static inline void pgsink_redis_gate_open(pgsink_redis_gate *gate) {
  pthread_mutex_init(&gate->mutex, NULL);
  pthread_cond_init(&gate->condition, NULL);
}

static inline void pgsink_redis_gate_close(pgsink_redis_gate *gate) {
  pthread_cond_destroy(&gate->condition);
  pthread_mutex_destroy(&gate->mutex);
}

static inline void pgsink_redis_gate_lock(pgsink_redis_gate *gate) {
  pthread_mutex_lock(&gate->mutex);
}

static inline void pgsink_redis_gate_unlock(pgsink_redis_gate *gate) {
  pthread_mutex_unlock(&gate->mutex);
}

static inline void pgsink_redis_gate_wait(pgsink_redis_gate *gate) {
  pthread_cond_wait(&gate->condition, &gate->mutex);
}

static inline void pgsink_redis_gate_signal(pgsink_redis_gate *gate) {
  pthread_cond_signal(&gate->condition);
}

// Starts a thread that nobody waits for, an error number if that failed.
//
// It gets no signal: handlers run on the program's own threads, and writing to a broken connection
// is an error and not a SIGPIPE.
static inline int pgsink_redis_start_thread(
    void *_Nullable (*_Nonnull body)(void *_Nullable), void *_Nullable argument) {
  pthread_t thread;
  pthread_attr_t attributes;
  sigset_t all, before;
  int failure = pthread_attr_init(&attributes);
  if (failure != 0) return failure;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // musl's default is 128 KiB.
  pthread_attr_setstacksize(&attributes, 1 << 20);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  failure = pthread_create(&thread, &attributes, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return failure;
}

// MARK: Secrets

// The first bytes of a file; -1 if it can't be read.
static inline long pgsink_redis_read_file(const char *path, void *bytes, size_t capacity) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return -1;
  size_t count = fread(bytes, 1, capacity, file);
  int has_failed = ferror(file);
  fclose(file);
  return has_failed ? -1 : (long)count;
}

#endif
