/* Figures of a row among all rows of the same time. The rows of one time lie one after another. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tsml.h"

typedef struct {
    double value;
    int64_t row;
} ranked_t;

static int by_value(const void *left, const void *right) {
    const ranked_t *a = left, *b = right;
    if (a->value != b->value) return a->value < b->value ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

/* Ranks divided by how many values there are, ties sharing their mean rank. */
static void rank_of_time(const double *x, int64_t step, double *out, int64_t out_step, int64_t n, ranked_t *ranked) {
    int64_t held = 0;
    for (int64_t i = 0; i < n; i++) {
        out[i * out_step] = (double)NAN;
        if (x[i * step] - x[i * step] == 0.0) ranked[held++] = (ranked_t){x[i * step], i};
    }
    qsort(ranked, (size_t)held, sizeof(ranked_t), by_value);
    for (int64_t first = 0, last; first < held; first = last) {
        for (last = first + 1; last < held && ranked[last].value == ranked[first].value;) last++;
        const double rank = 0.5 * (double)(first + 1 + last) / (double)held;
        for (int64_t k = first; k < last; k++) out[ranked[k].row * out_step] = rank;
    }
}

/* Distances to the mean in standard deviations (divided by n - 1); 0 where all values are equal. */
static void zscore_of_time(const double *x, int64_t step, double *out, int64_t out_step, int64_t n) {
    int64_t held = 0;
    double total = 0.0, squares = 0.0, origin = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (x[i * step] - x[i * step] != 0.0) continue;
        if (held++ == 0) origin = x[i * step]; /* a distance to one of the values, so that a large level takes no digits */
        total += x[i * step] - origin;
    }
    const double mean = total / (double)held;
    for (int64_t i = 0; i < n; i++) {
        const double distance = (x[i * step] - origin) - mean;
        if (x[i * step] - x[i * step] == 0.0) squares += distance * distance;
    }
    const double deviation = sqrt(squares / (double)(held - 1));
    for (int64_t i = 0; i < n; i++) {
        const double score = deviation == 0.0 ? 0.0 : ((x[i * step] - origin) - mean) / deviation;
        out[i * out_step] = x[i * step] - x[i * step] == 0.0 && held > 1 && score - score == 0.0 ? score : (double)NAN;
    }
}

/* The mean of all values (not `without`), or of all but the row's own, which is summed from both sides and not taken away from a total:
 * one huge value then spoils its own row's sum only by not being in it. `after` is room for n + 1 numbers. */
static void mean_of_time(const double *x, int64_t step, double *out, int64_t out_step, int64_t n, int without, double *after) {
    int64_t held = 0;
    double before = 0.0;
    after[n] = 0.0;
    for (int64_t i = n - 1; i >= 0; i--) {
        const int there = x[i * step] - x[i * step] == 0.0;
        held += there;
        after[i] = after[i + 1] + (there ? x[i * step] : 0.0);
    }
    for (int64_t i = 0; i < n; i++) {
        const int there = x[i * step] - x[i * step] == 0.0;
        const double own = there ? x[i * step] : 0.0;
        const double mean = without ? (before + after[i + 1]) / (double)(held - there) : after[0] / (double)held;
        before += own;
        out[i * out_step] = mean - mean == 0.0 ? mean : (double)NAN;
    }
}

/* Rank (kind 0), zscore (1), mean (2) or mean of the others (3) of the times first to last - 1; the rows of time t are starts[t] to starts[t + 1] - 1. Columns of a
 * matrix are read and written in their place: `step` values lie between two rows. */
TSML_API int32_t tsml_across(int32_t kind, const double *x, int64_t step, double *out, int64_t out_step, const int64_t *starts,
                             int64_t first, int64_t last) {
    int64_t most = 1;
    for (int64_t t = first; t < last; t++)
        if (starts[t + 1] - starts[t] > most) most = starts[t + 1] - starts[t];
    ranked_t *ranked = malloc((size_t)(most + 1) * sizeof(ranked_t));
    if (!ranked) return TSML_NO_MEMORY;
    for (int64_t t = first; t < last; t++) {
        const int64_t begin = starts[t], n = starts[t + 1] - begin;
        if (kind == 0)
            rank_of_time(x + begin * step, step, out + begin * out_step, out_step, n, ranked);
        else if (kind == 1)
            zscore_of_time(x + begin * step, step, out + begin * out_step, out_step, n);
        else
            mean_of_time(x + begin * step, step, out + begin * out_step, out_step, n, kind == 3, (double *)ranked);
    }
    free(ranked);
    return TSML_OK;
}
