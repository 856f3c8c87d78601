/* Columns become rows: out[i * n_columns + k] = from[k][i], four by four. */
static void TSML_NAME(rows_of)(const double *const *from, int64_t n_columns, int64_t n_rows, double *out, int64_t pitch) {
    int64_t k = 0;
    for (; k + 4 <= n_columns; k += 4) {
        const double *f0 = from[k], *f1 = from[k + 1], *f2 = from[k + 2], *f3 = from[k + 3];
        double *to = out + k;
        int64_t i = 0;
        for (; i + 4 <= n_rows; i += 4, to += 4 * pitch) {
            const four_t a = *(const four_t *)(f0 + i), b = *(const four_t *)(f1 + i);
            const four_t c = *(const four_t *)(f2 + i), d = *(const four_t *)(f3 + i);
            const four_t ab = TSML_SHUFFLE(a, b, 0, 4, 2, 6), ba = TSML_SHUFFLE(a, b, 1, 5, 3, 7);
            const four_t cd = TSML_SHUFFLE(c, d, 0, 4, 2, 6), dc = TSML_SHUFFLE(c, d, 1, 5, 3, 7);
            *(four_t *)to = TSML_SHUFFLE(ab, cd, 0, 1, 4, 5);
            *(four_t *)(to + pitch) = TSML_SHUFFLE(ba, dc, 0, 1, 4, 5);
            *(four_t *)(to + 2 * pitch) = TSML_SHUFFLE(ab, cd, 2, 3, 6, 7);
            *(four_t *)(to + 3 * pitch) = TSML_SHUFFLE(ba, dc, 2, 3, 6, 7);
        }
        for (; i < n_rows; i++, to += pitch) to[0] = f0[i], to[1] = f1[i], to[2] = f2[i], to[3] = f3[i];
    }
    for (; k < n_columns; k++)
        for (int64_t i = 0; i < n_rows; i++) out[i * pitch + k] = from[k][i];
}
