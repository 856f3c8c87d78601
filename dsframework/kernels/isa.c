/* Which instructions the processor has, and which library this is.
 *
 * A source that pays for it is compiled once for each level (see the docstring of __init__.py); no level may change a result. */
#include "tsml.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>
#endif

#ifndef TSML_KEY
#define TSML_KEY "unknown"
#endif

static const char key[] = "tsml-kernels-key=" TSML_KEY;
static int highest = 2;

/* The hash of the sources that the library was made from. */
TSML_API const char *tsml_key(void) { return key + sizeof("tsml-kernels-key=") - 1; }

#if defined(__x86_64__) || defined(_M_X64)
/* The registers that the operating system saves: bit 1 SSE, bit 2 AVX, bits 5 to 7 AVX-512. */
static uint32_t saved_registers(void) {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int supported(void) {
    const uint32_t osxsave = 1u << 27, avx2 = 1u << 5, avx512f = 1u << 16, avx512dq = 1u << 17, avx512vl = 1u << 31;
    const uint32_t avx512 = avx512f | avx512dq | avx512vl;
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & osxsave)) return 0;
    const uint32_t saved = saved_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & avx2) || (saved & 0x6) != 0x6) return 0;
    return (b & avx512) == avx512 && (saved & 0xe6) == 0xe6 ? 2 : 1;
}
#else
static int supported(void) { return 0; }
#endif

int tsml_isa(void) {
    static _Atomic int known = -1; /* asking is slow, and a virtual machine makes it very slow */
    int level = known;
    if (level < 0) known = level = supported();
    return level < highest ? level : highest;
}

/* Use no level above `level` from now on (for tests); return the one that is used. */
TSML_API int32_t tsml_limit_isa(int32_t level) {
    highest = level;
    return tsml_isa();
}
