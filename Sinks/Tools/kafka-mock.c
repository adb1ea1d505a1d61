// librdkafka's mock cluster as a program of its own, and a reader of topics.
// usage: kafka-mock serve BROKERS FILE    serves until it is ended; FILE gets the address
//        kafka-mock read ADDRESS          prints every record of every topic: topic, key, value
//
// The mock keeps everything in memory, and knows nothing of replication or compaction: it is for
// trying things out, and not for tests of durability.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rd_kafka_t *new_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char reason[512];
  rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
  if (!client) {
    fprintf(stderr, "kafka-mock: %s\n", reason);
    exit(1);
  }
  return client;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char reason[512];
  if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "kafka-mock: %s\n", reason);
    exit(1);
  }
}

static int serve(int brokers, const char *path) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "log_level", "3");
  rd_kafka_t *client = new_client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client, brokers);
  FILE *file = cluster ? fopen(path, "w") : NULL;
  if (!file) {
    fprintf(stderr, "kafka-mock: no cluster, or %s can't be written\n", path);
    return 1;
  }
  fprintf(file, "%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  if (fclose(file) != 0) return 1;
  for (;;) pause();
}

// All partitions of all topics, from their beginnings; the number of partitions.
static int assign_all(rd_kafka_t *client) {
  const struct rd_kafka_metadata *found = NULL;
  int count = 0;
  if (rd_kafka_metadata(client, 1, NULL, &found, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR) return -1;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
  for (int topic = 0; topic < found->topic_cnt; topic++) {
    for (int partition = 0; partition < found->topics[topic].partition_cnt; partition++) {
      rd_kafka_topic_partition_list_add(list, found->topics[topic].topic, partition)->offset =
          RD_KAFKA_OFFSET_BEGINNING;
      count++;
    }
  }
  rd_kafka_resp_err_t failure = rd_kafka_assign(client, list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_metadata_destroy(found);
  return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? count : -1;
}

static void print_record(const rd_kafka_message_t *record) {
  printf("%s %.*s %.*s\n", rd_kafka_topic_name(record->rkt), (int)record->key_len,
         record->key ? (const char *)record->key : "", record->payload ? (int)record->len : 9,
         record->payload ? (const char *)record->payload : "tombstone");
}

static int read_topics(const char *address) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", address);
  set(conf, "group.id", "kafka-mock");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.partition.eof", "true");
  rd_kafka_t *client = new_client(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(client);
  int left = assign_all(client);
  int status = left < 0;
  while (left > 0) {
    rd_kafka_message_t *record = rd_kafka_consumer_poll(client, 10000);
    if (!record) {
      status = 1;
      break;
    }
    if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      print_record(record);
    } else if (record->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      left--;
    } else {
      fprintf(stderr, "kafka-mock: %s\n", rd_kafka_message_errstr(record));
    }
    rd_kafka_message_destroy(record);
  }
  if (status != 0) fprintf(stderr, "kafka-mock: the topics could not be read\n");
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return status;
}

int main(int count, char **arguments) {
  if (count == 4 && strcmp(arguments[1], "serve") == 0) {
    return serve(atoi(arguments[2]), arguments[3]);
  }
  if (count == 3 && strcmp(arguments[1], "read") == 0) return read_topics(arguments[2]);
  fprintf(stderr, "usage: kafka-mock serve BROKERS FILE | kafka-mock read ADDRESS\n");
  return 64;
}
