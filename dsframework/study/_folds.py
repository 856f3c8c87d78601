"""A picture of the folds, before anything is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dsframework.experiment import expand
from dsframework.records import FoldPicture, FoldSpan
from dsframework.spec import ExperimentSpec
from dsframework.splitting import Fold, fit_groups, n_paths
from dsframework.study._prepare import Prepared, Preparer

__all__ = ["picture_folds"]

_NAMED = 5


def picture_folds(spec: ExperimentSpec, *, base: str | Path | None = None, frames: Mapping[str, Any] | None = None) -> FoldPicture:
    """Return the stretches of time that the first experiment of a spec trains on, purges and is tested on.

    Raises
    ------
    TsmlError
        When its data, features or folds can't be had.
    """
    plan = expand(spec)[0]
    prepared = Preparer(Path(base or ".").resolve(), frames or {}).prepare(plan)
    axis = np.datetime_as_string(prepared.dataset.axis, unit="s")
    return FoldPicture(
        first=str(axis[0]),
        last=str(axis[-1]),
        steps=len(axis),
        method=plan.split.cv.method,
        folds=[_spans(fold, axis) for fold in prepared.folds],
        test=_spans(prepared.final, axis),
        n_paths=n_paths(prepared.folds),
        notes=[_note(fold, prepared) for fold in prepared.folds],
        inner=[_spans(fold, axis) for fold in prepared.inner.get(prepared.folds[-1].number, [])],
    )


def _spans(fold: Fold, axis: Any) -> list[FoldSpan]:
    parts = [("train", fold.train), ("purge", fold.purged), ("embargo", fold.embargoed), ("test", fold.test)]
    paths = dict(zip(fold.test, fold.paths, strict=True)) if fold.paths else {}
    found = [
        FoldSpan(
            kind=kind,
            first=str(axis[span.start]),
            last=str(axis[span.stop - 1]),
            start=span.start,
            steps=span.n_steps,
            path=paths.get(span) if kind == "test" else None,
        )
        for kind, spans in parts
        for span in spans
    ]
    return sorted(found, key=lambda span: span.start)


def _note(fold: Fold, prepared: Prepared) -> str:
    """What the spans do not say: which entities are tested, and whose model predicts."""
    found = []
    if fold.held_out:
        entities = prepared.dataset.entities
        names = ", ".join(entities[code] for code in fold.held_out[:_NAMED])
        more = ", …" if len(fold.held_out) > _NAMED else ""
        found.append(f"tests {len(fold.held_out)} of {len(entities)} entities: {names}{more}")
    if fold.fitted is not None:
        leader = next(one.number for group in fit_groups(prepared.folds) if fold in group for one in group)
        found.append(f"predicted by the model of fold {leader}")
    return "; ".join(found)
