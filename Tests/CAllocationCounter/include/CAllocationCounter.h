#pragma once

/// Whether this build counts: on Linux with glibc, and under no sanitizer.
int allocation_counter_works(void);

/// How many times this thread has asked for memory since it began.
long allocations_of_this_thread(void);

/// How many bytes this thread has asked for since it began, freed or not.
long bytes_of_this_thread(void);

/// Whether a sanitizer has an allocator of its own.
int allocation_counter_is_hindered(void);
