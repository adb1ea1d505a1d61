#ifndef PGREPL_CSYSTEM_H
#define PGREPL_CSYSTEM_H

// The platform's C library, for every module that calls the system: what sockets, files, threads
// and clocks need, from glibc, musl or Darwin. Swift imports this module and no other.
//
// The functions below are the calls that differ between the platforms, that take a variable number
// of arguments, or that the headers hide from Swift.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#if defined(__clang__)
#define PGREPL_SWIFT_NAME(name) __attribute__((swift_name(name)))
#pragma clang assume_nonnull begin
#else
#define PGREPL_SWIFT_NAME(name)
#define _Nullable
#define _Nonnull
#endif

// The error number of this thread's last call that failed.
int pgrepl_errno(void) PGREPL_SWIFT_NAME("getter:lastErrno()");
void pgrepl_set_errno(int number) PGREPL_SWIFT_NAME("setter:lastErrno(_:)");

// MARK: Descriptors
//
// They are kept out of child processes from their birth: set afterwards, the flag is too late where
// a host application forks in between. Darwin has no such calls; there it is set at once.

// Opens a file, out of reach of child processes.
int pgrepl_open(const char *path, int flags, unsigned mode);

// A stream socket that does not block.
int pgrepl_socket(int family);

// The next connection that waits, as a socket that does not block.
int pgrepl_accept(int listener);

// A pipe; its ends block if `blocking` is set.
int pgrepl_pipe(int ends[_Nonnull 2], int blocking);

// Two stream sockets that are connected with each other and do not block.
int pgrepl_socket_pair(int ends[_Nonnull 2]);

// Whether this number is one of an open descriptor.
int pgrepl_is_open(int descriptor);

// Whether reading and writing wait, and whether a child process gets the descriptor.
int pgrepl_blocks(int descriptor);
int pgrepl_is_inherited(int descriptor);

// Forces what was written to the disk, and not only to the disk's own memory; the file's times and
// the like too if `metadata` is set. -1 if that failed.
int pgrepl_synchronize(int descriptor, int metadata);
// The last byte of a regular file, whatever the descriptor is open for; -1 if it is empty, or nobody
// may read it.
int pgrepl_last_byte(int descriptor);

// Locks a file for this opening of it alone, without waiting; -1 if that failed, with EWOULDBLOCK if
// another opening has it.
int pgrepl_lock(int descriptor);

// Opens a directory to read the names in it; NULL if that failed.
void *_Nullable pgrepl_open_names(const char *directory);
// The next name, until the next call; NULL behind the last, and, with an error number other than 0,
// if that failed.
const char *_Nullable pgrepl_next_name(void *names);
void pgrepl_close_names(void *names);

// MARK: Sockets

// `SOCK_STREAM`, which is an enumeration in one library and a number in others.
extern const int pgrepl_stream_socket;

// Sends without ever raising a signal; on Darwin `pgrepl_prevent_signal` must have been called.
ssize_t pgrepl_send(int socket, const void *_Nullable bytes, size_t count);

// Keeps writing to a broken connection from raising a signal, where that is the socket's matter.
void pgrepl_prevent_signal(int socket);

// Gives the connection up once sent bytes have stayed unacknowledged for so long; on Linux.
void pgrepl_set_user_timeout(int socket, int milliseconds);

// The idle time after which the peer is asked for a sign of life.
void pgrepl_set_keepalive_idle(int socket, int seconds);

// Another descriptor of the same file, closed in child processes; -1 with errno.
int pgrepl_copy_descriptor(int descriptor);

// Whether the peer has closed the connection, whether there are bytes left to be read of it or not.
int pgrepl_has_ended(int socket);

// The user whose process is at the other end of a Unix socket; -1 if the system can't tell.
int pgrepl_peer_user(int socket, uid_t *user);

// MARK: Memory, threads, signals and limits

// Memory from the system itself; NULL if there is none.
void *_Nullable pgrepl_map(size_t size);

// Makes mapped memory larger without a copy, elsewhere if need be; NULL if that can't be done.
void *_Nullable pgrepl_remap(void *memory, size_t old_size, size_t size);

// Starts a thread that nobody waits for; an error number if that failed.
int pgrepl_start_thread(void *_Nullable (*_Nonnull body)(void *_Nullable), void *_Nullable argument);

// Calls `handler` for a signal; -1 if that failed. A call of the system that it interrupts is made
// again if `restarts` is set, and ends with EINTR otherwise.
int pgrepl_handle_signal(int number, int restarts, void (*_Nonnull handler)(int));

// Ignores a signal.
void pgrepl_ignore_signal(int number);

// The most memory that was ever resident, in bytes, and the processor time used, in seconds.
void pgrepl_usage(double *user, double *system, long long *max_resident_bytes);

// How many files may be open, and how many bytes of memory may be mapped; 0 if that is unknown.
unsigned long long pgrepl_file_limit(void);
unsigned long long pgrepl_memory_limit(void);

// How many columns a terminal has; 0 if the descriptor is not a terminal.
int pgrepl_terminal_width(int descriptor);

// The process's environment.
char *_Nullable *_Nullable pgrepl_environment(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
