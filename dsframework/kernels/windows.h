/* Statistics over windows of one column; the arithmetic is described in windows_body.h. */
#ifndef TSML_WINDOWS_H
#define TSML_WINDOWS_H

#include "tsml.h"

/* Moments of blocks of values, one block ending at each row: weight, mean, and sums of powers of the distance to the mean. */
typedef struct {
    double *w, *u, *m2, *m3, *m4;
} moments_t;

/* Sums over windows into acc[k]; `spare` has two arrays of n values. */
void window_sums(const double *x, int64_t n, int64_t stride, double q, int32_t n_windows, const int64_t *windows, double **acc,
                 double **spare);

/* Smallest or largest values of windows into acc[k]; x has no NaN. */
void window_extremes(const double *x, int64_t n, int64_t stride, int32_t smallest, int32_t n_windows, const int64_t *windows, double **acc,
                     double **spare);

/* Moments of order 2 or 4 into acc[k], their means as distances to from[i]; cur[0] has those of single values, cur[1] and cur[2] are spare.
 * In rows before `parts`, blocks may not be whole, and their weights count. */
void window_moments(int32_t order, const double *from, int64_t n, int64_t parts, int64_t stride, double q, int32_t n_windows,
                    const int64_t *windows, moments_t *acc, moments_t *cur);

/* out[i] = a[i] / b[i], or a[i] / whole where b is NULL; NaN where that is not finite. */
void quotients(double *out, const double *a, const double *b, double whole, int64_t n);

/* Standard deviations: the root of m2 over w - 1, or over w - correction / w where that is not NULL. w is weight[i], or `whole` where that
 * is NULL. */
void window_deviations(double *out, const double *m2, const double *weight, double whole, const double *correction, int64_t n);

/* Quantiles of the values that are there in each window; out[k][i] for quantiles[k], NaN where fewer than `least` are. `room` has
 * `quantile_room(n, window, stride)` bytes. */
void window_quantiles(const double *x, int64_t n, int64_t stride, int64_t window, int64_t least, int32_t n_quantiles,
                      const double *quantiles, double **out, void *room);
size_t quantile_room(int64_t n, int64_t window, int64_t stride);

/* The weight of a window in which every value is there. */
double whole_weight(double q, int64_t window);

#endif
