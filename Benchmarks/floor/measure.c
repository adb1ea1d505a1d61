/* Runs a command and appends to a file what it took:  wall CPU peak
 *
 * usage: measure FILE COMMAND [ARGUMENT]...
 *
 * Seconds from start to exit, seconds of user and system time together, and the most memory that
 * was resident, in KiB. It is small itself, because what is resident before exec counts as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) { return (double)time.tv_sec + time.tv_usec / 1e6; }

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: measure FILE COMMAND [ARGUMENT]...\n");
    return 64;
  }
  double start = now();
  pid_t child = fork();
  if (child == 0) {
    execvp(arguments[2], arguments + 2);
    perror(arguments[2]);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
    perror("measure");
    return 1;
  }
  double wall = now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
  long peak = usage.ru_maxrss;
#ifdef __APPLE__
  peak /= 1024;
#endif
  FILE *file = fopen(arguments[1], "a");
  if (!file) {
    perror(arguments[1]);
    return 1;
  }
  fprintf(file, "%.4f %.4f %ld\n", wall, seconds(usage.ru_utime) + seconds(usage.ru_stime), peak);
  return fclose(file) != 0;
}
