#ifndef PGCDC_SINK_SYSTEM_H
#define PGCDC_SINK_SYSTEM_H

// What the program pgcdc-sink asks of the system: signals, standard error, and a listening socket.
// Every call that waits has a limit, so that no peer can hold the one thread that answers.

#include <stddef.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#endif

// MARK: Signals

// Takes over SIGINT and SIGTERM, also where they are ignored, and ignores SIGPIPE.
// Returns a descriptor for `sinksys_next_signal`, or -1.
int sinksys_take_signals(void);

// Waits for the next of these signals and returns its number; -1 if that is impossible.
int sinksys_next_signal(int descriptor);

// Ends the process at once.
void sinksys_exit_now(int status) __attribute__((noreturn));

// MARK: Standard streams

// Opens those of the descriptors 0 to 2 that are closed, to nothing: else a socket would get such a
// number, and what is logged. -1 if that failed.
int sinksys_open_standard(void);

// Writes all bytes to standard error; what can't be written is lost.
void sinksys_write_error(const void *bytes, size_t count);

// MARK: Sockets

// Listens at a host and a port, both as text; the port 0 stands for any free one.
// Returns a descriptor, or -1 with the reason as text.
int sinksys_listen(const char *host, const char *port, char *reason, size_t size);

// The port at which a socket listens; -1 if it is unknown.
int sinksys_port(int listener);

// Waits for the next connection, for at most so long; -1 if there was none.
int sinksys_accept(int listener, int milliseconds);

// Reads until an empty line has come, which ends the head of a request.
// Returns the number of bytes; -1 if it did not come in time, or not within `size` bytes.
long sinksys_read_head(int socket, void *bytes, size_t size, int milliseconds);

// Writes all bytes; -1 if the peer has not taken them in time.
int sinksys_write(int socket, const void *bytes, size_t count, int milliseconds);

// Ends a connection so that the peer gets what was written, or a listening socket.
void sinksys_close(int descriptor);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
