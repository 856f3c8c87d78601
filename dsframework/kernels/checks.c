/* What would give wrong numbers in the rows of a panel, which are sorted by time, then entity: one pass a column, with the state of every
 * series beside it. What is unknown is NaN. Where something is found, `found` gets how often and the first row. */
#include <math.h>

#include "tsml.h"

/* How often, the first row (-1 for none), and the row that it was compared with. */
typedef struct {
    int64_t count, first, before;
} finding;

static inline void note(finding *found, int64_t row, int64_t before) {
    if (!found->count++) found->first = row, found->before = before;
}

static void clear(finding *found, int kinds) {
    for (int k = 0; k < kinds; k++) found[k].count = 0, found[k].first = found[k].before = -1;
}

/* Whether a price changed by a ratio that splits have, whichever way; a day's ordinary change comes on top of it. */
static int like_a_split(double now, double before) {
    static const double ratios[] = {1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100};
    if (!(now > 0 && before > 0)) return 0;
    double ratio = now > before ? now / before : before / now;
    if (ratio < 1.43) return 0;
    for (unsigned k = 0; k < sizeof ratios / sizeof *ratios; k++)
        if (fabs(ratio / ratios[k] - 1) < 0.04) return 1;
    return 0;
}

/* What a series is at: the last known value and its row, how many equal values came one after the other, how many values and changes, and
 * the largest and the smallest change. */
typedef struct {
    double value;
    int64_t row, run, known, moves, sampled;
    double most, least;
} series;

/* Changes, frozen values, split-like jumps and zeros of a column.
 *
 * A change is a ratio to the value before where `relative`, or a difference. `day` tells the rows whose changes are compared (NULL: all);
 * `share` of every series' changes is sampled into `sample`, `room` places a series. `found` are frozen rows, jumps, and zeros. */
TSML_API void tsml_check_column(const double *value, const int32_t *entity, const int32_t *day, int64_t n, int64_t n_entities,
                                int64_t frozen_rows, int32_t relative, const double *share, double *sample, int64_t room, series *state,
                                finding *found) {
    clear(found, 3);
    for (int64_t e = 0; e < n_entities; e++) {
        series fresh = {NAN, -1, 0, 0, 0, 0, -INFINITY, INFINITY};
        state[e] = fresh;
    }
    for (int64_t k = 0; k < n; k++) {
        int64_t e = entity ? entity[k] : 0;
        series *s = state + e;
        double now = value[k], before = s->value;
        if (isnan(now)) continue;
        if (now == 0) note(found + 2, k, -1);
        int64_t row = s->row;
        s->value = now, s->row = k;
        if (!s->known++) {
            s->run = 1;
            continue;
        }
        int same = now == before;
        s->run = same ? s->run + 1 : 1;
        s->moves += !same;
        if (s->run >= frozen_rows) {
            note(found, k, row);
            if (s->run == frozen_rows) found[0].count += frozen_rows - 1;
        }
        double change = same ? (double)relative : relative ? now / before : now - before;
        if ((relative ? change > 1.43 || change < 0.7 : !same) && like_a_split(now, before)) note(found + 1, k, row);
        if ((day && day[k] != day[row]) || (relative && !(now > 0 && before > 0))) continue;
        s->most = change > s->most ? change : s->most;
        s->least = change < s->least ? change : s->least;
        uint32_t chance = (uint32_t)s->known * 2654435761u;
        if (chance * 0x1p-32 < share[e] && s->sampled < room) sample[e * room + s->sampled++] = change;
    }
}

/* Changes outside of their series' bounds. `last` and `row` are room for each series. */
TSML_API void tsml_check_outliers(const double *value, const int32_t *entity, const int32_t *day, int64_t n, int64_t n_entities,
                                  int32_t relative, const double *low, const double *high, double *last, int64_t *row, finding *found) {
    clear(found, 1);
    for (int64_t e = 0; e < n_entities; e++) last[e] = NAN, row[e] = -1;
    for (int64_t k = 0; k < n; k++) {
        int64_t e = entity ? entity[k] : 0;
        double now = value[k], before = last[e];
        if (isnan(now)) continue;
        if (row[e] >= 0 && (!day || day[k] == day[row[e]]) && (!relative || (now > 0 && before > 0))) {
            double change = relative ? now / before : now - before;
            if (change < low[e] || change > high[e]) note(found, k, row[e]);
        }
        last[e] = now, row[e] = k;
    }
}

/* Bars that can't be: a high below the low, an open or a close outside, a price that is not positive, a volume below zero. Columns may be
 * NULL. */
TSML_API void tsml_check_bars(const double *open, const double *high, const double *low, const double *close, const double *volume,
                              int64_t n, finding *found) {
    clear(found, 1);
    const double *prices[] = {open, high, low, close};
    for (int64_t k = 0; k < n; k++) {
        int bad = 0;
        for (int p = 0; p < 4; p++) {
            if (!prices[p]) continue;
            double price = prices[p][k], slack = 1e-9 * fabs(price);
            bad |= price <= 0;
            bad |= high && price > high[k] + slack;
            bad |= low && price < low[k] - slack;
        }
        bad |= volume && volume[k] < 0;
        if (bad) note(found, k, -1);
    }
}

/* The first and the last row of every series, and its sessions that have no row: `session` is the number of a row's session, -1 for none.
 * `found` are stretches of missing sessions, each at the row after it; `missing` is how many sessions they are together. */
TSML_API void tsml_check_spans(const int32_t *entity, const int32_t *session, int64_t n, int64_t n_entities, int64_t *first, int64_t *last,
                               int64_t *at, int64_t *missing, finding *found) {
    clear(found, 1);
    *missing = 0;
    for (int64_t e = 0; e < n_entities; e++) first[e] = last[e] = at[e] = -1;
    for (int64_t k = 0; k < n; k++) {
        int64_t e = entity ? entity[k] : 0;
        if (first[e] < 0) first[e] = k;
        last[e] = k;
        if (!session || session[k] < 0) continue;
        if (at[e] >= 0 && session[k] > at[e] + 1) {
            note(found, k, -1);
            *missing += session[k] - at[e] - 1;
        }
        at[e] = session[k];
    }
}
