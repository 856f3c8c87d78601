"""Compiled kernels: C functions over columns, in one library that is loaded with ctypes and shared by every Python of a platform.

To add a kernel, write ``<name>.c`` into this folder and declare its functions; nothing else has to be told of it::

    #include "tsml.h"

    TSML_API int32_t tsml_double(const double *in, double *out, int64_t n) {
        for (int64_t i = 0; i < n; i++) out[i] = 2 * in[i];
        return TSML_OK;                                        /* or TSML_NO_MEMORY */
    }

and in the Python module that uses it::

    _double = kernel("tsml_double", Array(np.float64), Array(np.float64, out=True), ctypes.c_int64)

    def doubled(values: Floats) -> Floats:
        out = np.empty_like(values)
        _double(values, out, len(values))
        return out

The library is compiled by the wheel's build and by ``make setup``. In an editable install a changed source is compiled anew when the first
kernel is called (into ``TSML_HOME/kernels``); `_compile.py` run as a script compiles in place.

A kernel knows no Python: plain arrays and numbers go in, and it writes into arrays that the caller made. It checks nothing but memory; the
caller does, and `Kernel` refuses an array of another dtype, number of dimensions or layout. It keeps no state, so that it may run on
several threads at once; `run_jobs` gives each thread rows or entities of its own, and the results are the same bits for any number of
threads. Nothing may change bits from one machine to another either: no fast math, no fused multiply-add, and no sum whose order depends on
the width of a register.

A source whose loops are worth it may be compiled for wider registers as well: its body goes into ``<name>_body.h``, whose functions are
named with `TSML_NAME`, and ``<name>.c`` includes it once a level through ``levels.h``.
"""

from dsframework.kernels._library import Array, Kernel, kernel, library
from dsframework.kernels._threads import available_threads, run_jobs

__all__ = ["Array", "Kernel", "available_threads", "kernel", "library", "run_jobs"]
