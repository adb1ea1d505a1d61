#ifndef SINK_NATS_SHIM_H
#define SINK_NATS_SHIM_H

#include <nats/nats.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#define _Nonnull
#endif

// MARK: Threads

// Something to wait for: a lock, and a condition that it guards.
typedef struct sink_nats_monitor {
  pthread_mutex_t mutex;
  pthread_cond_t condition;
} sink_nats_monitor;

static inline sink_nats_monitor *sink_nats_monitor_create(void) {
  sink_nats_monitor *monitor = (sink_nats_monitor *)malloc(sizeof *monitor);
  if (monitor == NULL) abort();
  pthread_mutex_init(&monitor->mutex, NULL);
  pthread_cond_init(&monitor->condition, NULL);
  return monitor;
}

static inline void sink_nats_monitor_destroy(sink_nats_monitor *monitor) {
  pthread_cond_destroy(&monitor->condition);
  pthread_mutex_destroy(&monitor->mutex);
  free(monitor);
}

static inline void sink_nats_monitor_lock(sink_nats_monitor *monitor) {
  pthread_mutex_lock(&monitor->mutex);
}

static inline void sink_nats_monitor_unlock(sink_nats_monitor *monitor) {
  pthread_mutex_unlock(&monitor->mutex);
}

// To be called with the lock; it is free while this waits.
static inline void sink_nats_monitor_wait(sink_nats_monitor *monitor) {
  pthread_cond_wait(&monitor->condition, &monitor->mutex);
}

static inline void sink_nats_monitor_wake(sink_nats_monitor *monitor) {
  pthread_cond_broadcast(&monitor->condition);
}

// Starts a thread on which no signal is handled; returns an error number.
static inline int sink_nats_start_thread(
    void *_Nullable (*_Nonnull body)(void *_Nullable), void *_Nullable argument) {
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int failure = pthread_create(&thread, NULL, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure == 0) pthread_detach(thread);
  return failure;
}

// MARK: Files

// Reads up to `size` bytes of a file; returns how many, or -1.
static inline long sink_nats_read_file(const char *path, void *bytes, size_t size) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return -1;
  size_t count = fread(bytes, 1, size, file);
  int failed = ferror(file);
  fclose(file);
  return failed ? -1 : (long)count;
}

// MARK: Options

static inline void sink_nats_ignore_error(
    natsConnection *_Nullable connection, natsSubscription *_Nullable subscription,
    natsStatus status, void *_Nullable closure) {
  (void)connection, (void)subscription, (void)status, (void)closure;
}

// Keeps the library from printing errors, which are asked for and thrown.
static inline natsStatus sink_nats_set_quiet(natsOptions *options) {
  return natsOptions_SetErrorHandler(options, sink_nats_ignore_error, NULL);
}

// MARK: Messages

static inline natsStatus sink_nats_message(
    natsMsg *_Nullable *_Nonnull message, const char *subject, const char *_Nullable reply,
    const void *_Nullable bytes, int count) {
  return natsMsg_Create(message, subject, reply, (const char *)bytes, count);
}

// MARK: JetStream

static inline natsStatus sink_nats_jetstream(
    jsCtx *_Nullable *_Nonnull context, natsConnection *connection,
    const char *_Nullable domain, int64_t milliseconds) {
  jsOptions options;
  natsStatus status = jsOptions_Init(&options);
  if (status != NATS_OK) return status;
  options.Domain = domain;
  options.Wait = milliseconds;
  return natsConnection_JetStream(context, connection, &options);
}

// The message with a number, from the stream's leader.
static inline natsStatus sink_nats_get(
    natsMsg *_Nullable *_Nonnull message, jsCtx *context, const char *stream, uint64_t sequence,
    int *code) {
  jsErrCode found = (jsErrCode)0;
  natsStatus status = js_GetMsg(message, context, stream, sequence, NULL, &found);
  *code = (int)found;
  return status;
}

// The last message on a subject, which may have wildcards, from the stream's leader.
static inline natsStatus sink_nats_get_last(
    natsMsg *_Nullable *_Nonnull message, jsCtx *context, const char *stream, const char *subject,
    int *code) {
  jsErrCode found = (jsErrCode)0;
  natsStatus status = js_GetLastMsg(message, context, stream, subject, NULL, &found);
  *code = (int)found;
  return status;
}

// Subscribes to the messages on a subject, in order, from a number on.
static inline natsStatus sink_nats_read(
    natsSubscription *_Nullable *_Nonnull subscription, jsCtx *context, const char *stream,
    const char *subject, uint64_t first, int *code) {
  jsErrCode found = (jsErrCode)0;
  jsSubOptions options;
  natsStatus status = jsSubOptions_Init(&options);
  if (status != NATS_OK) return status;
  options.Stream = stream;
  options.Ordered = true;
  options.Config.DeliverPolicy = js_DeliverByStartSequence;
  options.Config.OptStartSeq = first;
  status = js_SubscribeSync(subscription, context, subject, NULL, &options, &found);
  *code = (int)found;
  return status;
}

// The number in its stream of a message that a subscription has brought.
static inline natsStatus sink_nats_sequence(natsMsg *message, uint64_t *sequence) {
  jsMsgMetaData *data = NULL;
  natsStatus status = natsMsg_GetMetaData(&data, message);
  if (status != NATS_OK) return status;
  *sequence = data->Sequence.Stream;
  jsMsgMetaData_Destroy(data);
  return NATS_OK;
}

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
