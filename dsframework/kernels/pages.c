/* Memory for a large result.
 *
 * The first write to a page makes the system clear it. In pages of 4 kB that takes longer than the features of a panel, in pages of 2 MB a
 * fifth of it. But where a virtual machine has given its free memory back, the host fetches 4 kB at a time again when it is written to, and
 * a large page of such memory takes three times as long as small ones, which come from what was used a moment ago. Only trying tells. */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* more than plain C11 */
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "tsml.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Nanoseconds that small pages take instead of a large one, and how far large ones may be behind. */
enum { PAGE = 2 << 20, SMALL = 1500000, PATIENCE = 20000000 };

static int64_t own_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Write to large pages that no other thread has taken, until all are there or small ones would have been faster. `state`: the next page,
 * and the time taken; both are 0 at first, and every thread gets the same. `memory` is aligned to a large page. */
TSML_API void tsml_touch_pages(void *memory, int64_t n_pages, int64_t *state) {
    _Atomic int64_t *next = (_Atomic int64_t *)state, *taken = next + 1;
    int64_t page, before = own_time();
    while ((page = atomic_fetch_add(next, 1)) < n_pages) {
        ((volatile char *)memory)[page * PAGE] = 0;
        const int64_t now = own_time();
        if (atomic_fetch_add(taken, now - before) > page * SMALL + PATIENCE) break;
        before = now;
    }
}

/* Have small pages in the place of large ones that no other thread has taken, many at a time: that saves the interruptions when they are
 * first written to. */
TSML_API void tsml_fill_pages(void *memory, int64_t n_pages, int64_t *state) {
    int64_t page;
    while ((page = atomic_fetch_add((_Atomic int64_t *)state, 1)) < n_pages)
        if (madvise((char *)memory + page * PAGE, PAGE, MADV_POPULATE_WRITE)) break;
}
#endif
