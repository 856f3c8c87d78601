"""The standard output belongs to the document that a program reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["kept_for_the_document"]


@contextmanager
def kept_for_the_document(*, active: bool) -> Iterator[None]:
    """Send what models and libraries print, those in C included, to the standard error meanwhile."""
    if not active:
        yield
        return
    before = sys.stdout
    before.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = before
        os.dup2(saved, 1)
        os.close(saved)
