/* Operations that read a few rows: lags, changes, and what a bar's prices say of the spread. */
#include <math.h>
#include <string.h>

#include "features.h"

enum { HIGH_LOW, PARKINSON, GARMAN_KLASS, ROGERS_SATCHELL, SQUARED_CHANGE };

/* source, result, period */
void lag(work_t *work, const int64_t *word) {
    const double *x = column(work, word[0]);
    double *out = column(work, word[1]);
    const int64_t n = work->n, period = word[2] < n ? word[2] : n;
    no_value(out, n, period);
    memcpy(out + period, x, (size_t)(n - period) * sizeof(double));
}

/* source, result, period */
void change(work_t *work, const int64_t *word) {
    const double *x = column(work, word[0]);
    double *out = column(work, word[1]);
    no_value(out, work->n, word[2]);
    for (int64_t i = word[2]; i < work->n; i++) out[i] = finite(x[i] / x[i - word[2]] - 1.0);
}

static inline double log_of_ratio(double later, double earlier) { return later > 0.0 && earlier > 0.0 ? log(later / earlier) : (double)NAN; }

/* source, result, period */
void log_change(work_t *work, const int64_t *word) {
    const double *x = column(work, word[0]);
    double *out = column(work, word[1]);
    no_value(out, work->n, word[2]);
    for (int64_t i = word[2]; i < work->n; i++) out[i] = finite(log_of_ratio(x[i], x[i - word[2]]));
}

/* kind, result, high, low, close, open; a column that the kind does not read is -1 */
void spread(work_t *work, const int64_t *word) {
    const double *in[4], four_log_2 = 4.0 * log(2.0);
    for (int k = 0; k < 4; k++) in[k] = word[2 + k] >= 0 ? column(work, word[2 + k]) : NULL;
    const double *high = in[0], *low = in[1], *close = in[2], *open = in[3];
    double *out = column(work, word[1]);
    for (int64_t i = 0; i < work->n; i++) {
        double value = (double)NAN;
        if (word[0] == HIGH_LOW) {
            value = (high[i] - low[i]) / close[i];
        } else if (word[0] == SQUARED_CHANGE) {
            const double moved = i > 0 ? log_of_ratio(close[i], close[i - 1]) : value;
            value = moved * moved;
        } else if (word[0] == PARKINSON) {
            const double range = log_of_ratio(high[i], low[i]);
            value = range * range / four_log_2;
        } else if (word[0] == GARMAN_KLASS) {
            const double range = log_of_ratio(high[i], low[i]), drift = log_of_ratio(close[i], open[i]);
            value = 0.5 * (range * range) - (0.5 * four_log_2 - 1.0) * (drift * drift);
        } else if (word[0] == ROGERS_SATCHELL) {
            value = log_of_ratio(high[i], close[i]) * log_of_ratio(high[i], open[i]);
            value += log_of_ratio(low[i], close[i]) * log_of_ratio(low[i], open[i]);
        }
        out[i] = finite(value);
    }
}
