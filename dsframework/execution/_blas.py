"""One BLAS thread while fits run: a sum split over two threads rounds differently, and results must not depend on the machine."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["hold_blas", "release_blas"]

_lock = threading.Lock()
_holders = 0
_limit: Any = None


def hold_blas() -> None:
    """Limit BLAS to one thread in this process until every holder has released it."""
    global _holders, _limit
    with _lock:
        _holders += 1
        if _limit is None:
            import scipy.linalg  # noqa: F401  (its BLAS must be loaded before it can be limited)
            from threadpoolctl import threadpool_limits

            _limit = threadpool_limits(limits=1, user_api="blas")


def release_blas() -> None:
    """Give the threads back when the last holder has gone."""
    global _holders, _limit
    with _lock:
        _holders = max(0, _holders - 1)
        if _holders == 0 and _limit is not None:
            _limit.restore_original_limits()
            _limit = None
