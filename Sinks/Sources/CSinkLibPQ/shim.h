#ifndef CSINKLIBPQ_SHIM_H
#define CSINKLIBPQ_SHIM_H

// libpq (14 or later, which has the pipeline mode), a thread, and a wait.
//
// Lists of texts go in as they lie in memory: bytes, and where in them each text begins, with a zero
// byte behind each of them. A place below zero is NULL.

#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#if !defined(LIBPQ_HAS_PIPELINING)
#error "libpq 14 or later is needed"
#endif

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#define _Nonnull
#endif

// MARK: Threads and waiting

// Starts a thread that nobody waits for and that gets no signals; an error number if that failed.
static inline int csinkpq_start_thread(
    void *_Nullable (*_Nonnull body)(void *_Nullable), void *_Nullable argument) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, former;
  int failure = pthread_attr_init(&attributes);
  if (failure != 0) return failure;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigfillset(&all);
  // The new thread has the mask of the one that makes it.
  pthread_sigmask(SIG_BLOCK, &all, &former);
  failure = pthread_create(&thread, &attributes, body, argument);
  pthread_sigmask(SIG_SETMASK, &former, NULL);
  pthread_attr_destroy(&attributes);
  return failure;
}

// Waits until a socket can be read (1) or written (2), or both (3); 0 if neither is so after the
// time, or a signal came; -1 if waiting failed. A connection that is gone can be read.
static inline int csinkpq_wait(int socket, int reads, int writes, int milliseconds) {
  struct pollfd entry;
  entry.fd = socket;
  entry.events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
  entry.revents = 0;
  int count = poll(&entry, 1, milliseconds);
  if (count < 0) return errno == EINTR ? 0 : -1;
  if (count == 0) return 0;
  if (entry.revents & (POLLERR | POLLHUP | POLLNVAL)) return 3;
  return ((entry.revents & POLLIN) ? 1 : 0) | ((entry.revents & POLLOUT) ? 2 : 0);
}

// Waits.
static inline void csinkpq_pause(int milliseconds) { (void)poll(NULL, 0, milliseconds); }

// MARK: Connecting

// The value that a connection string has for a keyword, as up to `size` bytes.
//
// Returns their number; -1 if the string has no such keyword, or a longer value, and -2 if it is not
// a connection string.
static inline int csinkpq_option(
    const char *text, const char *keyword, unsigned char *value, int size) {
  PQconninfoOption *options = PQconninfoParse(text, NULL);
  if (!options) return -2;
  int length = -1;
  for (PQconninfoOption *option = options; option->keyword; option++) {
    if (strcmp(option->keyword, keyword) != 0 || !option->val) continue;
    size_t found = strlen(option->val);
    if (found > (size_t)size) break;
    memcpy(value, option->val, found);
    length = (int)found;
    break;
  }
  PQconninfoFree(options);
  return length;
}

// Begins to connect. The texts are keywords and values in turn; a value for `dbname` may be a whole
// connection string, which replaces what comes before it, and is replaced by what comes behind it.
static inline PGconn *_Nullable csinkpq_connect(
    const void *bytes, const long *places, int count) {
  const char *keywords[33], *values[33];
  int pairs = count / 2;
  if (pairs > 32) return NULL;
  for (int index = 0; index < pairs; index++) {
    keywords[index] = (const char *)bytes + places[2 * index];
    values[index] = (const char *)bytes + places[2 * index + 1];
  }
  keywords[pairs] = NULL;
  values[pairs] = NULL;
  return PQconnectStartParams(keywords, values, 1);
}

static inline void csinkpq_ignore_notice(void *_Nullable context, const char *message) {
  (void)context;
  (void)message;
}

// Has the server's notices dropped, which libpq would print otherwise.
static inline void csinkpq_drop_notices(PGconn *connection) {
  PQsetNoticeProcessor(connection, csinkpq_ignore_notice, NULL);
}

// MARK: Statements

// The texts as pointers; NULL without memory. To be freed.
static inline const char *_Nullable *_Nullable csinkpq_pointers(
    const void *bytes, const long *places, int count) {
  const char **pointers = (const char **)malloc(sizeof(char *) * (size_t)(count > 0 ? count : 1));
  if (!pointers) return NULL;
  for (int index = 0; index < count; index++) {
    pointers[index] = places[index] < 0 ? NULL : (const char *)bytes + places[index];
  }
  return pointers;
}

// Sends a statement with values; 0 if that failed.
static inline int csinkpq_send(
    PGconn *connection, const char *sql, const void *bytes, const long *places, int count) {
  const char **values = csinkpq_pointers(bytes, places, count);
  if (!values) return 0;
  int is_sent = PQsendQueryParams(connection, sql, count, NULL, values, NULL, NULL, 0);
  free(values);
  return is_sent;
}

// Has a statement prepared; 0 if sending that failed.
static inline int csinkpq_send_prepare(
    PGconn *connection, const char *name, const char *sql, const unsigned int *types, int count) {
  return PQsendPrepare(connection, name, sql, count, types);
}

// Runs a prepared statement; 0 if sending it failed.
static inline int csinkpq_send_prepared(
    PGconn *connection, const char *name, const void *bytes, const long *places, int count) {
  const char **values = csinkpq_pointers(bytes, places, count);
  if (!values) return 0;
  int is_sent = PQsendQueryPrepared(connection, name, count, values, NULL, NULL, 0);
  free(values);
  return is_sent;
}

// Gives rows of a COPY to libpq: 1 if it has them, 0 if it can't take them now, -1 if that failed.
static inline int csinkpq_put_copy(
    PGconn *connection, const void *bytes, long start, int count) {
  return PQputCopyData(connection, (const char *)bytes + start, count);
}

// Ends a COPY; 1 if that is on its way, 0 if it can't be sent now, -1 if that failed.
static inline int csinkpq_end_copy(PGconn *connection) {
  return PQputCopyEnd(connection, NULL);
}

// How many rows a statement has changed; -1 if it says nothing of that.
static inline long csinkpq_changed(PGresult *result) {
  const char *text = PQcmdTuples(result);
  return text && *text ? strtol(text, NULL, 10) : -1;
}

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
