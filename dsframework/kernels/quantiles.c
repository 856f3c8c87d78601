/* Quantiles over windows: the values of the window in order, by insertion while it is short, by ranks and counts while it is long.
 *
 * A value leaves the window as it came, so that nothing but the values of the window decides the result. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "windows.h"

enum { SHORT = 384 };

typedef struct {
    double value;
    int64_t row;
} ranked_t;

/* Between two values that follow one another in order. */
static double between(double low, double high, double share) { return low == high ? low : low + share * (high - low); }

/* ------------------------------------------------------------------------------------------------------------------------ short windows */

/* Where the first value that is not smaller lies. */
static int64_t position(const double *sorted, int64_t n, double value) {
    int64_t low = 0;
    while (n > 0) {
        const int64_t half = n / 2;
        const int64_t right = sorted[low + half] < value;
        low = right ? low + half + 1 : low;
        n = right ? n - half - 1 : half;
    }
    return low;
}

static void by_insertion(const double *x, int64_t first, int64_t n, int64_t stride, int64_t window, int64_t least, int32_t n_quantiles,
                         const double *quantiles, double **out, double *sorted) {
    int64_t held = 0;
    for (int64_t i = first; i < n; i += stride) {
        const int64_t gone = i - window * stride;
        if (gone >= 0 && !isnan(x[gone])) {
            const int64_t at = position(sorted, held, x[gone]);
            held--;
            memmove(sorted + at, sorted + at + 1, (size_t)(held - at) * sizeof(double));
        }
        if (!isnan(x[i])) {
            const double value = x[i] + 0.0; /* a negative zero is a zero */
            const int64_t at = position(sorted, held, value);
            memmove(sorted + at + 1, sorted + at, (size_t)(held - at) * sizeof(double));
            sorted[at] = value;
            held++;
        }
        for (int32_t k = 0; k < n_quantiles; k++) {
            double found = NAN;
            if (held >= least && held > 0) {
                const double place = quantiles[k] * (double)(held - 1);
                const int64_t below = (int64_t)place, above = below + 1 < held ? below + 1 : below;
                found = between(sorted[below], sorted[above], place - (double)below);
            }
            out[k][i] = found;
        }
    }
}

/* ------------------------------------------------------------------------------------------------------------------------- long windows */

static int by_value(const void *left, const void *right) {
    const ranked_t *a = left, *b = right;
    if (a->value != b->value) return a->value < b->value ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

/* Count the value of a rank in or out: a Fenwick tree over the ranks, which begin at 1. */
static void count_in(int32_t *tree, int64_t size, int64_t rank, int32_t change) {
    for (; rank <= size; rank += rank & -rank) tree[rank] += change;
}

/* The rank of the k-th value that is counted in, k from 0. */
static int64_t kth(const int32_t *tree, int64_t size, int64_t top, int64_t k) {
    int64_t rank = 0;
    for (int64_t step = top; step > 0; step >>= 1)
        if (rank + step <= size && tree[rank + step] <= k) {
            rank += step;
            k -= tree[rank];
        }
    return rank + 1;
}

static void by_ranks(const double *x, int64_t first, int64_t n, int64_t stride, int64_t window, int64_t least, int32_t n_quantiles,
                     const double *quantiles, double **out, char *room) {
    ranked_t *ranked = (ranked_t *)room;
    int64_t size = 0;
    for (int64_t i = first; i < n; i += stride)
        if (!isnan(x[i])) ranked[size++] = (ranked_t){x[i] + 0.0, i};
    qsort(ranked, (size_t)size, sizeof(ranked_t), by_value);
    int64_t *rank_of = (int64_t *)(ranked + n / stride + 1);
    int32_t *tree = (int32_t *)(rank_of + n / stride + 1);
    for (int64_t rank = 0; rank < size; rank++) rank_of[ranked[rank].row / stride] = rank + 1;
    memset(tree, 0, (size_t)(size + 1) * sizeof(int32_t));
    int64_t top = 1, held = 0;
    while (2 * top <= size) top *= 2;
    for (int64_t i = first; i < n; i += stride) {
        const int64_t gone = i - window * stride;
        if (gone >= 0 && !isnan(x[gone])) {
            count_in(tree, size, rank_of[gone / stride], -1);
            held--;
        }
        if (!isnan(x[i])) {
            count_in(tree, size, rank_of[i / stride], 1);
            held++;
        }
        for (int32_t k = 0; k < n_quantiles; k++) {
            double found = NAN;
            if (held >= least && held > 0) {
                const double place = quantiles[k] * (double)(held - 1);
                const int64_t below = (int64_t)place, above = below + 1 < held ? below + 1 : below;
                const double low = ranked[kth(tree, size, top, below) - 1].value;
                found = above == below ? low : between(low, ranked[kth(tree, size, top, above) - 1].value, place - (double)below);
            }
            out[k][i] = found;
        }
    }
}

size_t quantile_room(int64_t n, int64_t window, int64_t stride) {
    const size_t one = (size_t)(n / stride + 1);
    return window <= SHORT ? SHORT * sizeof(double) : one * (sizeof(ranked_t) + sizeof(int64_t)) + (one + 1) * sizeof(int32_t);
}

void window_quantiles(const double *x, int64_t n, int64_t stride, int64_t window, int64_t least, int32_t n_quantiles,
                      const double *quantiles, double **out, void *room) {
    for (int64_t first = 0; first < stride && first < n; first++) {
        if (window <= SHORT)
            by_insertion(x, first, n, stride, window, least, n_quantiles, quantiles, out, room);
        else
            by_ranks(x, first, n, stride, window, least, n_quantiles, quantiles, out, room);
    }
}
