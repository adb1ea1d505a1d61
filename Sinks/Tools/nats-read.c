// Prints every message that streams of NATS JetStream hold: the subject, and the content.
// usage: nats-read URL [STREAM]    without a stream, all of those that are not of a key-value store
#include <nats/nats.h>
#include <stdio.h>
#include <string.h>

// How long the next message may take; there is none then.
static const int64_t patience = 1000;

static natsStatus read_stream(jsCtx *js, const char *stream) {
  natsSubscription *subscription = NULL;
  jsSubOptions options;
  jsErrCode code = 0;
  natsStatus status = jsSubOptions_Init(&options);
  options.Stream = stream;
  options.Ordered = true;
  if (status == NATS_OK) status = js_SubscribeSync(&subscription, js, ">", NULL, &options, &code);
  while (status == NATS_OK) {
    natsMsg *message = NULL;
    status = natsSubscription_NextMsg(&message, subscription, patience);
    if (status != NATS_OK) break;
    printf("%s %.*s\n", natsMsg_GetSubject(message), natsMsg_GetDataLength(message),
           natsMsg_GetData(message));
    natsMsg_Destroy(message);
  }
  natsSubscription_Destroy(subscription);
  return status == NATS_TIMEOUT ? NATS_OK : status;
}

static natsStatus read_all(jsCtx *js) {
  jsStreamNamesList *names = NULL;
  jsErrCode code = 0;
  natsStatus status = js_StreamNames(&names, js, NULL, &code);
  for (int index = 0; status == NATS_OK && index < names->Count; index++) {
    if (strncmp(names->List[index], "KV_", 3) == 0) continue;
    status = read_stream(js, names->List[index]);
  }
  jsStreamNamesList_Destroy(names);
  return status == NATS_NOT_FOUND ? NATS_OK : status;
}

int main(int count, char **arguments) {
  if (count < 2 || count > 3) {
    fprintf(stderr, "usage: nats-read URL [STREAM]\n");
    return 64;
  }
  natsConnection *connection = NULL;
  jsCtx *js = NULL;
  natsStatus status = natsConnection_ConnectTo(&connection, arguments[1]);
  if (status == NATS_OK) status = natsConnection_JetStream(&js, connection, NULL);
  if (status == NATS_OK) status = count == 3 ? read_stream(js, arguments[2]) : read_all(js);
  if (status != NATS_OK) fprintf(stderr, "nats-read: %s\n", natsStatus_GetText(status));
  jsCtx_Destroy(js);
  natsConnection_Destroy(connection);
  nats_Close();
  return status == NATS_OK ? 0 : 1;
}
