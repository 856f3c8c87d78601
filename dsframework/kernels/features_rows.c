/* The rows of a panel on their way into columns of an entity, and back into the rows of the matrix.
 *
 * Some segments at a time, a stretch of the panel at a time, because the rows of one time lie beside one another. Rows are put together in
 * a tile that stays in the processor's cache. What is beside one another in the matrix leaves it in one go, past the cache where the matrix
 * is large: then no line of memory is read before it is written. */
#include <stdlib.h>
#include <string.h>

#include "features.h"
#include "features_plan.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h>
#endif

enum { READ = 64, BLOCK = 16 };  /* rows of an entity that are read, and written, at a time */
enum { CACHED = 4 * 1024 * 1024 }; /* values of a matrix that a processor's cache may hold */

typedef double four_t __attribute__((vector_size(32), aligned(8), may_alias));
#if defined(__clang__)
#define TSML_SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int64_t places_t __attribute__((vector_size(32)));
#define TSML_SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (places_t){i, j, k, l})
#endif

#define LEVELS_BODY "features_rows_body.h"
#include "levels.h"

int make_writer(const plan_t *plan, writer_t *writer) {
    const size_t rows = (size_t)plan->most_segments * BLOCK;
    writer->at = malloc((size_t)plan->most_segments * sizeof(int64_t));
    writer->tile = malloc(rows * (size_t)plan->n_outs * sizeof(double));
    writer->to = malloc(rows * sizeof(int32_t));
    writer->from = malloc((size_t)plan->n_outs * sizeof(double *));
    const int64_t n_rows = plan->lasts[plan->jobs[plan->n_jobs] - 1];
    writer->past = n_rows * plan->n_columns > CACHED;
    writer->whole = plan->n_outs == plan->n_columns;
    for (int64_t k = 0; k < plan->n_outs; k++) writer->whole &= plan->out_columns[k] == k;
    return writer->at && writer->tile && writer->to && writer->from;
}

void free_writer(writer_t *writer) {
    free(writer->at);
    free(writer->tile);
    free(writer->to);
    free(writer->from);
}

void read_segments(const plan_t *plan, double *registers, int64_t size, int64_t first, int64_t last) {
    for (int64_t start = 0; start < plan->longest; start += READ)
        for (int64_t s = first; s < last; s++) {
            const int64_t begin = plan->begins[s], n = plan->lasts[s] - begin, stop = start + READ < n ? start + READ : n;
            for (int64_t k = 0; k < plan->n_inputs; k++) {
                const double *in = (const double *)(intptr_t)plan->inputs[k];
                const int64_t step = plan->steps[k];
                double *out = registers + (s - first) * size + k * plan->longest;
                for (int64_t i = start; i < stop; i++) out[i] = finite(in[panel_row(plan, begin + i) * step]);
            }
        }
}

/* Copy into memory that is not read soon. */
static void copy_past_cache(double *to, const double *from, int64_t n) {
#if defined(__x86_64__) || defined(_M_X64)
    for (; n > 0 && ((uintptr_t)to & 63); n--) *to++ = *from++;
    for (; n >= 8; n -= 8, to += 8, from += 8) {
        _mm_stream_pd(to, _mm_loadu_pd(from));
        _mm_stream_pd(to + 2, _mm_loadu_pd(from + 2));
        _mm_stream_pd(to + 4, _mm_loadu_pd(from + 4));
        _mm_stream_pd(to + 6, _mm_loadu_pd(from + 6));
    }
#endif
    memcpy(to, from, (size_t)n * sizeof(double));
}

/* Write a tile; rows that follow one another in the matrix go together. */
static void write_tile(const plan_t *plan, const writer_t *writer, int64_t n_rows) {
    const int64_t width = plan->n_outs;
    for (int64_t r = 0; r < n_rows;) {
        int64_t stop = r + 1;
        if (writer->to[r] < 0) {
            r = stop;
            continue;
        }
        double *to = plan->matrix + writer->to[r] * plan->n_columns;
        const double *from = writer->tile + r * width;
        if (!writer->whole) {
            for (int64_t k = 0; k < width; k++) to[plan->out_columns[k]] = from[k];
        } else {
            while (stop < n_rows && writer->to[stop] == writer->to[stop - 1] + 1) stop++;
            if (writer->past)
                copy_past_cache(to, from, (stop - r) * width);
            else
                memcpy(to, from, (size_t)((stop - r) * width) * sizeof(double));
        }
        r = stop;
    }
}

/* The row that the entity which is furthest behind reaches with its next block. */
static int64_t reached(const plan_t *plan, const writer_t *writer, int64_t first, int64_t last) {
    int64_t limit = INT64_MAX;
    for (int64_t s = first; s < last; s++) {
        const int64_t at = writer->at[s - first];
        if (at >= plan->lasts[s]) continue;
        const int64_t row = panel_row(plan, (at + BLOCK < plan->lasts[s] ? at + BLOCK : plan->lasts[s]) - 1);
        if (row < limit) limit = row;
    }
    return limit;
}

void write_segments(const plan_t *plan, writer_t *writer, const double *registers, int64_t size, int64_t first, int64_t last) {
    const int64_t n_segments = last - first;
    int64_t left = 0;
    for (int64_t s = first; s < last; s++) {
        writer->at[s - first] = plan->firsts[s];
        left += plan->lasts[s] - plan->firsts[s];
    }
    while (left > 0) {
        const int64_t limit = reached(plan, writer, first, last);
        memset(writer->to, -1, (size_t)(n_segments * BLOCK) * sizeof(int32_t));
        for (int64_t s = first; s < last; s++) {
            const int64_t place = s - first, begin = writer->at[place];
            const double *from = registers + place * size - plan->begins[s] + begin;
            int64_t n = 0;
            for (int64_t i = begin; i < plan->lasts[s]; i++, n++) {
                const int64_t row = panel_row(plan, i);
                if (row > limit) break;
                writer->to[n * n_segments + place] = (int32_t)row;
            }
            for (int64_t k = 0; k < plan->n_outs; k++) writer->from[k] = from + plan->out_registers[k] * plan->longest;
            TSML_PICK(rows_of)(writer->from, plan->n_outs, n, writer->tile + place * plan->n_outs, n_segments * plan->n_outs);
            writer->at[place] += n;
            left -= n;
        }
        write_tile(plan, writer, n_segments * BLOCK);
    }
#if defined(__x86_64__) || defined(_M_X64)
    _mm_sfence(); /* whoever waits for this thread sees what went past the cache */
#endif
}
