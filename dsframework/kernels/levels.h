/* Compile the header that LEVELS_BODY names once for each level of instructions.
 *
 * The body names what it defines with TSML_NAME(name), so that name_base, name_avx2 and name_avx512 come into being (the last two on x86
 * only); TSML_PICK(name) is the one for this processor. The arithmetic of all three is the same, and so are their results: the body must
 * leave every sum in an order that it states. */
#define TSML_NAME(name) name##_base
#include LEVELS_BODY
#undef TSML_NAME

#if defined(__x86_64__) || defined(_M_X64)
#define TSML_LEVELS 1

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define TSML_NAME(name) name##_avx2
#include LEVELS_BODY
#undef TSML_NAME
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
#endif
#define TSML_NAME(name) name##_avx512
#include LEVELS_BODY
#undef TSML_NAME
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#define TSML_PICK(name) (tsml_isa() == 2 ? name##_avx512 : tsml_isa() == 1 ? name##_avx2 : name##_base)
#else
#define TSML_PICK(name) name##_base
#endif
