/* The features of a panel: a program over the columns of one entity at a time, and its results into the matrix of all rows.
 *
 * A program is a list of whole numbers: for each operation its code, how many numbers follow, and those. It works on registers, which are
 * columns of one entity in the order of time: the first ones are the inputs, the others are what the operations make. A missing value is
 * NaN, and what is not finite is missing. _program.py writes programs.
 *
 * The rows of the panel are cut into segments of an entity, each with the rows of history that its first row needs, and the segments are
 * dealt out as jobs. A job is computed from its own rows alone, so that neither the number of threads nor their order matters. */
#include "features.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "windows.h"

enum { LAG = 1, CHANGE, LOG_CHANGE, SPREAD, SUMS, EXTREMES, MOMENTS, COUNTS, QUANTILES };
enum { BLOCK = 16 }; /* rows of an entity that are written at a time */

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

static void gather(const plan_t *plan, work_t *work, int64_t begin) {
    for (int64_t k = 0; k < plan->n_inputs; k++) {
        const double *in = (const double *)(intptr_t)plan->inputs[k];
        const int64_t step = plan->steps[k];
        double *out = column(work, k);
        if (plan->order)
            for (int64_t i = 0; i < work->n; i++) out[i] = finite(in[plan->order[begin + i] * step]);
        else
            for (int64_t i = 0; i < work->n; i++) out[i] = finite(in[(begin + i) * step]);
    }
}

static void run(const plan_t *plan, work_t *work) {
    memset(work->missing, -1, (size_t)plan->n_registers);
    const int64_t *word = plan->program, *end = word + plan->n_words;
    for (; word < end; word += 2 + word[1]) {
        const int64_t *rest = word + 2;
        switch (word[0]) {
            case LAG: lag(work, rest); break;
            case CHANGE: change(work, rest); break;
            case LOG_CHANGE: log_change(work, rest); break;
            case SPREAD: spread(work, rest); break;
            case SUMS: sums(work, rest, plan->constants); break;
            case EXTREMES: extremes(work, rest); break;
            case MOMENTS: moments(work, rest, plan->constants); break;
            case COUNTS: counts(work, rest); break;
            case QUANTILES: quantiles(work, rest, plan->constants); break;
        }
    }
}

/* Write the segments of a job, a stretch of the panel at a time, because the rows of one time lie beside one another. */
static void scatter(const plan_t *plan, const work_t *work, const double *registers, int64_t first, int64_t last, int64_t *at) {
    const int64_t size = plan->n_registers * work->longest;
    int64_t limit = INT64_MAX, left = 0;
    for (int64_t s = first; s < last; s++) {
        at[s - first] = plan->firsts[s];
        left += plan->lasts[s] - plan->firsts[s];
    }
    while (left > 0) {
        limit = INT64_MAX; /* the row that the entity which is furthest behind reaches with its next block */
        for (int64_t s = first; s < last; s++)
            if (at[s - first] < plan->lasts[s]) {
                const int64_t stop = at[s - first] + BLOCK < plan->lasts[s] ? at[s - first] + BLOCK : plan->lasts[s];
                const int64_t row = plan->order ? plan->order[stop - 1] : stop - 1;
                if (row < limit) limit = row;
            }
        for (int64_t s = first; s < last; s++) {
            const double *from = registers + (s - first) * size - plan->begins[s];
            int64_t i = at[s - first];
            for (; i < plan->lasts[s]; i++) {
                const int64_t row = plan->order ? plan->order[i] : i;
                if (row > limit) break;
                double *to = plan->matrix + row * plan->n_columns;
                for (int64_t k = 0; k < plan->n_outs; k++) to[plan->out_columns[k]] = from[plan->out_registers[k] * work->longest + i];
            }
            left -= i - at[s - first];
            at[s - first] = i;
        }
    }
}

static int prepare(const plan_t *plan, work_t *work, double **registers, int64_t **at) {
    const size_t size = (size_t)(plan->n_registers * plan->longest);
    memset(work, 0, sizeof(*work));
    work->longest = plan->longest;
    *registers = malloc(size * (size_t)plan->most_segments * sizeof(double));
    *at = malloc((size_t)plan->most_segments * sizeof(int64_t));
    work->missing = malloc((size_t)plan->n_registers);
    work->counts = malloc((size_t)plan->longest * sizeof(int32_t));
    work->room = malloc((size_t)plan->room + 1);
    return *registers && *at && work->missing && work->counts && work->room;
}

static int32_t work_through(const plan_t *plan, int64_t *next_job) {
    work_t work;
    double *registers;
    int64_t *at;
    int good = prepare(plan, &work, &registers, &at);
    while (good) {
        const int64_t job = atomic_fetch_add((_Atomic int64_t *)next_job, 1);
        if (job >= plan->n_jobs) break;
        const int64_t first = plan->jobs[job], last = plan->jobs[job + 1];
        for (int64_t s = first; s < last; s++) {
            work.registers = registers + (s - first) * plan->n_registers * plan->longest;
            work.n = plan->lasts[s] - plan->begins[s];
            gather(plan, &work, plan->begins[s]);
            run(plan, &work);
        }
        scatter(plan, &work, registers, first, last, at);
        good = !work.no_memory;
    }
    for (int k = 0; k < TSML_MOST_TEMPORARIES; k++) free(work.temporaries[k]);
    free(registers);
    free(at);
    free(work.missing);
    free(work.counts);
    free(work.room);
    return good ? TSML_OK : TSML_NO_MEMORY;
}

/* Do the jobs that no other thread has taken; `next_job` is 0 at first, and every thread gets the same. Memory for quantiles: `window`
 * and `stride` of the one that needs most. */
TSML_API int32_t tsml_features(const int64_t *program, int64_t n_words, const double *constants, const int64_t *inputs,
                               const int64_t *steps, int64_t n_inputs, int64_t n_registers, const int64_t *out_registers,
                               const int64_t *out_columns, int64_t n_outs, const int32_t *order, const int64_t *begins,
                               const int64_t *firsts, const int64_t *lasts, const int64_t *jobs, int64_t n_jobs, int64_t longest,
                               int64_t most_segments, double *matrix, int64_t n_columns, int64_t room, int64_t *next_job) {
    const plan_t plan = {program, n_words,     constants,   inputs, steps, n_inputs, n_registers, out_registers, out_columns, n_outs,
                         order,   begins,      firsts,      lasts,  jobs,  n_jobs,   longest,     most_segments, matrix,      n_columns,
                         room};
    return work_through(&plan, next_job);
}
