/* What every source of the library shares. */
#ifndef TSML_H
#define TSML_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define TSML_API __declspec(dllexport)
#else
#define TSML_API __attribute__((visibility("default")))
#endif

/* Before a loop whose turns don't depend on one another, although arrays may be the same. */
#if defined(__clang__)
#define TSML_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define TSML_INDEPENDENT _Pragma("GCC ivdep")
#endif

/* What a kernel with a status returns. */
enum { TSML_OK = 0, TSML_NO_MEMORY = 1 };

/* 2: AVX-512, 1: AVX2, 0: what every processor of the platform has; see isa.c. The results are the same. */
int tsml_isa(void);

#endif
