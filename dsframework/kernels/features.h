/* What the operations of a feature program work with; see features.c. */
#ifndef TSML_FEATURES_H
#define TSML_FEATURES_H

#include <math.h>

#include "tsml.h"

enum { TSML_MOST_WINDOWS = 32, TSML_MOST_TEMPORARIES = 5 * TSML_MOST_WINDOWS + 24 };

typedef struct {
    double *registers;  /* those of the segment at hand, `longest` values apart */
    int8_t *missing;    /* whether a register has missing values; -1: not looked at */
    int64_t n, longest; /* rows of the segment, and of the longest one */
    int32_t *counts;    /* of values, one for each row */
    void *room;         /* for quantiles */
    double *temporaries[TSML_MOST_TEMPORARIES]; /* columns, made when they are first asked for */
    int no_memory;      /* whether one could not be made */
} work_t;

static inline double *column(const work_t *work, int64_t number) { return work->registers + number * work->longest; }

static inline double finite(double value) { return value - value == 0.0 ? value : (double)NAN; }

static inline void no_value(double *out, int64_t n, int64_t most) {
    for (int64_t i = 0; i < n && i < most; i++) out[i] = (double)NAN;
}

/* Operations; `word` has what follows the code in the program. */
void lag(work_t *work, const int64_t *word);
void change(work_t *work, const int64_t *word);
void log_change(work_t *work, const int64_t *word);
void spread(work_t *work, const int64_t *word);
void sums(work_t *work, const int64_t *word, const double *constants);
void extremes(work_t *work, const int64_t *word);
void moments(work_t *work, const int64_t *word, const double *constants);
void counts(work_t *work, const int64_t *word);
void quantiles(work_t *work, const int64_t *word, const double *constants);

#endif
