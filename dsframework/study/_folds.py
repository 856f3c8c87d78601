"""A picture of the folds, before anything is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dsframework.experiment import expand
from dsframework.records import FoldPicture, FoldSpan
from dsframework.spec import ExperimentSpec
from dsframework.splitting import Fold
from dsframework.study._prepare import Preparer

__all__ = ["picture_folds"]


def picture_folds(spec: ExperimentSpec, *, base: str | Path | None = None, frames: Mapping[str, Any] | None = None) -> FoldPicture:
    """Return the stretches of time that the first experiment of a spec trains on, purges and is tested on.

    Raises
    ------
    TsmlError
        When its data, features or folds can't be had.
    """
    prepared = Preparer(Path(base or ".").resolve(), frames or {}).prepare(expand(spec)[0])
    axis = np.datetime_as_string(prepared.dataset.axis, unit="s")
    return FoldPicture(
        first=str(axis[0]),
        last=str(axis[-1]),
        folds=[_spans(fold, axis) for fold in prepared.folds],
        test=_spans(prepared.final, axis),
    )


def _spans(fold: Fold, axis: Any) -> list[FoldSpan]:
    parts = [("train", fold.train), ("purge", fold.purged), ("embargo", fold.embargoed), ("test", fold.test)]
    return [
        FoldSpan(kind=kind, first=str(axis[span.start]), last=str(axis[span.stop - 1]), steps=span.stop - span.start)
        for kind, spans in parts
        for span in spans
        if span.stop > span.start
    ]
