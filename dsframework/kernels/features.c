/* The features of a panel: a program over the columns of one entity at a time, and its results into the matrix of all rows.
 *
 * A program is a list of whole numbers: for each operation its code, how many numbers follow, and those. It works on registers, which are
 * columns of one entity in the order of time: the first ones are the inputs, the others are what the operations make. A missing value is
 * NaN, and what is not finite is missing. _operations.py writes programs.
 *
 * The rows of the panel are cut into segments of an entity, each with the rows of history that its first row needs, and the segments are
 * dealt out as jobs. A job is computed from its own rows alone, so that neither the number of threads nor their order matters. */
#include "features.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "features_plan.h"

enum { LAG = 1, CHANGE, LOG_CHANGE, SPREAD, SUMS, EXTREMES, MOMENTS, COUNTS, QUANTILES };

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

static int prepare(const plan_t *plan, work_t *work, double **registers) {
    const size_t size = (size_t)(plan->n_registers * plan->longest);
    memset(work, 0, sizeof(*work));
    work->longest = plan->longest;
    *registers = malloc(size * (size_t)plan->most_segments * sizeof(double));
    work->missing = malloc((size_t)plan->n_registers);
    work->counts = malloc((size_t)plan->longest * sizeof(int32_t));
    work->room = malloc((size_t)plan->room + 1);
    return *registers && work->missing && work->counts && work->room;
}

static int32_t work_through(const plan_t *plan, int64_t *next_job) {
    work_t work;
    double *registers;
    writer_t writer;
    int good = prepare(plan, &work, &registers) & make_writer(plan, &writer); /* both, so that both can be freed */
    const int64_t size = plan->n_registers * plan->longest;
    while (good) {
        const int64_t job = atomic_fetch_add((_Atomic int64_t *)next_job, 1);
        if (job >= plan->n_jobs) break;
        const int64_t first = plan->jobs[job], last = plan->jobs[job + 1], together = plan->order ? last - first : 1;
        read_segments(plan, registers, size, first, last);
        for (int64_t s = first; s < last; s++) {
            work.registers = registers + (s - first) * size;
            work.n = plan->lasts[s] - plan->begins[s];
            run(plan, &work);
        }
        for (int64_t s = first; s < last; s += together)
            write_segments(plan, &writer, registers + (s - first) * size, size, s, s + together);
        good = !work.no_memory;
    }
    for (int k = 0; k < TSML_MOST_TEMPORARIES; k++) free(work.temporaries[k]);
    free_writer(&writer);
    free(registers);
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
