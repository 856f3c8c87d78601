/* Sums, extremes and moments over windows, for each level of instructions. */
#include "windows.h"

#include <math.h>
#include <string.h>

#include "features.h"

static int64_t largest(const int64_t *values, int32_t n) {
    int64_t found = values[0];
    for (int32_t k = 1; k < n; k++)
        if (values[k] > found) found = values[k];
    return found;
}

static double power(double q, int64_t exponent) {
    double found = 1.0;
    for (; exponent > 0; exponent >>= 1, q *= q)
        if (exponent & 1) found *= q;
    return found;
}

#define LEVELS_BODY "windows_body.h"
#include "levels.h"

void window_sums(const double *x, int64_t n, int64_t stride, double q, int32_t n_windows, const int64_t *windows, double **acc,
                 double **spare) {
    TSML_PICK(window_sums)(x, n, stride, q, n_windows, windows, acc, spare);
}

void window_extremes(const double *x, int64_t n, int64_t stride, int32_t smallest, int32_t n_windows, const int64_t *windows, double **acc,
                     double **spare) {
    TSML_PICK(window_extremes)(x, n, stride, smallest, n_windows, windows, acc, spare);
}

void window_moments(int32_t order, const double *from, int64_t n, int64_t parts, int64_t stride, double q, int32_t n_windows,
                    const int64_t *windows, moments_t *acc, moments_t *cur) {
    TSML_PICK(window_moments)(order, from, n, parts, stride, q, n_windows, windows, acc, cur);
}

void quotients(double *out, const double *a, const double *b, double whole, int64_t n) { TSML_PICK(quotients)(out, a, b, whole, n); }

void window_deviations(double *out, const double *m2, const double *weight, double whole, const double *correction, int64_t n) {
    TSML_PICK(window_deviations)(out, m2, weight, whole, correction, n);
}

double whole_weight(double q, int64_t window) {
    double total = 0.0, block = 1.0, factor = q;
    for (int64_t size = 1; size <= window; size *= 2) {
        const int64_t done = window & (size - 1);
        if (window & size) total = done ? total + power(q, done) * block : block;
        block += factor * block;
        factor *= factor;
    }
    return total;
}
