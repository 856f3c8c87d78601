/* The usual course of a day: what part of a session's total came at each time of day, over sessions before. */
#include <math.h>
#include <stdlib.h>

#include "tsml.h"

static double known(double value) { return value == value ? value : 0.0; }

/* Add the parts of one session before to the rows of the session at hand, both in the order of the time of day. */
static void add_session(const double *x, const int64_t *slot, int64_t begin, int64_t end, double total, int64_t first, int64_t last,
                        double *share, double *cumulative) {
    int64_t j = begin;
    double before = 0.0;
    for (int64_t i = first; i < last; i++) {
        while (j < end && slot[j] < slot[i]) before += known(x[j++]);
        double here = 0.0;
        for (int64_t k = j; k < end && slot[k] == slot[i]; k++) here += known(x[k]);
        share[i] += here / total;
        cumulative[i] += (before + here) / total;
    }
}

/* Rows are in the order of entity and time; those of session s are starts[s] to starts[s + 1] - 1, and `ordinal[s]` sessions of its entity
 * come before it. Read the last `count` sessions before that are `usual`. A session whose total is not positive says nothing; where no
 * session says anything, or there are fewer than `count` of them, the results are NaN. `totals` is room for a number a session. */
TSML_API void tsml_profile(const double *x, const int64_t *slot, const int64_t *starts, const int64_t *ordinal, const uint8_t *usual,
                           int64_t n_sessions, int64_t count, double *totals, double *share, double *cumulative, double *done) {
    for (int64_t s = 0; s < n_sessions; s++) {
        totals[s] = 0.0;
        for (int64_t i = starts[s]; i < starts[s + 1]; i++) totals[s] += known(x[i]);
    }
    for (int64_t s = 0; s < n_sessions; s++) {
        int64_t seen = 0, told = 0;
        double sum = 0.0, so_far = 0.0;
        for (int64_t i = starts[s]; i < starts[s + 1]; i++) share[i] = cumulative[i] = 0.0;
        for (int64_t p = s - 1; p >= s - ordinal[s] && seen < count; p--) {
            if (!usual[p]) continue;
            seen++;
            if (!(totals[p] > 0.0) || totals[p] - totals[p] != 0.0) continue;
            told++;
            sum += totals[p];
            add_session(x, slot, starts[p], starts[p + 1], totals[p], starts[s], starts[s + 1], share, cumulative);
        }
        const double divisor = seen == count && told > 0 ? (double)told : (double)NAN;
        for (int64_t i = starts[s]; i < starts[s + 1]; i++) {
            so_far += known(x[i]);
            share[i] /= divisor;
            cumulative[i] /= divisor;
            done[i] = so_far / (sum / divisor);
        }
    }
}
