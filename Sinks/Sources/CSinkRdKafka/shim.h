#ifndef PGCDC_SINK_RDKAFKA_H
#define PGCDC_SINK_RDKAFKA_H

// librdkafka, its cluster for tests, and what Swift can't call: functions with a variable number of
// arguments, macros with casts, and the types of POSIX threads, which differ between systems.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: Producing

// No partition chosen: the partitioner chooses it.
static const int32_t pgcdc_kafka_any_partition = RD_KAFKA_PARTITION_UA;

// A record with a key goes where Java's producer would put it. All records of a topic that have no
// key go to one partition, by the topic's name, so that they stay in order.
static inline int32_t pgcdc_kafka_partition(
    const rd_kafka_topic_t *topic, const void *key, size_t key_size, int32_t count,
    void *topic_opaque, void *message_opaque) {
  if (!key) {
    key = rd_kafka_topic_name(topic);
    key_size = strlen((const char *)key);
  }
  return rd_kafka_msg_partitioner_murmur2(
      topic, key, key_size, count, topic_opaque, message_opaque);
}

// Makes this the partitioner of topics; some property of topics must have been set before.
// Returns 0 if none was.
static inline int pgcdc_kafka_set_partitioner(rd_kafka_conf_t *conf) {
  rd_kafka_topic_conf_t *topics = rd_kafka_conf_get_default_topic_conf(conf);
  if (!topics) return 0;
  rd_kafka_topic_conf_set_partitioner_cb(topics, pgcdc_kafka_partition);
  return 1;
}

// Puts a record into the queue; its bytes are copied. Without a value it is a tombstone, and
// without a header's value it has no header.
static inline rd_kafka_resp_err_t pgcdc_kafka_produce(
    rd_kafka_t *producer, rd_kafka_topic_t *topic, int32_t partition, const void *key,
    size_t key_size, const void *value, size_t value_size, const char *header,
    const void *header_value, size_t header_size) {
  if (!header_value) {
    return rd_kafka_producev(
        producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  }
  return rd_kafka_producev(
      producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
      RD_KAFKA_V_HEADER(header, header_value, (ssize_t)header_size),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
}

// The value of a message's last header of a name; NULL if it has none.
static inline const void *pgcdc_kafka_header(
    const rd_kafka_message_t *message, const char *name, size_t *size) {
  rd_kafka_headers_t *headers = NULL;
  const void *value = NULL;
  if (rd_kafka_message_headers(message, &headers)) return NULL;
  if (rd_kafka_header_get_last(headers, name, &value, size)) return NULL;
  return value;
}

// MARK: Topics

// Copies a text, and ends it.
static inline void pgcdc_kafka_copy(char *to, size_t size, const char *text) {
  if (size > 0) snprintf(to, size, "%s", text ? text : "");
}

// Waits for the answer to a request of the admin interface; the caller destroys it.
static inline rd_kafka_event_t *pgcdc_kafka_answer(
    rd_kafka_queue_t *queue, int timeout, rd_kafka_resp_err_t *error, char *reason, size_t size) {
  rd_kafka_event_t *answer = rd_kafka_queue_poll(queue, timeout);
  if (!answer) {
    *error = RD_KAFKA_RESP_ERR__TIMED_OUT;
    pgcdc_kafka_copy(reason, size, "no answer came in time");
    return NULL;
  }
  *error = rd_kafka_event_error(answer);
  if (*error) pgcdc_kafka_copy(reason, size, rd_kafka_event_error_string(answer));
  return answer;
}

// Creates a topic, which is destroyed here as the client's object that it is.
static inline rd_kafka_resp_err_t pgcdc_kafka_create_topic(
    rd_kafka_t *client, rd_kafka_NewTopic_t *topic, int timeout, char *reason, size_t size) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
  rd_kafka_AdminOptions_t *options =
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_request_timeout(options, timeout, NULL, 0);
  // How long the broker waits until all brokers know the topic.
  rd_kafka_AdminOptions_set_operation_timeout(options, timeout, NULL, 0);
  rd_kafka_CreateTopics(client, &topic, 1, options, queue);
  rd_kafka_event_t *answer = pgcdc_kafka_answer(queue, timeout + 1000, &error, reason, size);
  const rd_kafka_CreateTopics_result_t *result =
      answer && !error ? rd_kafka_event_CreateTopics_result(answer) : NULL;
  if (result) {
    size_t count = 0;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count > 0) {
      error = rd_kafka_topic_result_error(topics[0]);
      if (error) {
        const char *words = rd_kafka_topic_result_error_string(topics[0]);
        pgcdc_kafka_copy(reason, size, words ? words : rd_kafka_err2str(error));
      }
    }
  }
  if (answer) rd_kafka_event_destroy(answer);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
  return error;
}

// Reads one setting of a topic; an empty text if the broker does not say it.
static inline rd_kafka_resp_err_t pgcdc_kafka_topic_setting(
    rd_kafka_t *client, const char *topic, const char *setting, int timeout, char *text,
    size_t size) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  pgcdc_kafka_copy(text, size, "");
  rd_kafka_ConfigResource_t *resource =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
  rd_kafka_AdminOptions_t *options =
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_AdminOptions_set_request_timeout(options, timeout, NULL, 0);
  rd_kafka_DescribeConfigs(client, &resource, 1, options, queue);
  rd_kafka_event_t *answer = pgcdc_kafka_answer(queue, timeout + 1000, &error, text, size);
  const rd_kafka_DescribeConfigs_result_t *result =
      answer && !error ? rd_kafka_event_DescribeConfigs_result(answer) : NULL;
  if (result) {
    size_t count = 0, entries = 0;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &count);
    if (count > 0) {
      error = rd_kafka_ConfigResource_error(resources[0]);
      if (error) pgcdc_kafka_copy(text, size, rd_kafka_ConfigResource_error_string(resources[0]));
      const rd_kafka_ConfigEntry_t **entry =
          rd_kafka_ConfigResource_configs(resources[0], &entries);
      for (size_t index = 0; !error && index < entries; index++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entry[index]), setting) == 0) {
          pgcdc_kafka_copy(text, size, rd_kafka_ConfigEntry_value(entry[index]));
        }
      }
    }
  }
  if (answer) rd_kafka_event_destroy(answer);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  rd_kafka_ConfigResource_destroy(resource);
  return error;
}

// All topics of the cluster; to be destroyed with rd_kafka_metadata_destroy. NULL with an error.
static inline const rd_kafka_metadata_t *pgcdc_kafka_topics(
    rd_kafka_t *client, int timeout, rd_kafka_resp_err_t *error) {
  const rd_kafka_metadata_t *found = NULL;
  *error = rd_kafka_metadata(client, 1, NULL, &found, timeout);
  return *error ? NULL : found;
}

static inline int pgcdc_kafka_topic_count(const rd_kafka_metadata_t *found) {
  return found->topic_cnt;
}

static inline const char *pgcdc_kafka_topic_name(const rd_kafka_metadata_t *found, int index) {
  return found->topics[index].topic;
}

static inline int pgcdc_kafka_partition_count(const rd_kafka_metadata_t *found, int index) {
  return found->topics[index].partition_cnt;
}

// MARK: Files and the environment

// An environment variable; NULL if it is not set.
static inline const char *pgcdc_kafka_environment(const char *name) { return getenv(name); }

// Reads the beginning of a file. Returns the number of bytes, or -1.
static inline long pgcdc_kafka_read_file(const char *path, void *bytes, size_t size) {
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  size_t count = fread(bytes, 1, size, file);
  long result = ferror(file) ? -1 : (long)count;
  fclose(file);
  return result;
}

// MARK: Threads

// What one thread waits for and another raises.
typedef struct pgcdc_kafka_signal {
  pthread_mutex_t lock;
  pthread_cond_t raised;
  int is_raised;
} pgcdc_kafka_signal;

static inline pgcdc_kafka_signal *pgcdc_kafka_signal_new(void) {
  pgcdc_kafka_signal *one = (pgcdc_kafka_signal *)calloc(1, sizeof *one);
  if (!one) abort();
  pthread_mutex_init(&one->lock, NULL);
  pthread_cond_init(&one->raised, NULL);
  return one;
}

static inline void pgcdc_kafka_signal_free(pgcdc_kafka_signal *one) {
  pthread_cond_destroy(&one->raised);
  pthread_mutex_destroy(&one->lock);
  free(one);
}

static inline void pgcdc_kafka_signal_raise(pgcdc_kafka_signal *one) {
  pthread_mutex_lock(&one->lock);
  one->is_raised = 1;
  pthread_cond_signal(&one->raised);
  pthread_mutex_unlock(&one->lock);
}

// Waits until it is raised, and lowers it.
static inline void pgcdc_kafka_signal_wait(pgcdc_kafka_signal *one) {
  pthread_mutex_lock(&one->lock);
  while (!one->is_raised) pthread_cond_wait(&one->raised, &one->lock);
  one->is_raised = 0;
  pthread_mutex_unlock(&one->lock);
}

typedef struct pgcdc_kafka_thread {
  void (*body)(void *);
  void *context;
} pgcdc_kafka_thread;

static inline void *pgcdc_kafka_thread_main(void *argument) {
  pgcdc_kafka_thread thread = *(pgcdc_kafka_thread *)argument;
  free(argument);
  // The program's signal handlers run on the program's own threads.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  thread.body(thread.context);
  return NULL;
}

// Runs a function on a new thread. Returns an error number, or 0.
static inline int pgcdc_kafka_start_thread(void (*body)(void *), void *context) {
  pgcdc_kafka_thread *thread = (pgcdc_kafka_thread *)malloc(sizeof *thread);
  if (!thread) abort();
  thread->body = body;
  thread->context = context;
  pthread_attr_t attributes;
  pthread_t id;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  int failure = pthread_create(&id, &attributes, pgcdc_kafka_thread_main, thread);
  pthread_attr_destroy(&attributes);
  if (failure) free(thread);
  return failure;
}

#endif
