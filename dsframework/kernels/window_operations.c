/* Operations that read windows: what is asked of them, and which values of the windows are there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features.h"
#include "windows.h"

enum { PLAIN, ROOT };

static double *temporary(work_t *work, int32_t number) {
    if (!work->temporaries[number]) {
        work->temporaries[number] = malloc((size_t)work->longest * sizeof(double));
        if (!work->temporaries[number]) work->no_memory = 1;
    }
    return work->temporaries[number];
}

static int has_missing(work_t *work, int64_t number) {
    if (work->missing[number] < 0) {
        const double *x = column(work, number);
        int64_t found = 0;
        for (int64_t i = 0; i < work->n; i++) found += x[i] != x[i];
        work->missing[number] = found > 0;
    }
    return work->missing[number];
}

/* counts[i]: how many values there are in rows i, i - stride, i - 2 * stride, ... */
static void count_values(const work_t *work, const double *x, int64_t stride) {
    for (int64_t i = 0; i < work->n; i++) work->counts[i] = (x[i] == x[i]) + (i >= stride ? work->counts[i - stride] : 0);
}

static inline int32_t counted(const int32_t *counts, int64_t i, int64_t reach) { return counts[i] - (i >= reach ? counts[i - reach] : 0); }

/* Take away what windows with fewer than `least` values say. Where no value is missing, they are the first rows. */
static void only_with(const work_t *work, double *out, int64_t stride, int64_t window, int64_t least, int missing) {
    if (!missing) {
        no_value(out, work->n, (least - 1) * stride);
        return;
    }
    for (int64_t i = 0; i < work->n; i++)
        if (counted(work->counts, i, window * stride) < least) out[i] = (double)NAN;
}

static void with_missing_as(const double *x, double *out, int64_t n, double value) {
    for (int64_t i = 0; i < n; i++) out[i] = x[i] == x[i] ? x[i] : value;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* The weights of the values that are in each window, into `out`: counted where there are gaps, else those of the first rows and then
 * that of a whole window. */
static void weights(work_t *work, const double *x, double q, int64_t window, int missing, double *out, double *ones, double **spare) {
    const int64_t rows = missing ? work->n : smaller(work->n, window);
    for (int64_t i = 0; i < rows; i++) ones[i] = x[i] == x[i] ? 1.0 : 0.0;
    window_sums(ones, rows, 1, q, 1, &window, &out, spare);
    for (int64_t i = rows; i < work->n; i++) out[i] = out[rows - 1];
}

/* ------------------------------------------------------------------------------------------------------------------------------ sums */

/* source, stride, q (a constant), partial, windows; for each: length, least, sum, mean, what to do with the mean. */
void sums(work_t *work, const int64_t *word, const double *constants) {
    const double *x = column(work, word[0]);
    const int64_t n = work->n, stride = word[1];
    const double q = constants[word[2]];
    const int partial = (int)word[3], missing = has_missing(work, word[0]) && partial;
    const int32_t n_windows = (int32_t)word[4];
    int64_t windows[TSML_MOST_WINDOWS];
    double *acc[TSML_MOST_WINDOWS], *spare[2] = {temporary(work, 0), temporary(work, 1)};
    double *there = temporary(work, 2), *weight = temporary(work, 3);
    for (int32_t k = 0; k < n_windows; k++) {
        const int64_t *each = word + 5 + 5 * k;
        windows[k] = each[0];
        acc[k] = each[2] >= 0 ? column(work, each[2]) : column(work, each[3]);
    }
    if (work->no_memory) return;
    if (missing) {
        with_missing_as(x, there, n, 0.0);
        count_values(work, x, stride);
    }
    window_sums(missing ? there : x, n, stride, q, n_windows, windows, acc, spare);
    for (int32_t k = 0; k < n_windows; k++) {
        const int64_t *each = word + 5 + 5 * k, window = each[0], least = each[1];
        if (each[3] >= 0) {
            double *mean = column(work, each[3]);
            if (q != 1.0) {
                weights(work, x, q, window, missing, weight, there, spare);
                quotients(mean, acc[k], weight, 0.0, n);
            } else if (partial) {
                for (int64_t i = 0; i < n; i++) {
                    const int64_t held = missing ? counted(work->counts, i, window * stride) : smaller(i / stride + 1, window);
                    mean[i] = finite(acc[k][i] / (double)held);
                }
            } else {
                quotients(mean, acc[k], NULL, (double)window, n);
            }
            if (each[4] == ROOT)
                for (int64_t i = 0; i < n; i++) mean[i] = sqrt(mean[i]);
            only_with(work, mean, stride, window, least, missing);
        }
        if (each[2] >= 0) {
            double *sum = acc[k];
            for (int64_t i = 0; i < n; i++) sum[i] = finite(sum[i]);
            if (each[4] == ROOT)
                for (int64_t i = 0; i < n; i++) sum[i] = sqrt(sum[i]);
            only_with(work, sum, stride, window, least, missing);
        }
    }
}

/* -------------------------------------------------------------------------------------------------------------- extremes and counts */

/* source, stride, whether the smallest are asked for, windows; for each: length, least, result. */
void extremes(work_t *work, const int64_t *word) {
    const double *x = column(work, word[0]);
    const int64_t stride = word[1];
    const int missing = has_missing(work, word[0]);
    const int32_t n_windows = (int32_t)word[3];
    int64_t windows[TSML_MOST_WINDOWS];
    double *acc[TSML_MOST_WINDOWS], *spare[2] = {temporary(work, 0), temporary(work, 1)}, *there = temporary(work, 2);
    for (int32_t k = 0; k < n_windows; k++) {
        windows[k] = word[4 + 3 * k];
        acc[k] = column(work, word[6 + 3 * k]);
    }
    if (work->no_memory) return;
    if (missing) {
        with_missing_as(x, there, work->n, word[2] ? INFINITY : -INFINITY);
        count_values(work, x, stride);
    }
    window_extremes(missing ? there : x, work->n, stride, (int32_t)word[2], n_windows, windows, acc, spare);
    for (int32_t k = 0; k < n_windows; k++) only_with(work, acc[k], stride, windows[k], word[5 + 3 * k], missing);
}

/* source, stride, windows; for each: length, rows before there is a count, result. */
void counts(work_t *work, const int64_t *word) {
    const int64_t stride = word[1];
    count_values(work, column(work, word[0]), stride);
    for (int64_t k = 0; k < word[2]; k++) {
        const int64_t *each = word + 3 + 3 * k;
        double *out = column(work, each[2]);
        for (int64_t i = 0; i < work->n; i++) out[i] = (double)counted(work->counts, i, each[0] * stride);
        no_value(out, work->n, (each[1] - 1) * stride);
    }
}

/* source, stride, length, least, quantiles; for each: its share (a constant), result. */
void quantiles(work_t *work, const int64_t *word, const double *constants) {
    double share[TSML_MOST_WINDOWS], *out[TSML_MOST_WINDOWS];
    for (int64_t k = 0; k < word[4]; k++) {
        share[k] = constants[word[5 + 2 * k]];
        out[k] = column(work, word[6 + 2 * k]);
    }
    window_quantiles(column(work, word[0]), work->n, word[1], word[2], word[3], (int32_t)word[4], share, out, work->room);
    for (int64_t k = 0; k < word[4]; k++)
        for (int64_t i = 0; i < work->n; i++) out[k][i] = finite(out[k][i]);
}

/* --------------------------------------------------------------------------------------------------------------------------- moments */

/* What a window's figures are, from its moments; results that are not asked for are NULL. */
typedef struct {
    double *std, *zscore, *skew, *kurt;
} figures_t;

static void deviations(const double *x, moments_t of, const double *weight, double whole, const double *correction, double *std,
                       double *zscore, double *spare, int64_t n) {
    double *s = std ? std : spare;
    window_deviations(s, of.m2, weight, whole, correction, n);
    if (zscore)
        for (int64_t i = 0; i < n; i++) zscore[i] = x[i] != x[i] ? (double)NAN : s[i] == 0.0 ? 0.0 : finite(-of.u[i] / s[i]);
    if (std)
        for (int64_t i = 0; i < n; i++) std[i] = finite(std[i]);
}

static void shapes(moments_t of, const double *weight, double whole, double *skew, double *kurt, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        const double w = weight ? weight[i] : whole, m2 = of.m2[i];
        if (skew) skew[i] = finite(w * sqrt(w - 1.0) / (w - 2.0) * (of.m3[i] / (m2 * sqrt(m2))));
        if (kurt) {
            const double scale = (w - 1.0) / ((w - 2.0) * (w - 3.0));
            kurt[i] = finite(scale * ((w + 1.0) * (w * (of.m4[i] / m2) / m2) - 3.0 * (w - 1.0)));
        }
    }
}

/* Arrays of moments from the temporaries, beginning with `number`; return the number after them. */
static int32_t moments_at(work_t *work, int32_t number, int32_t order, moments_t *made) {
    made->w = temporary(work, number++);
    made->u = temporary(work, number++);
    made->m2 = temporary(work, number++);
    made->m3 = order > 2 ? temporary(work, number++) : NULL;
    made->m4 = order > 2 ? temporary(work, number++) : NULL;
    return number;
}

/* Set the moments of single values, and return what they are distances to: the value, or the last one that was there. */
static const double *single_values(work_t *work, const double *x, int32_t order, int64_t parts, int missing, moments_t one, double *from) {
    const size_t bytes = (size_t)work->n * sizeof(double);
    memset(one.u, 0, bytes);
    memset(one.m2, 0, bytes);
    if (order > 2) {
        memset(one.m3, 0, bytes);
        memset(one.m4, 0, bytes);
    }
    for (int64_t i = 0; i < parts; i++) one.w[i] = x[i] == x[i] ? 1.0 : 0.0;
    if (!missing) return x;
    double last = 0.0;
    for (int64_t i = 0; i < work->n; i++) from[i] = last = x[i] == x[i] ? x[i] : last;
    return from;
}

/* source, stride, q (a constant), partial, order, windows; for each: length, least, std, zscore, skew, kurt. */
void moments(work_t *work, const int64_t *word, const double *constants) {
    const double *x = column(work, word[0]);
    const int64_t n = work->n, stride = word[1];
    const double q = constants[word[2]];
    const int partial = (int)word[3], missing = has_missing(work, word[0]) && partial;
    const int32_t order = (int32_t)word[4], n_windows = (int32_t)word[5];
    int64_t windows[TSML_MOST_WINDOWS], longest = 1;
    moments_t acc[TSML_MOST_WINDOWS], cur[3];
    int32_t next = 0;
    for (int32_t k = 0; k < 3; k++) next = moments_at(work, next, order, &cur[k]);
    for (int32_t k = 0; k < n_windows; k++) {
        windows[k] = word[6 + 6 * k];
        if (windows[k] > longest) longest = windows[k];
        next = moments_at(work, next, order, &acc[k]);
    }
    double *from = temporary(work, next), *correction = temporary(work, next + 1), *ones = temporary(work, next + 2);
    if (work->no_memory) return;
    const int64_t parts = !partial ? 0 : missing ? n : smaller(n, (longest - 1) * stride);
    window_moments(order, single_values(work, x, order, parts, missing, cur[0], from), n, parts, stride, q, n_windows, windows, acc, cur);
    if (missing) count_values(work, x, stride);
    for (int32_t k = 0; k < n_windows; k++) {
        const int64_t *each = word + 6 + 6 * k, window = each[0];
        double *out[4];
        for (int j = 0; j < 4; j++) out[j] = each[2 + j] >= 0 ? column(work, each[2 + j]) : NULL;
        const double whole = whole_weight(q, window);
        if (partial)
            for (int64_t i = parts; i < n; i++) acc[k].w[i] = whole;
        if (q != 1.0) weights(work, x, q * q, window, missing, correction, ones, (double *[]){cur[1].u, cur[2].u});
        const double *weight = partial ? acc[k].w : NULL;
        if (out[0] || out[1]) deviations(x, acc[k], weight, whole, q != 1.0 ? correction : NULL, out[0], out[1], cur[1].u, n);
        if (out[2] || out[3]) shapes(acc[k], weight, whole, out[2], out[3], n);
        for (int j = 0; j < 4; j++)
            if (out[j]) only_with(work, out[j], stride, window, each[1], missing);
    }
}
