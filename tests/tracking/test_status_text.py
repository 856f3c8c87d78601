"""A status as a tag: whatever the study, it fits, and loses first what is worth least."""

from __future__ import annotations

import pytest

from dsframework.records import ExperimentProgress, StudyStatus, WorkerLine
from dsframework.tracking._status_text import status_text

LIMIT = 7500


def stored(n_experiments: int, n_workers: int) -> StudyStatus:
    lines = [
        ExperimentProgress(name=f"experiment {number}", model="ridge", run_id="0" * 32, history=[0.123456789] * 60, params={"alpha": 1.0})
        for number in range(n_experiments)
    ]
    workers = [
        WorkerLine(
            name=f"node-{number} pid 123456", node=f"node-{number}", experiment="experiment 1", trial=number, fold=1, what="fit",
            seconds=12.3, done=100, step=500, steps=1000, curve=[0.1234] * 20, curve_of="validation rmse",
        )
        for number in range(n_workers)
    ]  # fmt: skip
    status = StudyStatus(
        study="1" * 32, name="long", status="running", metric="mae", experiments=lines, workers=workers, workers_total=n_workers
    )
    text = status_text(status)
    assert len(text) <= LIMIT
    return StudyStatus.model_validate_json(text)


def test_a_small_study_keeps_everything() -> None:
    status = stored(2, 4)
    assert [len(line.curve) for line in status.workers] == [20] * 4
    assert [len(line.history) for line in status.experiments] == [60] * 2


@pytest.mark.parametrize(
    ("experiments", "workers", "curves", "histories", "lines"),
    [(4, 16, 4, 4, 16), (5, 16, 0, 5, 16), (12, 16, 0, 0, 16), (60, 16, 0, 0, 4), (200, 16, 16, 0, 16)],
)
def test_curves_go_first_then_histories_then_workers_then_experiments(
    experiments: int, workers: int, curves: int, histories: int, lines: int
) -> None:
    status = stored(experiments, workers)
    assert sum(bool(line.curve) for line in status.workers) == curves
    assert sum(bool(line.history) for line in status.experiments) == histories
    assert len(status.workers) == lines
    assert len(status.experiments) == (experiments if experiments < 200 else 0)
    assert status.workers_total == workers
