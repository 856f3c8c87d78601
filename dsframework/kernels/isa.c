/* Which instructions the processor has, and which library this is.
 *
 * A source that pays for it is compiled once for each level (see the docstring of __init__.py); no level may change a result. */
#include "tsml.h"

#ifndef TSML_KEY
#define TSML_KEY "unknown"
#endif

static const char key[] = "tsml-kernels-key=" TSML_KEY;
static int highest = 2;

/* The hash of the sources that the library was made from. */
TSML_API const char *tsml_key(void) { return key + sizeof("tsml-kernels-key=") - 1; }

int tsml_isa(void) {
#if defined(__x86_64__) || defined(_M_X64)
    int level = 0;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) level = 1;
    if (level && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) level = 2;
    return level < highest ? level : highest;
#else
    return 0;
#endif
}

/* Use no level above `level` from now on (for tests); return the one that is used. */
TSML_API int32_t tsml_limit_isa(int32_t level) {
    highest = level;
    return tsml_isa();
}
