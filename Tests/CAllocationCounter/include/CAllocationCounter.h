#pragma once

/// Whether this build counts: 1 on Linux with glibc, -1 under a sanitizer, else 0.
int allocation_counter_works(void);

/// How many times this thread has asked for memory since it began.
long allocations_of_this_thread(void);

/// How many bytes this thread has asked for since it began; what it has freed counts as well.
long bytes_allocated_by_this_thread(void);
