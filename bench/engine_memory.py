"""What workers have together at most, beside what they had before, while linear models are fitted on a large matrix."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any


def bench_memory(megabytes: int, workers: int) -> str:
    """Linear models that read a large matrix in place: ours on workers, then `GridSearchCV` on as many of loky's."""
    import numpy as np
    from joblib.externals.loky import get_reusable_executor
    from sklearn.model_selection import GridSearchCV
    from spinning import Line

    from dsframework.execution import LocalExecutor, Work
    from dsframework.experiment import fit_folds
    from dsframework.splitting import fit_groups

    alphas = [2.0**number for number in range(4 * workers)]
    small, large = lags_matrix(1), lags_matrix(megabytes)
    executor = LocalExecutor(workers=workers)

    def study(prepared: Any, pause: float) -> None:
        handle, groups = executor.put(prepared.dataset), fit_groups(prepared.folds)
        for alpha in alphas:
            job = prepared.job({"class": "spinning.Line", "alpha": alpha, "pause": pause})
            for group in groups:
                executor.submit(Work(f"{id(prepared)}/{alpha:g}/{group[0].number}", fit_folds, (handle, job, group), kind=str(pause)))
        left = len(alphas) * len(groups)
        while left:
            for finished in executor.wait(10.0):
                assert isinstance(finished[1], list), finished
                left -= 1

    def search(prepared: Any, pause: float) -> None:
        cv = [(np.r_[prepared.dataset.train_rows(fold)], np.r_[prepared.dataset.test_rows(fold)]) for fold in prepared.folds]
        grid = GridSearchCV(Line(pause=pause), {"alpha": alphas}, n_jobs=workers, cv=cv, refit=False, scoring="neg_mean_absolute_error")
        grid.fit(prepared.dataset.x, prepared.dataset.y)

    study(small, 0.2)  # every worker has imported what fits need
    with Watch() as ours:
        study(large, 0.0)
    executor.close()
    search(small, 0.2)
    with Watch() as theirs:
        search(large, 0.0)
    get_reusable_executor().shutdown()
    size = large.dataset.x.nbytes
    told = f"ours {ours.extra / size:.2f} x the matrix, GridSearchCV {theirs.extra / size:.2f} x"
    return f"{len(alphas)} x {len(large.folds)} fits on a matrix of {size / 1e6:.0f} MB, extra memory of {workers} workers together: {told}"


def lags_matrix(megabytes: int) -> Any:
    """Rows of a panel with so many lags that the matrix has that size, three folds, and a linear model."""
    import yaml

    from dsframework.spec import parse_spec
    from dsframework.study._run import _prepare

    lags, days = 200, 1200
    entities = max(1, round(megabytes * 1e6 / 8 / (2 * lags) / (days - lags)))
    spec = {
        "version": 1, "name": "memory", "task": "regression",
        "data": {"loader": "sample", "n_entities": entities, "n_days": days, "seed": 1},
        "target": {"column": "volume"}, "features": [{"lag": {"columns": ["volume", "close"], "periods": list(range(lags))}}],
        "split": {"cv": {"folds": 3}}, "models": [{"python": {"class": "spinning.Line"}}], "metrics": ["mae"], "audit": "off",
    }  # fmt: skip
    (prepared,), _, _ = _prepare(parse_spec(yaml.safe_dump(spec)), Path.cwd(), {})
    return prepared


class Watch:
    """Measures the memory of all processes that this one has started, a page that several have counted once (PSS).

    Attributes
    ----------
    extra
        Bytes at most, beside those at the beginning.
    """

    def __enter__(self) -> Watch:
        self._end = threading.Event()
        self._first = self._most = self._now()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()
        self.extra = self._most - self._first

    def _look(self) -> None:
        while not self._end.wait(0.05):
            self._most = max(self._most, self._now())

    def _now(self) -> int:
        import psutil

        total = 0
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
                total += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
        return total
