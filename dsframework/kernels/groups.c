/* Which rows belong together: codes of keys, and the rows of each code in the order of the panel. */
#include <stdlib.h>
#include <string.h>

#include "tsml.h"

static uint64_t mixed(uint64_t a, uint64_t b) {
    uint64_t h = (a ^ (b * 0x9e3779b97f4a7c15u)) * 0xbf58476d1ce4e5b9u;
    h ^= h >> 31;
    h *= 0x94d049bb133111ebu;
    return h ^ (h >> 29);
}

typedef struct {
    int32_t *slots; /* code + 1; 0 is free */
    int64_t size;
    uint64_t *keys; /* of each code: two words */
    int32_t *after; /* of each code: the one that came in the row after it the last time */
    int64_t room;
} table_t;

static int grow_slots(table_t *table, int64_t n_codes) {
    const int64_t size = table->size ? 4 * table->size : 1024;
    int32_t *slots = calloc((size_t)size, sizeof(int32_t));
    if (!slots) return 0;
    for (int64_t code = 0; code < n_codes; code++) {
        uint64_t at = mixed(table->keys[2 * code], table->keys[2 * code + 1]);
        while (slots[at & (uint64_t)(size - 1)]) at++;
        slots[at & (uint64_t)(size - 1)] = (int32_t)code + 1;
    }
    free(table->slots);
    table->slots = slots;
    table->size = size;
    return 1;
}

static int grow_keys(table_t *table) {
    const int64_t room = table->room ? 2 * table->room : 1024;
    uint64_t *keys = realloc(table->keys, (size_t)room * 2 * sizeof(uint64_t));
    if (keys) table->keys = keys;
    int32_t *after = realloc(table->after, (size_t)room * sizeof(int32_t));
    if (after) table->after = after;
    table->room = room;
    return keys && after;
}

/* The code of a key, -1 for a new one; `at` becomes its slot. */
static int32_t find(const table_t *table, uint64_t a, uint64_t b, uint64_t *at) {
    for (uint64_t h = mixed(a, b);; h++) {
        *at = h & (uint64_t)(table->size - 1);
        const int32_t code = table->slots[*at] - 1;
        if (code < 0 || (table->keys[2 * code] == a && table->keys[2 * code + 1] == b)) return code;
    }
}

/* Number the keys of n rows in the order in which they come: `words` is 1 or 2 words a key. Return how many there are, -1 without memory. */
TSML_API int64_t tsml_codes(const uint64_t *keys, int64_t words, int64_t n, int32_t *codes) {
    table_t table = {0};
    int64_t n_codes = 0;
    int32_t last = 0;
    int good = grow_slots(&table, 0) && grow_keys(&table);
    for (int64_t i = 0; good && i < n; i++) {
        const uint64_t a = keys[i * words], b = words > 1 ? keys[i * words + 1] : 0;
        int32_t code = n_codes ? table.after[last] : -1; /* rows of one time come in the same order as those of the time before */
        if (code < 0 || table.keys[2 * code] != a || table.keys[2 * code + 1] != b) {
            uint64_t at;
            code = find(&table, a, b, &at);
            if (code < 0) {
                if (2 * n_codes >= table.size) good = grow_slots(&table, n_codes) && (find(&table, a, b, &at), 1);
                if (good && n_codes == table.room) good = grow_keys(&table);
                if (!good) break;
                code = (int32_t)n_codes++;
                table.slots[at] = code + 1;
                table.keys[2 * code] = a;
                table.keys[2 * code + 1] = b;
                table.after[code] = -1;
            }
            if (i > 0) table.after[last] = code;
        }
        codes[i] = last = code;
    }
    free(table.slots);
    free(table.keys);
    free(table.after);
    return good ? n_codes : -1;
}

/* How many rows of each code there are, and how many of its code are before each row. */
TSML_API void tsml_number(const int32_t *codes, int64_t n, int64_t *counts, int32_t *numbers) {
    for (int64_t i = 0; i < n; i++) numbers[i] = (int32_t)counts[codes[i]]++;
}

/* The rows of each code one after another; those of code c begin at starts[c]. */
TSML_API void tsml_order(const int32_t *codes, const int32_t *numbers, int64_t n, const int64_t *starts, int32_t *order) {
    for (int64_t i = 0; i < n; i++) order[starts[codes[i]] + numbers[i]] = (int32_t)i;
}
