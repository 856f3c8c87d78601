/* Bars (open, high, low, close, sums) of ticks in one scan that uses their order.
 *
 * A call reads one block of ticks and writes its bars, in the order in which they begin; a bar that goes on in the next block is merged by
 * the caller. Sums are taken over four lanes in a fixed order, so that the same block gives the same bits on every machine.
 *
 * A bar's number is floor((time + shift) / every); `shifts` has one shift more than `changes` has moments, at which the next one begins to
 * hold (a time zone's clock changes). */
#include <math.h>
#include <string.h>

#include "tsml.h"

enum { UNSORTED = -1, NOT_FINITE = -2 };

typedef struct {
    const int64_t *changes, *shifts;
    int64_t count, every;
} tz_clock;

/* Where bars go: `whole` and `real` have six columns of `room` rows. */
typedef struct {
    int64_t *whole;
    double *real;
    int64_t room, count;
} bars_t;

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

/* The number of the bar of `time`, and the first moment after the bar. */
static int64_t bar_of(const tz_clock *clock, int64_t time, int64_t *end) {
    int64_t shift = shift_at(clock, time), number = floor_div(time + shift, clock->every);
    int64_t border = (number + 1) * clock->every - shift, then = shift_at(clock, border);
    if (then != shift) {
        border = (number + 1) * clock->every - then;
        if (border <= time) border = time + 1;
    }
    *end = border;
    return number;
}

static void put(bars_t *bars, int64_t entity, int64_t number, int64_t count, int64_t volume, int64_t first, int64_t last, const double *values) {
    int64_t row = bars->count++;
    const int64_t whole[6] = {entity, number, count, volume, first, last};
    for (int column = 0; column < 6; column++) {
        bars->whole[column * bars->room + row] = whole[column];
        bars->real[column * bars->room + row] = values[column];
    }
}

/* The first position from `from` on whose time is not before `end`, taking times for sorted. */
static int64_t gallop(const int64_t *time, int64_t from, int64_t n, int64_t end) {
    int64_t step = 16, low = from, high = from;
    while (high < n && time[high] < end) {
        low = high;
        high += step;
        step *= 2;
    }
    if (high > n) high = n;
    while (low + 1 < high) {
        int64_t middle = low + (high - low) / 2;
        if (time[middle] < end) low = middle;
        else high = middle;
    }
    return high;
}

static int falls(const int64_t *time, int64_t from, int64_t to) {
    int64_t falling = 0;
    for (int64_t k = from + 1; k < to; k++) falling |= time[k] < time[k - 1];
    return falling != 0;
}

typedef double reals __attribute__((vector_size(16)));
typedef int64_t wholes __attribute__((vector_size(16)));

static inline reals load_reals(const double *from) {
    reals values;
    memcpy(&values, from, sizeof values);
    return values;
}

static inline wholes load_wholes(const int64_t *from) {
    wholes values;
    memcpy(&values, from, sizeof values);
    return values;
}

static inline reals choose(wholes mask, reals one, reals other) { return (reals)((mask & (wholes)one) | (~mask & (wholes)other)); }

/* Two of the four lanes. */
typedef struct {
    reals high, low, turnover, volume;
    wholes counted;
} pair;

static inline __attribute__((always_inline)) void take(pair *lanes, reals price, reals size, wholes count) {
    lanes->high = choose(price > lanes->high, price, lanes->high);
    lanes->low = choose(price < lanes->low, price, lanes->low);
    lanes->turnover += price * size;
    lanes->volume += size;
    lanes->counted += count;
}

static inline __attribute__((always_inline)) void take_from(pair *lanes, const double *price, const int64_t *whole, const double *real,
                                                            int64_t k) {
    wholes count = {0};
    reals size = {1, 1};
    if (whole) {
        count = load_wholes(whole + k);
        size = (reals){(double)count[0], (double)count[1]};
    } else if (real) size = load_reals(real + k);
    take(lanes, load_reals(price + k), size, count);
}

/* High, low, and the sums of size and of price times size; `whole` or `real` sizes, or none (every size is 1 then). The ticks at the end
 * that fill no lane are padded with a price that changes neither high nor low and a size of zero. */
static inline __attribute__((always_inline)) int64_t summarize(const double *price, const int64_t *whole, const double *real, int64_t n,
                                                               double *values) {
    const reals begin = {price[0], price[0]}, zero = {0, 0};
    pair a = {begin, begin, zero, zero, {0, 0}}, b = a;
    int64_t k = 0;
    for (; k + 4 <= n; k += 4) {
        take_from(&a, price, whole, real, k);
        take_from(&b, price, whole, real, k + 2);
    }
    if (k < n) {
        double p[4] = {price[0], price[0], price[0], price[0]}, size[4] = {0};
        int64_t count[4] = {0};
        for (int l = 0; k + l < n; l++) {
            p[l] = price[k + l];
            count[l] = whole ? whole[k + l] : 0;
            size[l] = whole ? (double)whole[k + l] : real ? real[k + l] : 1;
        }
        take(&a, load_reals(p), load_reals(size), load_wholes(count));
        take(&b, load_reals(p + 2), load_reals(size + 2), load_wholes(count + 2));
    }
    reals high = choose(b.high > a.high, b.high, a.high), low = choose(b.low < a.low, b.low, a.low);
    values[1] = high[1] > high[0] ? high[1] : high[0];
    values[2] = low[1] < low[0] ? low[1] : low[0];
    values[4] = (a.volume[0] + a.volume[1]) + (b.volume[0] + b.volume[1]);
    values[5] = (a.turnover[0] + a.turnover[1]) + (b.turnover[0] + b.turnover[1]);
    return (a.counted[0] + a.counted[1]) + (b.counted[0] + b.counted[1]);
}

static int64_t with_whole_sizes(const double *price, const int64_t *size, int64_t n, double *values) {
    return summarize(price, size, NULL, n, values);
}

static int64_t with_real_sizes(const double *price, const double *size, int64_t n, double *values) {
    return summarize(price, NULL, size, n, values);
}

static int64_t without_sizes(const double *price, int64_t n, double *values) { return summarize(price, NULL, NULL, n, values); }

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

/* Ticks of one series, or of series one below the other: the ticks of a bar lie side by side.
 *
 * Returns the number of bars, UNSORTED where the times of a series fall, or NOT_FINITE where a price or a size is no finite number. */
TSML_API int64_t tsml_bars_of_runs(const int64_t *time, const int32_t *entity, const double *price, const int64_t *whole_size,
                                   const double *real_size, int64_t n, int64_t every, const int64_t *changes, const int64_t *shifts,
                                   int64_t n_changes, int64_t *whole, double *real, int64_t room) {
    tz_clock clock = {changes, shifts, n_changes, every};
    bars_t bars = {whole, real, room, 0};
    for (int64_t from = 0; from < n;) {
        int64_t stop = entity ? run_end(entity, from, n) : n;
        if (falls(time, from, stop)) return UNSORTED;
        while (from < stop) {
            int64_t border, number = bar_of(&clock, time[from], &border), end = gallop(time, from, stop, border), length = end - from;
            double values[6];
            int64_t volume = whole_size  ? with_whole_sizes(price + from, whole_size + from, length, values)
                             : real_size ? with_real_sizes(price + from, real_size + from, length, values)
                                         : without_sizes(price + from, length, values);
            values[0] = price[from], values[3] = price[end - 1];
            if (!isfinite(values[5]) || !isfinite(values[4])) return NOT_FINITE;
            put(&bars, entity ? entity[from] : 0, number, length, volume, time[from], time[end - 1], values);
            from = end;
        }
    }
    return bars.count;
}

typedef struct {
    int64_t border, number, count, volume, first, last;
    double values[6];
} open_bar;

/* Ticks of many series in any mixture, each in its own order of time. `open` is room for `n_entities` open bars. */
TSML_API int64_t tsml_bars_of_mixture(const int64_t *time, const int32_t *entity, const double *price, const int64_t *whole_size,
                                      const double *real_size, int64_t n, int64_t every, const int64_t *changes, const int64_t *shifts,
                                      int64_t n_changes, int64_t *whole, double *real, int64_t room, open_bar *open, int64_t n_entities) {
    tz_clock clock = {changes, shifts, n_changes, every};
    bars_t bars = {whole, real, room, 0};
    for (int64_t e = 0; e < n_entities; e++) open[e].count = 0;
    for (int64_t k = 0; k < n; k++) {
        open_bar *bar = open + entity[k];
        double p = price[k], size = whole_size ? (double)whole_size[k] : real_size ? real_size[k] : 1.0;
        int64_t t = time[k];
        if (bar->count && t >= bar->border) {
            if (!isfinite(bar->values[5]) || !isfinite(bar->values[4])) return NOT_FINITE;
            put(&bars, entity[k], bar->number, bar->count, bar->volume, bar->first, bar->last, bar->values);
            bar->count = 0;
        }
        if (!bar->count) {
            bar->number = bar_of(&clock, t, &bar->border);
            bar->volume = 0, bar->first = bar->last = t;
            bar->values[0] = bar->values[1] = bar->values[2] = p;
            bar->values[4] = bar->values[5] = 0;
        }
        if (t < bar->last) return UNSORTED;
        bar->count++, bar->last = t;
        bar->values[1] = p > bar->values[1] ? p : bar->values[1];
        bar->values[2] = p < bar->values[2] ? p : bar->values[2];
        bar->values[3] = p;
        if (whole_size) bar->volume += whole_size[k];
        else if (real_size) bar->values[4] += size;
        bar->values[5] += p * size;
    }
    for (int64_t e = 0; e < n_entities; e++) {
        if (!open[e].count) continue;
        if (!isfinite(open[e].values[5]) || !isfinite(open[e].values[4])) return NOT_FINITE;
        put(&bars, e, open[e].number, open[e].count, open[e].volume, open[e].first, open[e].last, open[e].values);
    }
    return bars.count;
}
