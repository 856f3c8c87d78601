/* What a call of tsml_features is asked for; see features.c. */
#ifndef TSML_FEATURES_PLAN_H
#define TSML_FEATURES_PLAN_H

#include "tsml.h"

typedef struct {
    const int64_t *program, n_words;
    const double *constants;
    const int64_t *inputs, *steps; /* addresses of the inputs, and how many values lie between two rows of each */
    const int64_t n_inputs, n_registers;
    const int64_t *out_registers, *out_columns, n_outs;
    const int32_t *order;                                /* the rows of the panel, one entity after the other; NULL: as they lie */
    const int64_t *begins, *firsts, *lasts;              /* of a segment: its history, its rows, the row after them */
    const int64_t *jobs, n_jobs, longest, most_segments; /* job k has the segments jobs[k] to jobs[k + 1] - 1 */
    double *matrix;
    const int64_t n_columns, room;
} plan_t;

/* Where a job's segments have got to, and some of their rows on the way into the matrix. */
typedef struct {
    int64_t *at;         /* the next row of each segment */
    double *tile;        /* rows of `n_outs` values */
    int32_t *to;         /* the row of the panel that each of them is, -1: none */
    const double **from; /* columns of a segment */
    int whole, past;     /* whether such a row is one of the matrix, and the matrix is too large for the processor's cache */
} writer_t;

static inline int64_t panel_row(const plan_t *plan, int64_t i) { return plan->order ? plan->order[i] : i; }

/* Return 0 where there is no memory; to be freed all the same. */
int make_writer(const plan_t *plan, writer_t *writer);
void free_writer(writer_t *writer);

/* Copy the inputs of the segments `first` to `last - 1` into their first registers; those of a segment lie `size` values apart. */
void read_segments(const plan_t *plan, double *registers, int64_t size, int64_t first, int64_t last);

/* Write their rows into the matrix. */
void write_segments(const plan_t *plan, writer_t *writer, const double *registers, int64_t size, int64_t first, int64_t last);

#endif
