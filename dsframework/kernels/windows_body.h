/* Statistics over windows of a column, each from the values of its window alone.
 *
 * A block of 2n values is two blocks of n, and a window is one block for every bit of its length, the newest values first. So a window of w
 * values takes about 2 log2(w) steps however long it is, and the same values give the same bits wherever the window lies and whatever was
 * before it. Nothing is carried along: no running sum, and no value that has left the window.
 *
 * The loops run over the rows, which no register's width can change the arithmetic of.
 *
 * Moments are those of the distance to the newest value of the block, and two blocks are joined by the distance of their means. So a small
 * spread about a large level is exact to the last digits, and the spread of equal values is 0.
 *
 * Row i of a strided window reads rows i, i - stride, i - 2 * stride, ... Weights fall by the factor q with each step back.
 *
 * `partial`: windows that reach before row 0, or that hold missing values, are those of the values that are there. Otherwise a missing
 * value makes its windows missing, and what a window says that begins before row 0 is thrown away by the caller. */

/* -------------------------------------------------------------------------------------------------------------------------------- sums */

/* out[i] = a[i] + scale * b[i - back]; rows before `back` are those of a. */
static void TSML_NAME(join_sums)(double *out, const double *a, const double *b, int64_t back, double scale, int64_t n) {
    const int64_t head = back < n ? back : n;
    if (out != a) memcpy(out, a, (size_t)head * sizeof(double));
    if (scale == 1.0) {
        TSML_INDEPENDENT
        for (int64_t i = back; i < n; i++) out[i] = a[i] + b[i - back];
    } else {
        TSML_INDEPENDENT
        for (int64_t i = back; i < n; i++) out[i] = a[i] + scale * b[i - back];
    }
}

/* The weighted sums of windows, into acc[k] for every window; `spare` has two arrays. */
static void TSML_NAME(window_sums)(const double *x, int64_t n, int64_t stride, double q, int32_t n_windows, const int64_t *windows,
                                   double **acc, double **spare) {
    const double *block = x;
    double factor = q; /* of the weight of the block before this one: q to the power of its size */
    const int64_t longest = largest(windows, n_windows);
    int turn = 0;
    for (int64_t size = 1; size <= longest; size *= 2) {
        for (int32_t k = 0; k < n_windows; k++) {
            const int64_t done = windows[k] & (size - 1);
            if (!(windows[k] & size)) continue;
            if (done)
                TSML_NAME(join_sums)(acc[k], acc[k], block, done * stride, power(q, done), n);
            else
                memcpy(acc[k], block, (size_t)n * sizeof(double));
        }
        if (2 * size > longest) break;
        double *next = spare[turn];
        turn = 1 - turn;
        TSML_NAME(join_sums)(next, block, block, size * stride, factor, n);
        block = next;
        factor *= factor;
    }
}

/* ---------------------------------------------------------------------------------------------------------------------------- extremes */

static void TSML_NAME(join_extremes)(double *out, const double *a, const double *b, int64_t back, int32_t smallest, int64_t n) {
    const int64_t head = back < n ? back : n;
    if (out != a) memcpy(out, a, (size_t)head * sizeof(double));
    if (smallest) {
        TSML_INDEPENDENT
        for (int64_t i = back; i < n; i++) out[i] = a[i] < b[i - back] ? a[i] : b[i - back];
    } else {
        TSML_INDEPENDENT
        for (int64_t i = back; i < n; i++) out[i] = a[i] > b[i - back] ? a[i] : b[i - back];
    }
}

/* The smallest or largest values of windows: two blocks that overlap. `x` has no NaN. */
static void TSML_NAME(window_extremes)(const double *x, int64_t n, int64_t stride, int32_t smallest, int32_t n_windows,
                                       const int64_t *windows, double **acc, double **spare) {
    const double *block = x;
    const int64_t longest = largest(windows, n_windows);
    int turn = 0;
    for (int64_t size = 1; size <= longest; size *= 2) {
        for (int32_t k = 0; k < n_windows; k++)
            if (windows[k] >= size && windows[k] < 2 * size)
                TSML_NAME(join_extremes)(acc[k], block, block, (windows[k] - size) * stride, smallest, n);
        if (2 * size > longest) break;
        double *next = spare[turn];
        turn = 1 - turn;
        TSML_NAME(join_extremes)(next, block, block, size * stride, smallest, n);
        block = next;
    }
}

/* ----------------------------------------------------------------------------------------------------------------------------- moments */

/* Join block a with block b, which lies `back` rows before it: rows first to last - 1, where both blocks are whole, of weights wa and wb.
 * `from` is what the means are distances to. */
static inline void TSML_NAME(join_whole)(int order, moments_t out, moments_t a, moments_t b, const double *from, int64_t back,
                                         double scale, double wa, double wb, int64_t first, int64_t last) {
    const double f = scale * wb / (wa + scale * wb), g = 1.0 - f, wf = wa * f;
    const double third = wf * (g - f), fourth = wf * (g * g - g * f + f * f), ff = f * f, gg = g * g;
    double *u = out.u, *m2 = out.m2, *m3 = out.m3, *m4 = out.m4;
    const double *au = a.u, *am2 = a.m2, *am3 = a.m3, *am4 = a.m4;
    const double *bu = b.u - back, *bm2 = b.m2 - back;
    const double *bm3 = order > 2 ? b.m3 - back : NULL, *bm4 = order > 2 ? b.m4 - back : NULL;
    TSML_INDEPENDENT
    for (int64_t i = first; i < last; i++) {
        const double d = (bu[i] + (from[i - back] - from[i])) - au[i];
        const double m2a = am2[i], m2b = scale * bm2[i], dd = d * d;
        if (order > 2) {
            const double m3a = am3[i], m3b = scale * bm3[i], m4b = scale * bm4[i];
            m4[i] = (am4[i] + m4b) + d * (4.0 * (g * m3b - f * m3a) + d * (6.0 * (gg * m2b + ff * m2a) + fourth * dd));
            m3[i] = (m3a + m3b) + d * (3.0 * (g * m2b - f * m2a) + third * dd);
        }
        m2[i] = (m2a + m2b) + wf * dd;
        u[i] = au[i] + f * d;
    }
}

/* The same for blocks that may not be whole, whose weights are in w. */
static inline void TSML_NAME(join_parts)(int order, moments_t out, moments_t a, moments_t b, const double *from, int64_t back,
                                         double scale, int64_t first, int64_t last) {
    double *u = out.u, *m2 = out.m2, *m3 = out.m3, *m4 = out.m4, *w = out.w;
    const double *au = a.u, *am2 = a.m2, *am3 = a.m3, *am4 = a.m4, *aw = a.w;
    const double *bu = b.u - back, *bm2 = b.m2 - back, *bw = b.w - back;
    const double *bm3 = order > 2 ? b.m3 - back : NULL, *bm4 = order > 2 ? b.m4 - back : NULL;
    TSML_INDEPENDENT
    for (int64_t i = first; i < last; i++) {
        const double wa = aw[i], wb = scale * bw[i], both = wa + wb;
        const double f = both > 0.0 ? wb / both : 0.0, g = 1.0 - f, wf = wa * f;
        const double d = (bu[i] + (from[i - back] - from[i])) - au[i];
        const double m2a = am2[i], m2b = scale * bm2[i], dd = d * d;
        if (order > 2) {
            const double m3a = am3[i], m3b = scale * bm3[i], m4b = scale * bm4[i];
            const double third = wf * (g - f), fourth = wf * (g * g - g * f + f * f);
            m4[i] = (am4[i] + m4b) + d * (4.0 * (g * m3b - f * m3a) + d * (6.0 * (g * g * m2b + f * f * m2a) + fourth * dd));
            m3[i] = (m3a + m3b) + d * (3.0 * (g * m2b - f * m2a) + third * dd);
        }
        m2[i] = (m2a + m2b) + wf * dd;
        u[i] = au[i] + f * d;
        w[i] = both;
    }
}

static inline void TSML_NAME(copy_moments)(int order, moments_t out, moments_t a, int64_t n, int64_t parts) {
    const size_t bytes = (size_t)n * sizeof(double);
    if (out.u == a.u) return;
    memcpy(out.u, a.u, bytes);
    memcpy(out.m2, a.m2, bytes);
    if (order > 2) {
        memcpy(out.m3, a.m3, bytes);
        memcpy(out.m4, a.m4, bytes);
    }
    memcpy(out.w, a.w, (size_t)parts * sizeof(double));
}

/* Rows before `parts` hold blocks that may not be whole. */
static inline void TSML_NAME(join_moments)(int order, moments_t out, moments_t a, moments_t b, const double *from, int64_t back,
                                           double scale, double wa, double wb, int64_t parts, int64_t n) {
    const int64_t head = back < n ? back : n, split = parts > head ? parts : head;
    TSML_NAME(copy_moments)(order, out, a, head, head < parts ? head : parts);
    TSML_NAME(join_whole)(order, out, a, b, from, back, scale, wa, wb, split, n);
    TSML_NAME(join_parts)(order, out, a, b, from, back, scale, head, split);
}

/* The moments of windows into acc[k]; `cur` has three blocks of arrays, the first of which holds those of single values. */
static inline void TSML_NAME(moments_of)(int order, const double *from, int64_t n, int64_t parts, int64_t stride, double q,
                                         int32_t n_windows, const int64_t *windows, moments_t *acc, moments_t *cur) {
    moments_t block = cur[0];
    double factor = q, weight = 1.0, weights[64];
    const int64_t longest = largest(windows, n_windows);
    int turn = 0;
    for (int64_t size = 1; size <= longest; size *= 2) {
        for (int32_t k = 0; k < n_windows; k++) {
            const int64_t done = windows[k] & (size - 1);
            if (!(windows[k] & size)) continue;
            if (done) {
                const double scale = power(q, done);
                TSML_NAME(join_moments)(order, acc[k], acc[k], block, from, done * stride, scale, weights[k], weight, parts, n);
                weights[k] += scale * weight;
            } else {
                TSML_NAME(copy_moments)(order, acc[k], block, n, parts);
                weights[k] = weight;
            }
        }
        if (2 * size > longest) break;
        moments_t next = cur[1 + turn];
        turn = 1 - turn;
        TSML_NAME(join_moments)(order, next, block, block, from, size * stride, factor, weight, weight, parts, n);
        weight += factor * weight;
        block = next;
        factor *= factor;
    }
}

static void TSML_NAME(window_moments)(int32_t order, const double *from, int64_t n, int64_t parts, int64_t stride, double q,
                                      int32_t n_windows, const int64_t *windows, moments_t *acc, moments_t *cur) {
    if (order > 2)
        TSML_NAME(moments_of)(4, from, n, parts, stride, q, n_windows, windows, acc, cur);
    else
        TSML_NAME(moments_of)(2, from, n, parts, stride, q, n_windows, windows, acc, cur);
}

/* --------------------------------------------------------------------------------------------------------------------------- quotients */

static void TSML_NAME(quotients)(double *out, const double *a, const double *b, double whole, int64_t n) {
    if (b) {
        TSML_INDEPENDENT
        for (int64_t i = 0; i < n; i++) out[i] = finite(a[i] / b[i]);
    } else {
        TSML_INDEPENDENT
        for (int64_t i = 0; i < n; i++) out[i] = finite(a[i] / whole);
    }
}

static void TSML_NAME(window_deviations)(double *out, const double *m2, const double *weight, double whole, const double *correction,
                                         int64_t n) {
    if (!weight && !correction) {
        TSML_INDEPENDENT
        for (int64_t i = 0; i < n; i++) out[i] = sqrt(m2[i] / (whole - 1.0));
    } else if (!correction) {
        TSML_INDEPENDENT
        for (int64_t i = 0; i < n; i++) out[i] = sqrt(m2[i] / (weight[i] - 1.0));
    } else {
        TSML_INDEPENDENT
        for (int64_t i = 0; i < n; i++) {
            const double w = weight ? weight[i] : whole;
            out[i] = sqrt(m2[i] / (w - correction[i] / w));
        }
    }
}
