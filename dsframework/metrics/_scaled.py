"""Metrics in units of the naive forecast's error on the training rows of the same entity, so that entities of any size count alike."""

from __future__ import annotations

import numpy as np

from dsframework.metrics._base import Floats, Sample
from dsframework.metrics._kernel import row_mean

__all__ = ["mase", "rmsse", "scaled_by"]

_NO_SCALE = "this target has no naive forecast to compare with"
_EXACT = "on the training rows the naive forecast is exact or there is none"


def scaled_by(values: Floats, scale: Floats) -> Floats:
    """Divide each row by its entity's scale; NaN where that is 0 or not known, for an entity that never changed in its training rows."""
    known = np.isfinite(scale) & (scale > 0)
    scaled: Floats = np.divide(values, scale, out=np.full(values.shape, np.nan), where=known)
    return scaled


@row_mean(undefined=_EXACT)
def mase(sample: Sample) -> Floats:
    """Mean absolute scaled error (Hyndman & Koehler, 2006): below 1 is better than the naive forecast was on the training rows."""
    return scaled_by(np.abs(sample.truth - sample.predicted), sample.need("scale", _NO_SCALE))


@row_mean(finish=np.sqrt, undefined=_EXACT)
def rmsse(sample: Sample) -> Floats:
    """Root mean squared scaled error, the measure of the M5 competition (Makridakis et al., 2022)."""
    return scaled_by(np.square(sample.truth - sample.predicted), sample.need("squared_scale", _NO_SCALE))
