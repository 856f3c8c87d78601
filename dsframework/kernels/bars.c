/* Bars (open, high, low, close, sums) of ticks in one scan that uses their order, and checks it.
 *
 * A call reads one block of ticks and writes its bars, in the order in which they begin; a bar that goes on in the next block is merged by
 * the caller. Sums are taken over four lanes in a fixed order, so that the same block gives the same bits on every machine.
 *
 * A bar's number is floor((time + shift) / every); `shifts` has one shift more than `changes` has moments, at which the next one begins to
 * hold (a time zone's clock changes). */
#include <math.h>
#include <string.h>

#include "tsml.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { UNSORTED = -1, NOT_FINITE = -2, TOO_LARGE = -3 };
enum { WHOLE_SIZES, REAL_SIZES, NO_SIZES };

/* A column is a null pointer where there is none. */
typedef struct {
    const int64_t *time;
    const int32_t *entity;
    const double *price;
    const int64_t *whole;
    const double *real;
    int64_t n;
} ticks_t;

/* A bar, as the caller reads it: twelve numbers of eight bytes. Without sizes the turnover only tells whether the prices are finite. */
typedef struct {
    int64_t entity, number, count, whole_volume, first, last;
    double open, high, low, close, volume, turnover;
} bar_t;

typedef struct {
    const int64_t *changes, *shifts;
    int64_t count, every;
} tz_clock;

/* The number of a bar and the first moment after it; a border of INT64_MIN stands for no bar. */
typedef struct {
    int64_t number, border;
} edge_t;

static inline int64_t floor_div(int64_t a, int64_t b) {
    int64_t q = a / b;
    return q - (a % b < 0);
}

static int64_t shift_at(const tz_clock *clock, int64_t time) {
    int64_t low = 0, high = clock->count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (clock->changes[middle] <= time) low = middle + 1;
        else high = middle;
    }
    return clock->shifts[low];
}

/* Go on to the bar of `time`; it is the next one as a rule, which needs no division. */
static inline void move_to(const tz_clock *clock, int64_t time, edge_t *edge) {
    if (!clock->count && edge->border != INT64_MIN && time >= edge->border && time < edge->border + clock->every) {
        edge->number++, edge->border += clock->every;
        return;
    }
    int64_t shift = shift_at(clock, time), number = floor_div(time + shift, clock->every);
    int64_t border = (number + 1) * clock->every - shift, then = shift_at(clock, border);
    if (then != shift) {
        border = (number + 1) * clock->every - then;
        if (border <= time) border = time + 1;
    }
    edge->number = number, edge->border = border;
}

static inline int is_finite(const bar_t *bar) { return isfinite(bar->turnover) && isfinite(bar->volume); }

typedef double reals __attribute__((vector_size(16)));
typedef int64_t wholes __attribute__((vector_size(16)));
typedef uint64_t naturals __attribute__((vector_size(16))); /* may wrap around */
static const uint64_t HALF = (uint64_t)1 << 51, MAGIC = 0x4338000000000000u; /* the bits of 1.5 * 2 to the power of 52 */
static const double MAGIC_REAL = 6755399441055744.0;

/* Two of the four lanes. Times fall where a number of `falling` is negative. */
typedef struct {
    reals high, low, volume, turnover;
    naturals counted, large;
    wholes falling;
} pair;

/* Take two ticks; `kind` and `exact` are constants where this is called.
 *
 * Whole sizes become reals by way of their bits, exact below 2 to the power of 51; `large` tells of others, for which `exact` is there. */
static ALWAYS_INLINE void take_pair(pair *lanes, const double *price, const int64_t *whole, const double *real, int kind, int exact) {
    reals p, size = {1, 1};
    memcpy(&p, price, sizeof p);
    if (kind == WHOLE_SIZES) {
        naturals count;
        memcpy(&count, whole, sizeof count);
        lanes->counted += count;
        lanes->large |= count + HALF;
        if (exact) size = (reals){(double)(int64_t)count[0], (double)(int64_t)count[1]};
        else size = (reals)(count + MAGIC) - MAGIC_REAL;
    } else if (kind == REAL_SIZES) {
        memcpy(&size, real, sizeof size);
        lanes->volume += size;
    }
    const wholes above = p > lanes->high, below = p < lanes->low;
    lanes->high = (reals)((above & (wholes)p) | (~above & (wholes)lanes->high));
    lanes->low = (reals)((below & (wholes)p) | (~below & (wholes)lanes->low));
    lanes->turnover += p * size;
}

static ALWAYS_INLINE void take(pair *lanes, const double *price, const int64_t *whole, const double *real, int kind, int exact) {
    take_pair(lanes, price, whole, real, kind, exact);
    take_pair(lanes + 1, price + 2, whole + 2, real + 2, kind, exact);
}

/* Note whether one of two times is before the one that should be earlier: the sign of their difference, whether it overflows or not. */
static ALWAYS_INLINE void watch_pair(pair *lanes, const int64_t *time, const int64_t *earlier) {
    naturals now, before;
    memcpy(&now, time, sizeof now);
    memcpy(&before, earlier, sizeof before);
    const naturals step = now - before;
    lanes->falling |= (wholes)(step ^ ((now ^ before) & (step ^ now)));
}

/* Take the ticks at the end of a bar, which fill not all lanes, and return how many there are. What is missing is a price that changes
 * neither high nor low and a size of zero. */
static ALWAYS_INLINE int64_t take_rest(pair *lanes, const ticks_t *ticks, int64_t from, int64_t k, int64_t stop, int64_t border, int kind,
                                       int exact) {
    const double open = ticks->price[from];
    double price[4] = {open, open, open, open}, real[4] = {0};
    int64_t whole[4] = {0}, n = 0;
    for (; k + n < stop && ticks->time[k + n] < border; n++) {
        const int64_t at = k + n;
        if (at > from && ticks->time[at] < ticks->time[at - 1]) lanes->falling[0] = -1;
        price[n] = ticks->price[at];
        if (kind == WHOLE_SIZES) whole[n] = ticks->whole[at];
        if (kind == REAL_SIZES) real[n] = ticks->real[at];
    }
    if (n) take(lanes, price, whole, real, kind, exact);
    return n;
}

/* What is known of a bar when its last tick, before `stop`, has been taken; returns `stop` or what is wrong. */
static ALWAYS_INLINE int64_t finish(const pair *lanes, const ticks_t *ticks, int64_t from, int64_t stop, int exact, bar_t *bar) {
    const wholes falling = lanes[0].falling | lanes[1].falling;
    const naturals large = lanes[0].large | lanes[1].large;
    if ((falling[0] | falling[1]) < 0) return UNSORTED;
    if (!exact && ((large[0] | large[1]) & ~(2 * HALF - 1))) return TOO_LARGE;
    bar->count = stop - from;
    bar->whole_volume = (int64_t)(lanes[0].counted[0] + lanes[0].counted[1] + lanes[1].counted[0] + lanes[1].counted[1]);
    bar->first = ticks->time[from], bar->last = ticks->time[stop - 1];
    bar->open = bar->high = bar->low = ticks->price[from], bar->close = ticks->price[stop - 1];
    for (int l = 0; l < 4; l++) {
        const double high = lanes[l / 2].high[l % 2], low = lanes[l / 2].low[l % 2];
        if (high > bar->high) bar->high = high;
        if (low < bar->low) bar->low = low;
    }
    bar->volume = (lanes[0].volume[0] + lanes[0].volume[1]) + (lanes[1].volume[0] + lanes[1].volume[1]);
    bar->turnover = (lanes[0].turnover[0] + lanes[0].turnover[1]) + (lanes[1].turnover[0] + lanes[1].turnover[1]);
    return is_finite(bar) ? stop : NOT_FINITE;
}

/* Make the bar that begins with the tick `from` and ends before `border`, or before the tick `stop`; returns the tick after it.
 *
 * Of four ticks the last one is asked for the border: where times don't fall the others lie before it too. */
static ALWAYS_INLINE int64_t make_bar(const ticks_t *ticks, int64_t from, int64_t stop, int64_t border, int kind, int exact, bar_t *bar) {
    const int64_t *time = ticks->time;
    const double open = ticks->price[from];
    const pair begin = {.high = {open, open}, .low = {open, open}};
    pair lanes[2] = {begin, begin};
    int64_t k = from;
    if (k + 4 <= stop && time[k + 3] < border) {
        const int64_t head[4] = {time[k], time[k], time[k + 1], time[k + 2]}, *earlier = head;
        do {
            watch_pair(lanes, time + k, earlier);
            watch_pair(lanes + 1, time + k + 2, earlier + 2);
            take(lanes, ticks->price + k, ticks->whole + k, ticks->real + k, kind, exact);
            k += 4;
            earlier = time + k - 1;
        } while (k + 4 <= stop && time[k + 3] < border);
    }
    k += take_rest(lanes, ticks, from, k, stop, border, kind, exact);
    return finish(lanes, ticks, from, k, exact, bar);
}

static int64_t run_end(const int32_t *entity, int64_t from, int64_t n) {
    enum { BLOCK = 64 };
    int32_t own = entity[from];
    int64_t k = from;
    for (; k + BLOCK <= n; k += BLOCK) {
        int32_t other = 0;
        for (int l = 0; l < BLOCK; l++) other |= entity[k + l] ^ own;
        if (other) break;
    }
    while (k < n && entity[k] == own) k++;
    return k;
}

static ALWAYS_INLINE int64_t make_bars(const ticks_t *ticks, const tz_clock *clock, int kind, bar_t *bars) {
    bar_t *bar = bars;
    for (int64_t from = 0; from < ticks->n;) {
        const int64_t stop = ticks->entity ? run_end(ticks->entity, from, ticks->n) : ticks->n;
        edge_t edge = {0, INT64_MIN};
        for (; from < stop; bar++) {
            move_to(clock, ticks->time[from], &edge);
            int64_t end = make_bar(ticks, from, stop, edge.border, kind, 0, bar);
            if (end == TOO_LARGE) end = make_bar(ticks, from, stop, edge.border, kind, 1, bar);
            if (end < 0) return end;
            bar->entity = ticks->entity ? ticks->entity[from] : 0, bar->number = edge.number;
            from = end;
        }
    }
    return bar - bars;
}

/* Ticks of one series, or of series one below the other: the ticks of a bar lie side by side. `bars` is room for as many bars as ticks.
 *
 * Returns the number of bars, UNSORTED where the times of a series fall, or NOT_FINITE where a price or a size is no finite number. */
TSML_API int64_t tsml_bars_of_runs(const int64_t *time, const int32_t *entity, const double *price, const int64_t *whole_size,
                                   const double *real_size, int64_t n, int64_t every, const int64_t *changes, const int64_t *shifts,
                                   int64_t n_changes, bar_t *bars) {
    const ticks_t ticks = {time, entity, price, whole_size, real_size, n};
    const tz_clock clock = {changes, shifts, n_changes, every};
    if (whole_size) return make_bars(&ticks, &clock, WHOLE_SIZES, bars);
    return real_size ? make_bars(&ticks, &clock, REAL_SIZES, bars) : make_bars(&ticks, &clock, NO_SIZES, bars);
}

typedef struct {
    bar_t bar;
    edge_t edge;
} open_bar;

/* Ticks of many series in any mixture, each in its own order of time. `open` is room for `n_entities` open bars. */
TSML_API int64_t tsml_bars_of_mixture(const int64_t *time, const int32_t *entity, const double *price, const int64_t *whole_size,
                                      const double *real_size, int64_t n, int64_t every, const int64_t *changes, const int64_t *shifts,
                                      int64_t n_changes, bar_t *bars, open_bar *open, int64_t n_entities) {
    const tz_clock clock = {changes, shifts, n_changes, every};
    int64_t n_bars = 0;
    for (int64_t e = 0; e < n_entities; e++) open[e] = (open_bar){.edge = {0, INT64_MIN}};
    for (int64_t k = 0; k < n; k++) {
        open_bar *one = open + entity[k];
        bar_t *bar = &one->bar;
        const double p = price[k], size = whole_size ? (double)whole_size[k] : real_size ? real_size[k] : 1.0;
        const int64_t t = time[k];
        if (t >= one->edge.border) {
            if (bar->count) {
                if (!is_finite(bar)) return NOT_FINITE;
                bars[n_bars++] = *bar;
            }
            move_to(&clock, t, &one->edge);
            *bar = (bar_t){.entity = entity[k], .number = one->edge.number, .first = t, .last = t, .open = p, .high = p, .low = p};
        }
        if (t < bar->last) return UNSORTED;
        bar->count++, bar->last = t;
        bar->high = p > bar->high ? p : bar->high;
        bar->low = p < bar->low ? p : bar->low;
        bar->close = p;
        if (whole_size) bar->whole_volume += whole_size[k];
        else if (real_size) bar->volume += size;
        bar->turnover += p * size;
    }
    for (int64_t e = 0; e < n_entities; e++) {
        if (!open[e].bar.count) continue;
        if (!is_finite(&open[e].bar)) return NOT_FINITE;
        bars[n_bars++] = open[e].bar;
    }
    return n_bars;
}
