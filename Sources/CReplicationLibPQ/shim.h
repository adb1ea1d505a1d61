#include <libpq-fe.h>

// A cancel request over a connection made and checked like the one that it is for: encrypted where
// that is, and with the same requirepeer. libpq has it since version 17; an older one sends the
// request in clear, as psql then does.
#ifdef LIBPQ_HAS_ASYNC_CANCEL
typedef PGcancelConn pgrepl_cancel;
static inline pgrepl_cancel *pgrepl_cancel_create(PGconn *connection) {
  return PQcancelCreate(connection);
}
static inline void pgrepl_cancel_send(pgrepl_cancel *cancel) {
  if (cancel) PQcancelBlocking(cancel);
  PQcancelFinish(cancel);
}
#else
typedef PGcancel pgrepl_cancel;
static inline pgrepl_cancel *pgrepl_cancel_create(PGconn *connection) {
  return PQgetCancel(connection);
}
static inline void pgrepl_cancel_send(pgrepl_cancel *cancel) {
  char reason[256];
  if (cancel) PQcancel(cancel, reason, sizeof reason);
  PQfreeCancel(cancel);
}
#endif
